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
};
