/* SPDX-License-Identifier: BSD-2-Clause */
/** rows.c: what rows and their tables have in common (row.h). */
#include "row.h"

#include <stddef.h>
#include <string.h>

const bench_row_t *bench_row_named(const bench_row_t *const *rows, const char *name)
{
	for (size_t i = 0; rows[i]; i++)
		if (strcmp(rows[i]->name, name) == 0)
			return rows[i];
	return NULL;
}

int bench_row_nothing(void *mem)
{
	(void)mem;
	return 0;
}

void bench_row_shut_nothing(void *mem)
{
	(void)mem;
}
