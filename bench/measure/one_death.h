/* SPDX-License-Identifier: BSD-2-Clause */
/** one_death.h: a process that holds a lock is killed, and we look how long the one who waits for it has to wait. */
#ifndef BENCH_ONE_DEATH_H
#define BENCH_ONE_DEATH_H

#include <stdbool.h>
#include <stddef.h>

#include "row.h"

typedef struct bench_death_case {
	size_t resident;    /* bytes of memory that the holder has touched: the kernel takes them back when it dies */
	bool own_namespace; /* the holder lives in a PID namespace of its own, as in a container */
} bench_death_case_t;

/** Kill a holder while another process is asleep waiting for `lock`, the row's opened memory.
 * Returns NULL, and in `*us` the microseconds from just before kill(2) to the waiter's acquire having returned; or why the
 * row is broken: it had the lock too early, did not get it within two seconds, did not hear of the death. */
const char *bench_death(const bench_row_t *row, void *lock, const bench_death_case_t *how, double *us);

/** Whether a PID namespace can be made here: 0, or an errno value (it takes CAP_SYS_ADMIN). */
int bench_death_namespaces(void);

#endif
