/* SPDX-License-Identifier: BSD-2-Clause */
/** pthread_spin.c: glibc's spinlock. */
#include <errno.h>

#include <pthread.h>

#define BENCH_PREPARE pthread_spinlock_t *const s = mem;
#define BENCH_TAKE    pthread_spin_lock(s)
#define BENCH_GIVE    pthread_spin_unlock(s)
#include "../loop.h"

static int open_spin(void *mem)
{
	return pthread_spin_init(mem, PTHREAD_PROCESS_PRIVATE);
}

BENCH_ACT(pair, pthread_spinlock_t *s = mem, pthread_spin_lock(s) ? EPROTO : pthread_spin_unlock(s))
BENCH_ACT(try, pthread_spinlock_t *s = mem, pthread_spin_trylock(s) ? EPROTO : pthread_spin_unlock(s))
BENCH_ACT(refused, pthread_spinlock_t *s = mem, BENCH_FAILS(pthread_spin_trylock(s), EBUSY))

static const bench_act_t acts[] = {
	{ .name = "pair", .run = pair },
	{ .name = "try", .run = try },
	{ .name = "refused", .holder = BENCH_THEIRS, .run = refused },
	{ .name = NULL },
};

const bench_row_t bench_pthread_spin = {
	.name = "pthread_spin",
	.what = "pthread spinlock",
	.spin_ns = -1,
	.open = open_spin,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
