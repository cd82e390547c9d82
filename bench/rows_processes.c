/* SPDX-License-Identifier: BSD-2-Clause */
/** rows_processes.c: the rows that can stand between processes (row.h). */
#include <stddef.h>

#include "row.h"

const bench_row_t *const bench_rows_processes[] = {
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
