/* SPDX-License-Identifier: BSD-2-Clause */
/** pthread.c: glibc's mutexes between threads: normal, adaptive, recursive. One loop serves all three: the kind is in the
 * mutex. */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#define BENCH_PREPARE pthread_mutex_t *const m = mem;
#define BENCH_TAKE    pthread_mutex_lock(m)
#define BENCH_GIVE    pthread_mutex_unlock(m)
#include "../loop.h"

static int open_kind(void *mem, int kind)
{
	pthread_mutexattr_t attr;
	int rc = pthread_mutexattr_init(&attr);

	if (rc)
		return rc;
	rc = pthread_mutexattr_settype(&attr, kind);
	if (!rc)
		rc = pthread_mutex_init(mem, &attr);
	pthread_mutexattr_destroy(&attr);
	return rc;
}

static int open_normal(void *mem)
{
	return open_kind(mem, PTHREAD_MUTEX_NORMAL);
}

static int open_adaptive(void *mem)
{
	return open_kind(mem, PTHREAD_MUTEX_ADAPTIVE_NP);
}

static int open_recursive(void *mem)
{
	return open_kind(mem, PTHREAD_MUTEX_RECURSIVE);
}

static void shut(void *mem)
{
	pthread_mutex_destroy(mem);
}

static inline int lock_within_a_second(pthread_mutex_t *m)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec++;
	return pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &end);
}

static const struct timespec far = { .tv_sec = INT32_MAX };
BENCH_ACT(pair, pthread_mutex_t *m = mem, pthread_mutex_lock(m) ? EPROTO : pthread_mutex_unlock(m))
BENCH_ACT(try, pthread_mutex_t *m = mem, pthread_mutex_trylock(m) ? EPROTO : pthread_mutex_unlock(m))
BENCH_ACT(refused, pthread_mutex_t *m = mem, BENCH_FAILS(pthread_mutex_trylock(m), EBUSY))
BENCH_ACT(timed, pthread_mutex_t *m = mem,
	pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &far) ? EPROTO : pthread_mutex_unlock(m))
BENCH_ACT(clocked, pthread_mutex_t *m = mem, lock_within_a_second(m) ? EPROTO : pthread_mutex_unlock(m))

/* The first is for the recursive one only. */
static const bench_act_t acts[] = {
	{ .name = "nested", .holder = BENCH_OURS, .run = pair },
	{ .name = "pair", .run = pair },
	{ .name = "try", .run = try },
	{ .name = "refused", .holder = BENCH_THEIRS, .run = refused },
	{ .name = "timed", .run = timed },
	{ .name = "timed+clock", .run = clocked },
	{ .name = NULL },
};

#define ROW(row, its_name, its_what, its_open, its_acts)                                                               \
	const bench_row_t row = {                                                                                      \
		.name = its_name,                                                                                      \
		.what = its_what,                                                                                      \
		.spin_ns = -1,                                                                                         \
		.open = its_open,                                                                                      \
		.enter = bench_row_nothing,                                                                            \
		.run = run_lock,                                                                                       \
		.take = take_lock,                                                                                     \
		.give = give_lock,                                                                                     \
		.shut = shut,                                                                                          \
		.acts = its_acts,                                                                                      \
	}

ROW(bench_pthread_normal, "pthread_normal", "pthread mutex", open_normal, acts + 1);
ROW(bench_pthread_adaptive, "pthread_adaptive", "pthread mutex, PTHREAD_MUTEX_ADAPTIVE_NP", open_adaptive, acts + 1);
ROW(bench_pthread_recursive, "pthread_recursive", "pthread mutex, PTHREAD_MUTEX_RECURSIVE", open_recursive, acts);
