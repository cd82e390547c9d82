/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl_tokens.c: one token of pawl's, as a lock. */
#include <pawl/chan.h>

#define BENCH_PREPARE pawl_tokens_t *const t = mem;
#define BENCH_TAKE    pawl_tokens_take(t, PAWL_FOREVER)
#define BENCH_GIVE    pawl_tokens_put(t)
#include "../loop.h"

static int open_one(void *mem)
{
	return pawl_tokens_init(mem, 1, PAWL_TOKENS_MAX);
}

BENCH_ACT(pair, pawl_tokens_t *t = mem, pawl_tokens_take(t, PAWL_FOREVER) ? EPROTO : pawl_tokens_put(t))
BENCH_ACT(try, pawl_tokens_t *t = mem, pawl_tokens_take(t, PAWL_TRY) ? EPROTO : pawl_tokens_put(t))
BENCH_ACT(refused, pawl_tokens_t *t = mem, BENCH_FAILS(pawl_tokens_take(t, PAWL_TRY), EBUSY))
BENCH_ACT(clocked, pawl_tokens_t *t = mem, pawl_tokens_take(t, pawl_in_ms(1000)) ? EPROTO : pawl_tokens_put(t))

static const bench_act_t acts[] = {
	{ .name = "pair", .run = pair },
	{ .name = "try", .run = try },
	{ .name = "refused", .holder = BENCH_THEIRS, .run = refused },
	{ .name = "timed+clock", .run = clocked },
	{ .name = NULL },
};

const bench_row_t bench_pawl_tokens = {
	.name = "pawl_tokens",
	.what = "pawl_tokens_take, pawl_tokens_put of the only token",
	.spin_ns = -1,
	.open = open_one,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
