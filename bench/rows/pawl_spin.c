/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl_spin.c: pawl's spinlock. */
#include <errno.h>

#include <pawl/spin.h>

static inline int take(pawl_spin_t *s)
{
	pawl_spin_lock(s);
	return 0;
}

static inline int give(pawl_spin_t *s)
{
	pawl_spin_unlock(s);
	return 0;
}

#define BENCH_PREPARE pawl_spin_t *const s = mem;
#define BENCH_TAKE    take(s)
#define BENCH_GIVE    give(s)
#include "../loop.h"

BENCH_ACT(pair, pawl_spin_t *s = mem, take(s) ? EPROTO : give(s))
BENCH_ACT(try, pawl_spin_t *s = mem, pawl_spin_trylock(s) ? EPROTO : give(s))
BENCH_ACT(refused, pawl_spin_t *s = mem, BENCH_FAILS(pawl_spin_trylock(s), EBUSY))

static const bench_act_t acts[] = {
	{ .name = "pair", .run = pair },
	{ .name = "try", .run = try },
	{ .name = "refused", .holder = BENCH_THEIRS, .run = refused },
	{ .name = NULL },
};

const bench_row_t bench_pawl_spin = {
	.name = "pawl_spin",
	.what = "pawl_spin_lock, pawl_spin_unlock",
	.spin_ns = -1,
	.open = bench_row_nothing,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
