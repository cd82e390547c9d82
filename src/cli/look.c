/* SPDX-License-Identifier: BSD-2-Clause */
/** look.c: spaces and locks that are there: none comes to be by being looked at.
 *
 * Who looks is a member like any other, and may be the last to leave: the library keeps a space that still has a death, a
 * poisoned or a lingering lock to tell of.
 */
#include "cli/cli.h"

#include <stdlib.h>

int cli_look_into(const char *name, pawl_space_t **space)
{
	pawl_space_options_t options = { 0 };

	options.existing = options.looks_only = true;
	return pawl_space_open(space, name, &options);
}

int cli_open_existing(const char *name, pawl_space_t **space)
{
	int rc = cli_look_into(name, space);

	if (rc && rc != ENOENT)
		cli_say_reason();
	return rc;
}

static int explain_peek(const char *typed, const char *space, int rc)
{
	char *name = cli_escape(typed);

	if (rc == ENOENT)
		cli_say("there is no lock '%s' in space '%s': nobody has asked for it; `pawl ls` lists those there are",
			name, space);
	else
		cli_say("cannot look at '%s': %s; a name has 1 to %d bytes", name, pawl_strerror(rc), PAWL_NAME_MAX);
	free(name);
	return rc == ENOENT ? CLI_NO_SPACE : CLI_USAGE;
}

int cli_look_at(const struct cli_plain *plain, cli_about_t *about)
{
	static pawl_lock_info_t info;
	pawl_space_t *space;
	int status, rc = cli_open_existing(plain->space, &space);

	if (rc == ENOENT)
		cli_say_reason();
	if (rc)
		return rc == EINVAL ? CLI_USAGE : CLI_NO_SPACE;
	rc = pawl_lock_peek(space, plain->args[0], &info);
	status = rc ? explain_peek(plain->args[0], plain->space, rc) : about(plain, space, &info);
	pawl_space_close(space);
	return status;
}
