/* SPDX-License-Identifier: BSD-2-Clause */
/** known.c: which words are written, and whether there are fences (known.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fibre.h"
#include "known.h"

#define FENCES WORLD_UNITS /* beside the units of memory: somebody has called a heavy fence */

static unsigned char written[WORLD_UNITS + 1]; /* by unit of 4 bytes */
static bool news;

void known_forget(void)
{
	memset(written, 0, sizeof(written));
	news = false;
}

bool known_has_news(void)
{
	bool was = news;

	news = false;
	return was;
}

void known_print(char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t u = 0; u <= FENCES && at < size; u++)
		if (written[u])
			at += (size_t)snprintf(text + at, size - at, "%s%zx", at ? "." : "", u);
}

bool known_read(const char *text)
{
	known_forget();
	while (*text && *text != '/') {
		char *end;
		unsigned long u = strtoul(text, &end, 16);

		if (end == text || u > FENCES)
			return false;
		written[u] = 1;
		text = *end == '.' ? end + 1 : end;
	}
	return true;
}

void known_write(uintptr_t p, unsigned size)
{
	if (fibre_current && world_has((void *)p))
		known_write_by_kernel(p, size);
}

void known_write_by_kernel(uintptr_t p, unsigned size)
{
	for (size_t u = world_unit(p); u <= world_unit(p + size - 1); u++) {
		news |= !written[u];
		written[u] = 1;
	}
}

bool known_may_change(const void *p, unsigned size)
{
	bool may = false;

	if (!world_has(p))
		return true;
	for (size_t u = world_unit((uintptr_t)p); u <= world_unit((uintptr_t)p + size - 1); u++)
		may |= written[u];
	return may;
}

void known_fence(void)
{
	news |= !written[FENCES];
	written[FENCES] = 1;
}

bool known_fences(void)
{
	return written[FENCES];
}
