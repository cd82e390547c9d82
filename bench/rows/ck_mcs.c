/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_mcs.c: Concurrency Kit's MCS lock: a queue in which each waiter spins on its own line. As ck_ticket.c, it stands still
 * while the next in the queue is off its CPU. */
#include <errno.h>

#include <ck_spinlock.h>

static _Alignas(128) __thread ck_spinlock_mcs_context_t mine;

static inline int take(ck_spinlock_mcs_t *s, ck_spinlock_mcs_context_t *node)
{
	ck_spinlock_mcs_lock(s, node);
	return 0;
}

static inline int give(ck_spinlock_mcs_t *s, ck_spinlock_mcs_context_t *node)
{
	ck_spinlock_mcs_unlock(s, node);
	return 0;
}

#define BENCH_PREPARE                                                                                                  \
	ck_spinlock_mcs_t *const s = mem;                                                                              \
	ck_spinlock_mcs_context_t *const node = &mine;
#define BENCH_TAKE take(s, node)
#define BENCH_GIVE give(s, node)
#include "../loop.h"

static int open_mcs(void *mem)
{
	ck_spinlock_mcs_init(mem);
	return 0;
}

BENCH_ACT(pair, ck_spinlock_mcs_t *s = mem, take(s, &mine) ? EPROTO : give(s, &mine))

static const bench_act_t acts[] = {
	{ .name = "pair", .run = pair },
	{ .name = NULL },
};

const bench_row_t bench_ck_mcs = {
	.name = "ck_mcs",
	.what = "Concurrency Kit's ck_spinlock_mcs",
	.traits = BENCH_SLOW,
	.spin_ns = -1,
	.open = open_mcs,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
