/* SPDX-License-Identifier: BSD-2-Clause */
/** rows.c: what rows and their tables have in common (row.h). */
#include "row.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

const bench_row_t *bench_row_named(const bench_row_t *const *rows, const char *name)
{
	for (size_t i = 0; rows[i]; i++)
		if (strcmp(rows[i]->name, name) == 0)
			return rows[i];
	return NULL;
}

const char *bench_row_open(const bench_row_t *row, void *mem)
{
	int rc = row->absent ? 0 : row->open(mem);

	if (rc == ENOENT && row->elsewhere)
		return "absent: the program that measures it is not beside this one";
	if (rc == EPROTO)
		return "it did not do what it should";
	return row->absent ? row->absent : rc ? strerror(rc) : NULL;
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
