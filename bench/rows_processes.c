/* SPDX-License-Identifier: BSD-2-Clause */
/** rows_processes.c: the rows that can stand between processes (row.h). */
#include <stddef.h>

#include "row.h"

const bench_row_t *const bench_rows_processes[] = {
	&bench_pawl_robust,
	&bench_pawl_named,
	&bench_pawl_tenure,
	&bench_pawl_by_name,
	&bench_glibc_robust,
	&bench_glibc_normal,
	&bench_glibc_pi,
	&bench_posix_sem_shared,
	&bench_sysv_sem,
	&bench_flock,
	&bench_ofd,
	&bench_ck_fas,
	&bench_ttas,
	&bench_none,
	NULL,
};
