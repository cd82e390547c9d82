/* SPDX-License-Identifier: BSD-2-Clause */
/** row.h: what the benchmark knows about a lock. One file in rows/ per family of locks; rows_*.c list them, a table for
 * each kind of use.
 *
 * Life of a row: the parent calls open() once on 256 zeroed bytes of shared memory. Workers are forked, or are the threads
 * of a forked process that has opened a lock of its own; each calls enter() and then run(), or take() and give(). The
 * parent calls shut() in the end. Most rows are made by lockrow.h from the lock's own macros, so that the measured
 * loop has no call through a pointer in it.
 */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include <stdint.h>

#include "act.h"

#define BENCH_LOCK_SIZE    256
#define BENCH_WORKERS_MOST 64

enum bench_traits {
	BENCH_SURVIVES = 1 << 0, /* the next one gets the lock when its owner is killed */
	BENCH_SLOW = 1 << 1,     /* collapses when contended; only with --only */
	BENCH_BROKEN = 1 << 2,   /* does not exclude: for the self-check, only with --only */
	BENCH_ALONE = 1 << 3,    /* a measure for one worker; takes no part where there are more */
	BENCH_LOADED = 1 << 4,   /* from a file named with --load; only with that */
	BENCH_BARE = 1 << 5,     /* its loop has no delays: takes no part where there are any */
	BENCH_SHARED = 1 << 6,   /* may stand between processes; without it: for the threads of one */
};

/** What a worker is to do in run(), and what came of it. */
typedef struct bench_run {
	const uint32_t *stop;          /* go on until this is not 0 */
	volatile uint64_t *count;      /* under the lock, on a line of its own: + 1 in each section */
	uint64_t inside, outside;      /* turns of bench_delay */
	uint64_t seed;                 /* varies `outside`; not 0 */
	unsigned index, workers;       /* which of how many */
	const uint16_t *draws;         /* of many locks, which is next (zipf.h); NULL: there is one */
	struct bench_latency *latency; /* time some acquisitions (latency.h); NULL: none, and pay nothing for it */
	uint64_t ops;                  /* out: sections entered and left; elements received */
	uint64_t balance; /* out, of queues: the sum of what was sent less what was received; over all workers 0 */
	int rc;           /* out: what take or give failed with; 0 */
} bench_run_t;

/** What another program reports of a window in which it did the work. */
typedef struct bench_report {
	double seconds, cpu_ns, switches;
	uint64_t ops[BENCH_WORKERS_MOST]; /* of each worker that is counted */
} bench_report_t;

struct bench_window;

typedef struct bench_row {
	const char *name;   /* in tables and for --only */
	const char *what;   /* in a few words */
	const char *absent; /* why it is not in this build; then there is nothing below. NULL */
	unsigned traits;
	int64_t spin_ns; /* pawl's rows: spin budget for this row; < 0: the library's own */

	int (*open)(void *mem);
	int (*enter)(void *mem); /* in the worker, before anything is measured; it holds nothing afterwards */
	void (*run)(void *mem, bench_run_t *run);
	int (*take)(void *mem); /* waits for ever; 0, EOWNERDEAD (taken) or an error */
	int (*mend)(void *mem); /* after EOWNERDEAD; NULL where it cannot happen */
	int (*give)(void *mem);
	void (*shut)(void *mem);

	/* in place of enter() and run(): have it done by another program. 0 or an errno value */
	int (*elsewhere)(const struct bench_window *window, bench_report_t *report);
	const bench_act_t *acts; /* single operations (act.h), the last has no name; NULL: none */
} bench_row_t;

/** Tables of rows, in the order in which they are printed; each ends with NULL. */
extern const bench_row_t *const bench_rows_processes[],
	*const bench_rows_threads[], *const bench_rows_fan[], *const bench_rows_queues[], *const bench_rows_rallies[];

/** NULL if there is none of that name in the table. */
const bench_row_t *bench_row_named(const bench_row_t *const *rows, const char *name);

/** Open it. NULL, or why it takes no part: what is missing in this build, or what open() failed with. */
const char *bench_row_open(const bench_row_t *row, void *mem);

/** A row whose package is missing here. */
#define BENCH_ROW_ABSENT(row, its_name, its_what, package)                                                             \
	const bench_row_t row = { .name = its_name, .what = its_what, .absent = "absent: " package }

extern const bench_row_t bench_pawl_spin, bench_pawl_mutex, bench_pawl_stable, bench_pawl_recursive, bench_pawl_tokens,
	bench_pawl_robust, bench_pawl_named, bench_pawl_tenure, bench_pawl_by_name;
extern const bench_row_t bench_pthread_normal, bench_pthread_adaptive, bench_pthread_recursive, bench_pthread_pi,
	bench_pthread_wrlock, bench_pthread_spin, bench_glibc_robust, bench_glibc_normal, bench_glibc_pi, bench_c11_mtx,
	bench_posix_sem, bench_posix_sem_shared, bench_sysv_sem, bench_flock, bench_ofd;
extern const bench_row_t bench_nsync_mu, bench_absl_mutex, bench_ck_fas, bench_ck_cas, bench_ck_dec, bench_ck_ticket,
	bench_ck_mcs, bench_ck_clh, bench_ck_rwlock, bench_go_chan, bench_go_mutex;
extern const bench_row_t bench_floor, bench_ttas, bench_drepper, bench_loaded, bench_none;

extern const bench_row_t bench_fan_pawl_named, bench_fan_pawl_by_name, bench_fan_glibc_array, bench_fan_robust_array,
	bench_fan_robust_hashed, bench_fan_flock, bench_fan_none;

extern const bench_row_t bench_queue_pawl_chan, bench_queue_pawl_chan_try, bench_queue_ck_ring, bench_queue_wfcqueue,
	bench_queue_ck_fifo, bench_queue_pipe, bench_queue_mq, bench_queue_pthread, bench_queue_go, bench_queue_lossy;
extern const bench_row_t bench_rally_pawl_chan, bench_rally_pawl_chan_try, bench_rally_ck_ring, bench_rally_wfcqueue,
	bench_rally_ck_fifo, bench_rally_pipe, bench_rally_mq, bench_rally_pthread, bench_rally_go;

/* ---- for open() and enter() of rows that need nothing ---- */
int bench_row_nothing(void *mem);
void bench_row_shut_nothing(void *mem);

#endif
