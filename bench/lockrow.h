/* SPDX-License-Identifier: BSD-2-Clause */
/** lockrow.h: a whole row (row.h) with its measured loops, made from a lock's own macros by including this file. No include
 * guard: that is its use.
 *
 * Before the include, in which `l` is a TYPE *:
 *   ROW        its name in tables; the row itself is bench_ROW
 *   WHAT       it in a few words
 *   TYPE       the lock, in the row's memory
 *   LOCK(l)    0 or an error
 *   UNLOCK(l)  0 or an error
 * and, where it has it:
 *   TRAITS     of row.h
 *   INIT(l)    0 or an error; without it zeroed memory is a free lock
 *   TRY(l)     0, or EBUSY: another thread has it
 *   TIMED(l)   LOCK with a deadline far off
 *   CLOCKED(l) LOCK with a deadline made from the clock
 *   NESTED(l)  take once more what this thread has, and give that back
 *   REFUSED(l) 0: as it should, it was not taken; without it TRY says so
 *   ENTER(l), MEND(l), SHUT(l)   of bench_row_t
 * Afterwards ROW, WHAT, TRAITS, INIT, NESTED and MEND are undefined again; the rest serves the next row of the family.
 */
#include "row.h"

#ifndef TRAITS
#define TRAITS 0
#endif
#ifndef INIT
#define INIT(l) 0
#endif
#ifndef ENTER
#define ENTER(l) 0
#endif
#ifndef SHUT
#define SHUT(l) ((void)0)
#endif
#if defined(TRY) && !defined(REFUSED)
#define REFUSED(l) BENCH_FAILS(TRY(l), EBUSY)
#endif

#ifndef BENCH_HERE
#define BENCH_HERE                                                                                                     \
	TYPE *const l = (TYPE *)mem; /* the cast is for C++ */                                                         \
	(void)l
#endif

#define BENCH_BEGIN                                                                                                    \
	BENCH_HERE;                                                                                                    \
	volatile uint64_t *const count = run->count
#define BENCH_NEXT  ((void)0)
#define BENCH_TAKE  LOCK(l)
#define BENCH_COUNT *count
#define BENCH_GIVE  UNLOCK(l)
#include "loop.h"

/* ---- single operations ---- */

BENCH_ACT(BENCH_OF(pair), BENCH_HERE, LOCK(l) ? EPROTO : UNLOCK(l))
#ifdef TRY
BENCH_ACT(BENCH_OF(try), BENCH_HERE, TRY(l) ? EPROTO : UNLOCK(l))
BENCH_ACT(BENCH_OF(refused), BENCH_HERE, REFUSED(l))
#endif
#ifdef NESTED
BENCH_ACT(BENCH_OF(nested), BENCH_HERE, NESTED(l))
#endif
#ifdef TIMED
BENCH_ACT(BENCH_OF(timed), BENCH_HERE, TIMED(l) ? EPROTO : UNLOCK(l))
#endif
#ifdef CLOCKED
BENCH_ACT(BENCH_OF(clocked), BENCH_HERE, CLOCKED(l) ? EPROTO : UNLOCK(l))
#endif

static const bench_act_t BENCH_OF(acts)[] = {
	{ "pair", BENCH_FREE, BENCH_OF(pair), NULL },
#ifdef TRY
	{ "try", BENCH_FREE, BENCH_OF(try), NULL },
	{ "refused", BENCH_THEIRS, BENCH_OF(refused), NULL },
#endif
#ifdef NESTED
	{ "nested", BENCH_OURS, BENCH_OF(nested), NULL },
#endif
#ifdef TIMED
	{ "timed", BENCH_FREE, BENCH_OF(timed), NULL },
#endif
#ifdef CLOCKED
	{ "timed+clock", BENCH_FREE, BENCH_OF(clocked), NULL },
#endif
	{ NULL, BENCH_FREE, NULL, NULL },
};

/* ---- the row ---- */

static int BENCH_OF(take)(void *mem)
{
	BENCH_HERE;

	return LOCK(l);
}

static int BENCH_OF(give)(void *mem)
{
	BENCH_HERE;

	return UNLOCK(l);
}

static int BENCH_OF(open)(void *mem)
{
	BENCH_HERE;

	return INIT(l);
}

static int BENCH_OF(enter)(void *mem)
{
	BENCH_HERE;

	return ENTER(l);
}

#ifdef MEND
static int BENCH_OF(mend)(void *mem)
{
	BENCH_HERE;

	return MEND(l);
}
#endif

static void BENCH_OF(shut)(void *mem)
{
	BENCH_HERE;

	SHUT(l);
}

const bench_row_t BENCH_OF(bench) = {
	.name = BENCH_STRING(ROW),
	.what = WHAT,
	.absent = NULL,
	.traits = TRAITS,
	.spin_ns = -1,
	.open = BENCH_OF(open),
	.enter = BENCH_OF(enter),
	.run = BENCH_OF(run),
	.take = BENCH_OF(take),
#ifdef MEND
	.mend = BENCH_OF(mend),
#else
	.mend = NULL,
#endif
	.give = BENCH_OF(give),
	.shut = BENCH_OF(shut),
	.elsewhere = NULL,
	.acts = BENCH_OF(acts),
};

#undef ROW
#undef WHAT
#undef TRAITS
#undef INIT
#undef NESTED
#undef MEND
