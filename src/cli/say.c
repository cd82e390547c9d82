/* SPDX-License-Identifier: BSD-2-Clause */
/** say.c: words on stderr. */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdlib.h>

void cli_say(const char *format, ...)
{
	va_list args;

	/* One write for the whole line, so that the lines of several commands on one terminal do not mix. */
	flockfile(stderr);
	va_start(args, format);
	fputs("pawl: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	funlockfile(stderr);
}

void cli_say_reason(void)
{
	char *safe = cli_escape(pawl_space_reason());

	cli_say("%s", safe);
	free(safe);
}
