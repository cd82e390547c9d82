/* SPDX-License-Identifier: BSD-2-Clause */
/** row.h: what the benchmarks know about a lock. One file in rows/ per family of locks; all of them are listed in rows.c.
 *
 * Life of a row: the parent calls open() once on 256 zeroed bytes of shared memory. Workers are forked; each calls
 * enter() and then run(), or take() and give(). The parent calls shut() in the end. run, take and give are made by
 * loop.h from the lock's own macros, so that the measured loop has no call through a pointer in it.
 */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include <stdint.h>

#define BENCH_LOCK_SIZE 256

enum bench_traits {
	BENCH_SURVIVES = 1 << 0, /* the next one gets the lock when its owner is killed */
	BENCH_SLOW = 1 << 1,     /* collapses when contended; only with --only */
	BENCH_BROKEN = 1 << 2,   /* does not exclude: for the self-check, only with --only */
};

/** What a worker is to do in run(), and what came of it. */
typedef struct bench_run {
	const uint32_t *stop;     /* go on until this is not 0 */
	volatile uint64_t *count; /* under the lock, on a line of its own: + 1 in each section */
	uint64_t inside, outside; /* turns of bench_delay */
	uint64_t seed;            /* varies `outside`; not 0 */
	uint64_t ops;             /* out: sections entered and left */
	int rc;                   /* out: what take or give failed with; 0 */
} bench_run_t;

typedef struct bench_row {
	const char *name; /* in tables and for --only */
	const char *what; /* in a few words */
	unsigned traits;
	int64_t spin_ns; /* pawl's rows: spin budget for this row; < 0: the library's own */

	int (*open)(void *mem);
	int (*enter)(void *mem); /* in the worker, before anything is measured; it holds nothing afterwards */
	void (*run)(void *mem, bench_run_t *run);
	int (*take)(void *mem); /* waits for ever; 0, EOWNERDEAD (taken) or an error */
	int (*mend)(void *mem); /* after EOWNERDEAD; NULL where it cannot happen */
	int (*give)(void *mem);
	void (*shut)(void *mem);
} bench_row_t;

/** All rows, in the order of the tables; ends with NULL. */
extern const bench_row_t *const bench_rows[];

/** NULL if there is none of that name. */
const bench_row_t *bench_row_named(const char *name);

extern const bench_row_t bench_pawl_robust, bench_pawl_named, bench_glibc_robust, bench_glibc_normal, bench_glibc_pi,
	bench_flock, bench_ofd, bench_none;

/* ---- for open() and enter() of rows that need nothing ---- */
int bench_row_nothing(void *mem);
void bench_row_shut_nothing(void *mem);

#endif
