/* SPDX-License-Identifier: BSD-2-Clause */
/** look.c: into a space and out again without leaving a trace.
 *
 * The last process to leave a space removes it, and one that looks into what a crash left behind would be the last: the
 * dead owners and poisoned locks that somebody wants to see would be gone with the first look. So a space in which nobody
 * was alive when we came is not closed at all; the kernel drops our membership as the process ends, by _exit.
 */
#include "cli/cli.h"

#include <unistd.h>

static bool found_empty; /* the space that is open now */
static bool left_open;   /* some space was left as it was found: the process must not end by way of the library */

int cli_look_into(const char *name, pawl_space_t **space)
{
	pawl_space_options_t options = { 0 };
	pawl_space_stats_t stats;
	int rc;

	options.existing = true;
	rc = pawl_space_open(space, name, &options);
	if (rc == 0)
		found_empty = pawl_space_stats(*space, &stats) == 0 && stats.threads == 0;
	return rc;
}

int cli_open_existing(const char *name, pawl_space_t **space)
{
	int rc = cli_look_into(name, space);

	if (rc && rc != ENOENT)
		cli_say_reason();
	return rc;
}

void cli_leave_looking(pawl_space_t *space)
{
	if (found_empty)
		left_open = true;
	else
		pawl_space_close(space);
}

void cli_end(int status)
{
	if (left_open)
		_exit(status);
}
