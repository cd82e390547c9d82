/* SPDX-License-Identifier: BSD-2-Clause */
/** rm.c: `pawl rm`: remove a space that nobody uses. */
#include "cli/cli.h"

static const char doc[] = "Remove the space SPACE.\v"
			  "A space goes by itself when the last process leaves it; this is for persistent ones, and "
			  "for what a crash left "
			  "behind. One that is in use, also by a command that lingers, is not removed. "
			  "Exit: 0; 1 it is in use; 64 usage; 66 there is none, or it is not a space of yours; 71 "
			  "another system error.";

static int explain(int rc)
{
	cli_say_reason();
	switch (rc) {
	case EBUSY:
		return CLI_NOT_HAD;
	case EINVAL:
		return CLI_USAGE;
	case EPROTO: /* "remove it" is what has just been tried */
		cli_say("`pawl rm` removes spaces only: if that file has to go, it is for rm(1)");
		return CLI_NO_SPACE;
	case ENOENT:
	case EACCES:
		return CLI_NO_SPACE;
	default:
		return CLI_SYSTEM;
	}
}

int cli_rm(int argc, char **argv)
{
	char *name = NULL;
	struct cli_plain plain = { .count = 1, .args = &name };
	int rc;

	cli_parse(&plain, argc, argv, "SPACE", doc);
	rc = pawl_space_unlink(name);
	return rc ? explain(rc) : CLI_FINE;
}
