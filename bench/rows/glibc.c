/* SPDX-License-Identifier: BSD-2-Clause */
/** glibc.c: process-shared pthread mutexes: robust, normal, robust with priority inheritance. One loop serves all three:
 * the kind is in the mutex. */
#include <pthread.h>

#define BENCH_PREPARE pthread_mutex_t *const m = mem;
#define BENCH_TAKE    pthread_mutex_lock(m)
#define BENCH_GIVE    pthread_mutex_unlock(m)
#include "../loop.h"

static int open_kind(void *mem, int robust, int protocol)
{
	pthread_mutexattr_t attr;
	int rc = pthread_mutexattr_init(&attr);

	if (rc)
		return rc;
	rc = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (!rc)
		rc = pthread_mutexattr_setrobust(&attr, robust);
	if (!rc)
		rc = pthread_mutexattr_setprotocol(&attr, protocol);
	if (!rc)
		rc = pthread_mutex_init(mem, &attr);
	pthread_mutexattr_destroy(&attr);
	return rc;
}

static int open_robust(void *mem)
{
	return open_kind(mem, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_NONE);
}

static int open_normal(void *mem)
{
	return open_kind(mem, PTHREAD_MUTEX_STALLED, PTHREAD_PRIO_NONE);
}

static int open_pi(void *mem)
{
	return open_kind(mem, PTHREAD_MUTEX_ROBUST, PTHREAD_PRIO_INHERIT);
}

static int mend(void *mem)
{
	return pthread_mutex_consistent(mem);
}

static void shut(void *mem)
{
	pthread_mutex_destroy(mem);
}

const bench_row_t bench_glibc_robust = {
	.name = "glibc_robust",
	.what = "pthread mutex, process-shared, robust",
	.traits = BENCH_SURVIVES,
	.spin_ns = -1,
	.open = open_robust,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.mend = mend,
	.give = give_lock,
	.shut = shut,
};

const bench_row_t bench_glibc_normal = {
	.name = "glibc_normal",
	.what = "pthread mutex, process-shared; a dead owner keeps it for ever",
	.spin_ns = -1,
	.open = open_normal,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = shut,
};

const bench_row_t bench_glibc_pi = {
	.name = "glibc_pi",
	.what = "pthread mutex, process-shared, robust, priority inheritance",
	.traits = BENCH_SURVIVES | BENCH_SLOW,
	.spin_ns = -1,
	.open = open_pi,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.mend = mend,
	.give = give_lock,
	.shut = shut,
};
