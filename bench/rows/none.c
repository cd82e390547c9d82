/* SPDX-License-Identifier: BSD-2-Clause */
/** none.c: no lock at all. Alone it shows what the loop itself costs; with two workers it must fail the self-check, which
 * shows that the self-check can fail. */
#define BENCH_PREPARE (void)mem;
#define BENCH_TAKE    0
#define BENCH_GIVE    0
#include "../loop.h"

BENCH_ACT(pair, const char *nothing = mem, nothing ? 0 : EPROTO)

static const bench_act_t acts[] = {
	{ .name = "pair", .run = pair },
	{ .name = NULL },
};

const bench_row_t bench_none = {
	.name = "none",
	.what = "no lock: what the loop costs; fails the check when contended",
	.traits = BENCH_BROKEN,
	.spin_ns = -1,
	.open = bench_row_nothing,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
