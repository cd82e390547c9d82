/* SPDX-License-Identifier: BSD-2-Clause */
/** look.c: into spaces that are there: none comes to be by being looked at.
 *
 * Who looks is a member like any other, and may be the last to leave: the library keeps a space that still has a death, a
 * poisoned or a lingering lock to tell of.
 */
#include "cli/cli.h"

int cli_look_into(const char *name, pawl_space_t **space)
{
	pawl_space_options_t options = { 0 };

	options.existing = true;
	return pawl_space_open(space, name, &options);
}

int cli_open_existing(const char *name, pawl_space_t **space)
{
	int rc = cli_look_into(name, space);

	if (rc && rc != ENOENT)
		cli_say_reason();
	return rc;
}
