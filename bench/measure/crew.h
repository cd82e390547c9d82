/* SPDX-License-Identifier: BSD-2-Clause */
/** crew.h: the workers of one window: started together, asleep at a gate until the last one is ready; what each of them
 * reports in the end. */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

#include <stdbool.h>
#include <sys/types.h>

#include "latency.h"
#include "row.h"
#include "window.h"

#define BENCH_READY_NS 10000000000 /* how long workers may take to get ready, and to end */

typedef struct bench_worker {
	_Alignas(128) uint64_t ops, balance; /* balance: of the warm-up, too */
	uint64_t warm_ops;
	int64_t cpu_ns;
	long switches;
	int rc;
	bench_latency_t latency;
} bench_worker_t;

/** Shared by the workers; the counter, the flags and the gate on lines of their own. */
typedef struct bench_arena {
	_Alignas(128) uint32_t ready; /* how many are; once more for each that is warm */
	_Alignas(128) uint32_t gate;  /* 1: warm up; 2: it counts */
	_Alignas(128) uint32_t warm;  /* ends the warm-up */
	_Alignas(128) uint32_t stop;
	_Alignas(128) volatile uint64_t count;
	bench_worker_t worker[BENCH_WORKERS_MOST];
} bench_arena_t;

/** One worker, as it is told what to do; all but the number is the same for each. */
typedef struct bench_job {
	const bench_row_t *row;
	void *lock;
	const bench_window_t *window;
	bench_arena_t *arena;
	unsigned i;
} bench_job_t;

/** Start them all, as processes, or as threads of one. Returns how many processes there are, in `pids`. */
unsigned bench_crew_start(const bench_job_t *job, pid_t pids[BENCH_WORKERS_MOST]);

/** Wait for their end. False: one was stuck, and has been killed, or has died. */
bool bench_crew_end(const pid_t *pids, unsigned processes);

#endif
