/* SPDX-License-Identifier: BSD-2-Clause */
/** tap.c: counts and prints results (tap.h). Flushed line by line, so that forked children inherit no text. */
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned results, failures;

static void line(const char *before, const char *format, va_list args, const char *after)
{
	fputs(before, stdout);
	vprintf(format, args);
	fputs(after, stdout);
	fputc('\n', stdout);
	fflush(stdout);
}

bool tap_ok(bool passed, const char *format, ...)
{
	char before[32];
	va_list args;

	results++;
	failures += !passed;
	snprintf(before, sizeof(before), "%s %u - ", passed ? "ok" : "not ok", results);
	va_start(args, format);
	line(before, format, args, "");
	va_end(args);
	return passed;
}

void tap_skip(const char *why, const char *format, ...)
{
	char before[32], after[200];
	va_list args;

	results++;
	snprintf(before, sizeof(before), "ok %u - ", results);
	snprintf(after, sizeof(after), " # SKIP %s", why);
	va_start(args, format);
	line(before, format, args, after);
	va_end(args);
}

void tap_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("# ", format, args, "");
	va_end(args);
}

int tap_done(void)
{
	printf("1..%u\n", results);
	fflush(stdout);
	return failures ? 1 : 0;
}
