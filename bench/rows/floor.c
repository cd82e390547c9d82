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

/* What nesting costs at least: one more, one less, in memory. */
static inline int count_up_and_down(uint32_t *depth)
{
	PAWL_STORE(depth, PAWL_LOAD(depth, RELAXED) + 1, RELAXED); /* relaxed: nobody else writes it */
	PAWL_STORE(depth, PAWL_LOAD(depth, RELAXED) - 1, RELAXED); /* relaxed: as above */
	return 0;
}

#define ROW     floor
#define WHAT    "one compare-and-swap, one store; alone only"
#define TRAITS  BENCH_ALONE
#define TYPE    uint32_t
#define LOCK(l) take(l)
#define TRY(l)  take(l)
#define REFUSED(l)                                                                                                     \
	(PAWL_LOAD(l, RELAXED) == 0) /* a load and a branch. relaxed: nothing is done on the strength of it */
#define TIMED(l)   take(l)
#define CLOCKED(l) take(l)
#define UNLOCK(l)  give(l)
#define NESTED(l)  count_up_and_down(l + 1)
#include "../lockrow.h"
