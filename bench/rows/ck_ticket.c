/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_ticket.c: Concurrency Kit's ticket lock: first come, first served; so with more threads than CPUs everybody waits
 * for the next one, who is off its CPU. */
#include <errno.h>

#include <ck_spinlock.h>

static inline int take(ck_spinlock_ticket_t *s)
{
	ck_spinlock_ticket_lock(s);
	return 0;
}

static inline int give(ck_spinlock_ticket_t *s)
{
	ck_spinlock_ticket_unlock(s);
	return 0;
}

#define BENCH_PREPARE ck_spinlock_ticket_t *const s = mem;
#define BENCH_TAKE    take(s)
#define BENCH_GIVE    give(s)
#include "../loop.h"

static int open_ticket(void *mem)
{
	ck_spinlock_ticket_init(mem);
	return 0;
}

BENCH_ACT(pair, ck_spinlock_ticket_t *s = mem, take(s) ? EPROTO : give(s))
BENCH_ACT(try, ck_spinlock_ticket_t *s = mem, ck_spinlock_ticket_trylock(s) ? give(s) : EPROTO)
BENCH_ACT(refused, ck_spinlock_ticket_t *s = mem, ck_spinlock_ticket_trylock(s) ? EPROTO : 0)

static const bench_act_t acts[] = {
	{ .name = "pair", .run = pair },
	{ .name = "try", .run = try },
	{ .name = "refused", .holder = BENCH_THEIRS, .run = refused },
	{ .name = NULL },
};

const bench_row_t bench_ck_ticket = {
	.name = "ck_ticket",
	.what = "Concurrency Kit's ck_spinlock_ticket",
	.traits = BENCH_SLOW,
	.spin_ns = -1,
	.open = open_ticket,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
