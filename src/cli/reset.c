/* SPDX-License-Identifier: BSD-2-Clause */
/** reset.c: `pawl reset`: make a poisoned lock free again. */
#include "cli/cli.h"

#include <stdlib.h>

static int explain(const char *typed, const pawl_lock_info_t *info, int rc)
{
	char *name = cli_escape(typed);
	int status = CLI_NOT_HAD;

	if (rc == EINVAL) {
		cli_say("the lock '%s' is not poisoned but %s, and stays so: only a poisoned lock "
			"needs a reset",
			name, pawl_lock_state_name(info->state));
	} else {
		cli_say("cannot reset '%s': %s; `pawl doctor` may know why", name, pawl_strerror(rc));
		status = CLI_SYSTEM;
	}
	free(name);
	return status;
}

static int reset(const struct cli_plain *plain, pawl_space_t *space, pawl_lock_info_t *info)
{
	const char *name = plain->args[0];
	pawl_lock_t *lock;
	int rc;

	if (info->state != PAWL_STATE_POISONED)
		return explain(name, info, EINVAL);
	rc = pawl_lock_open(space, name, 0, &lock);
	if (rc)
		return explain(name, info, rc);
	rc = pawl_lock_reset(lock);
	if (rc) /* somebody was faster: say what it is now */
		(void)pawl_lock_info(lock, info);
	pawl_lock_close(lock);
	return rc ? explain(name, info, rc) : CLI_FINE;
}

static const char doc[] = "Make the poisoned lock NAME free again.\v"
			  "A lock is poisoned when its owner died, the next one was told so and "
			  "gave it up without declaring the data whole. "
			  "Look at the data first: after the reset the next one to ask is told "
			  "nothing. The tokens go on from where they were. "
			  "Exit: 0; 1 it is not poisoned (nothing was changed); 64 usage; 66 no "
			  "such lock or space; 71 another system error.";

int cli_reset(int argc, char **argv)
{
	char *name = NULL;
	struct cli_plain plain = { .children = cli_space_child, .count = 1, .args = &name };

	cli_parse(&plain, argc, argv, "NAME", doc);
	return cli_look_at(&plain, reset);
}
