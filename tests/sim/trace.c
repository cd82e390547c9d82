/* SPDX-License-Identifier: BSD-2-Clause */
/** trace.c: what happened last, for --trace. */
#include <stdarg.h>
#include <stdio.h>

#include "check.h"

#define LINES 1000
static char line[LINES][160];
static uint64_t lines;

void trace_begin(void)
{
	lines = 0;
}

void trace(const char *format, ...)
{
	char text[120];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(line[lines++ % LINES], sizeof(line[0]), "%14.6f ms  %s", (double)true_now / 1e6, text);
}

void trace_print(FILE *out)
{
	for (uint64_t i = lines > LINES ? lines - LINES : 0; i < lines; i++)
		fprintf(out, "# %s\n", line[i % LINES]);
}
