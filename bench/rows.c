/* SPDX-License-Identifier: BSD-2-Clause */
/** rows.c: the list of all rows (row.h). */
#include "row.h"

#include <stddef.h>
#include <string.h>

const bench_row_t *const bench_rows[] = {
	&bench_pawl_robust,
	&bench_pawl_named,
	&bench_glibc_robust,
	&bench_glibc_normal,
	&bench_glibc_pi,
	&bench_flock,
	&bench_ofd,
	&bench_none,
	NULL,
};

const bench_row_t *bench_row_named(const char *name)
{
	for (size_t i = 0; bench_rows[i]; i++)
		if (strcmp(bench_rows[i]->name, name) == 0)
			return bench_rows[i];
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
