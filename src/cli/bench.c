/* SPDX-License-Identifier: BSD-2-Clause */
/** bench.c: `pawl bench`: becomes pawl-bench, which is a program of its own: this one need not carry its locks. */
#include "cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "pawl-bench"

/* Where it is if it lies beside us. Free it. */
static char *beside_us(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	while (n > 0 && path[n - 1] != '/')
		n--;
	return cli_format("%.*s" PROGRAM, n > 0 ? (int)n : 0, path);
}

int cli_bench(int argc, char **argv)
{
	char *path = beside_us();
	int error = ENOENT;

	(void)argc;
	if (*path == '/') {
		execv(path, argv);
		error = errno;
	}
	free(path);
	if (error == ENOENT || error == ENOTDIR) {
		execvp(PROGRAM, argv);
		error = errno;
	}
	if (error == ENOENT)
		cli_say(PROGRAM " is neither beside this program nor in PATH; `make install` puts it there");
	else
		cli_say(PROGRAM " cannot be executed: %s", strerror(error));
	return error == ENOENT ? CLI_NOT_FOUND : CLI_NOT_EXEC;
}
