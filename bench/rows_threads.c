/* SPDX-License-Identifier: BSD-2-Clause */
/** rows_threads.c: the rows for the threads of one process (row.h). */
#include <stddef.h>

#include "row.h"

const bench_row_t *const bench_rows_threads[] = {
	&bench_pawl_spin,
	&bench_pawl_mutex,
	&bench_pawl_stable,
	&bench_pawl_recursive,
	&bench_pawl_tokens,
	&bench_pawl_robust,
	&bench_pawl_named,
	&bench_pawl_tenure,
	&bench_pawl_by_name,
	&bench_floor,
	&bench_pthread_normal,
	&bench_pthread_adaptive,
	&bench_pthread_recursive,
	&bench_pthread_pi,
	&bench_pthread_wrlock,
	&bench_pthread_spin,
	&bench_glibc_robust,
	&bench_c11_mtx,
	&bench_posix_sem,
	&bench_nsync_mu,
	&bench_absl_mutex,
	&bench_ck_fas,
	&bench_ck_cas,
	&bench_ck_dec,
	&bench_ck_ticket,
	&bench_ck_mcs,
	&bench_ck_clh,
	&bench_ck_rwlock,
	&bench_ttas,
	&bench_drepper,
	&bench_go_chan,
	&bench_go_mutex,
	&bench_loaded,
	&bench_none,
	NULL,
};
