/* SPDX-License-Identifier: BSD-2-Clause */
/** floor.c: what any lock costs at least: one compare-and-swap and one store, inlined. For one worker only: with more it
 * would be a lock, and a bad one. */
#include <errno.h>
#include <stdint.h>

#include <pawl/annotate.h>

static inline int take(uint32_t *word)
{
	uint32_t zero = 0;

	/* FL1 acquire: pairs with FL2 */
	return PAWL_LIKELY(PAWL_CAS(word, &zero, 1u, ACQUIRE)) ? 0 : EBUSY;
}

static inline int give(uint32_t *word)
{
	/* FL2 release: pairs with FL1 */
	PAWL_STORE(word, 0u, RELEASE);
	return 0;
}

#define BENCH_PREPARE uint32_t *const word = mem;
#define BENCH_TAKE    take(word)
#define BENCH_GIVE    give(word)
#include "../loop.h"

/* What nesting costs at least: one more, one less, in memory. */
static inline int count_up_and_down(uint32_t *depth)
{
	PAWL_STORE(depth, PAWL_LOAD(depth, RELAXED) + 1, RELAXED); /* relaxed: nobody else writes it */
	PAWL_STORE(depth, PAWL_LOAD(depth, RELAXED) - 1, RELAXED); /* relaxed: as above */
	return 0;
}

BENCH_ACT(pair, uint32_t *word = mem, take(word) ? EPROTO : give(word))
/* relaxed: nothing is done on the strength of it */
BENCH_ACT(look, uint32_t *word = mem, PAWL_LOAD(word, RELAXED) == 0)
BENCH_ACT(count, uint32_t *word = mem, count_up_and_down(word + 1))

static const bench_act_t acts[] = {
	{ .name = "pair", .run = pair },
	{ .name = "try", .run = pair },
	{ .name = "refused", .holder = BENCH_THEIRS, .run = look },
	{ .name = "nested", .holder = BENCH_OURS, .run = count },
	{ .name = "timed", .run = pair },
	{ .name = "timed+clock", .run = pair },
	{ .name = NULL },
};

const bench_row_t bench_floor = {
	.name = "floor",
	.what = "one compare-and-swap, one store; alone only",
	.traits = BENCH_ALONE,
	.spin_ns = -1,
	.open = bench_row_nothing,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
