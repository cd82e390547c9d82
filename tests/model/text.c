/* SPDX-License-Identifier: BSD-2-Clause */
/** text.c: numbers, memories and runs as text, and back (text.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"

char *text_number(char text[32], uint64_t n)
{
	char plain[32];
	int digits = snprintf(plain, sizeof(plain), "%llu", (unsigned long long)n), at = 0;

	for (int i = 0; i < digits; i++) {
		if (i > 0 && (digits - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = plain[i];
	}
	text[at] = '\0';
	return text;
}

static const char *const memory_name[] = { [MODEL_SC] = "SC", [MODEL_TSO] = "TSO", [MODEL_PSO] = "PSO" };

const char *text_memory(enum model_memory kind)
{
	return memory_name[kind];
}

unsigned text_read_memory(const char *text)
{
	for (unsigned kind = MODEL_SC; kind <= MODEL_PSO; kind *= 2)
		if (strcasecmp(text, memory_name[kind]) == 0)
			return kind;
	return 0;
}

char *text_choices(const unsigned char *path, size_t n)
{
	char *text = calloc(n + 1, 12), *at = text;

	if (!text)
		abort();
	for (size_t i = 0, run; i < n; i += run) {
		for (run = 1; i + run < n && path[i + run] == path[i]; run++)
			;
		at += sprintf(at, run > 1 ? "%s%u*%zu" : "%s%u", i ? "." : "", (unsigned)path[i], run);
	}
	return text;
}

bool text_read_choices(const char *text, unsigned char *path, size_t most, size_t *n)
{
	*n = 0;
	while (*text) {
		char *end;
		unsigned long choice = strtoul(text, &end, 10), run = 1;

		if (end == text)
			return false;
		if (*end == '*')
			run = strtoul(end + 1, &end, 10);
		if (choice > 255 || run > most - *n || (*end && *end != '.'))
			return false;
		memset(path + *n, (int)choice, run);
		*n += run;
		text = *end ? end + 1 : end;
	}
	return true;
}
