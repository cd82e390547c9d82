/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_fas.c: Concurrency Kit's test-and-set lock. */
#include <errno.h>

#include <ck_spinlock.h>

static inline int take(ck_spinlock_fas_t *s)
{
	ck_spinlock_fas_lock(s);
	return 0;
}

static inline int give(ck_spinlock_fas_t *s)
{
	ck_spinlock_fas_unlock(s);
	return 0;
}

#define BENCH_PREPARE ck_spinlock_fas_t *const s = mem;
#define BENCH_TAKE    take(s)
#define BENCH_GIVE    give(s)
#include "../loop.h"

static int open_fas(void *mem)
{
	ck_spinlock_fas_init(mem);
	return 0;
}

BENCH_ACT(pair, ck_spinlock_fas_t *s = mem, take(s) ? EPROTO : give(s))
BENCH_ACT(try, ck_spinlock_fas_t *s = mem, ck_spinlock_fas_trylock(s) ? give(s) : EPROTO)
BENCH_ACT(refused, ck_spinlock_fas_t *s = mem, ck_spinlock_fas_trylock(s) ? EPROTO : 0)

static const bench_act_t acts[] = {
	{ .name = "pair", .run = pair },
	{ .name = "try", .run = try },
	{ .name = "refused", .holder = BENCH_THEIRS, .run = refused },
	{ .name = NULL },
};

const bench_row_t bench_ck_fas = {
	.name = "ck_fas",
	.what = "Concurrency Kit's ck_spinlock_fas",
	.spin_ns = -1,
	.open = open_fas,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
