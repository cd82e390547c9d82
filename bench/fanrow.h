/* SPDX-License-Identifier: BSD-2-Clause */
/** fanrow.h: a whole row of many locks with its measured loops, made as lockrow.h makes one of one lock. No include guard:
 * that is its use.
 *
 * Each section is under the lock that the next draw names (zipf.h). Before the include, in which `l` is a TYPE * in zeroed
 * shared memory, with room for BENCH_NAMES_MOST locks, and `i` is which:
 *   ROW           its name in tables; the row itself is bench_fan_ROW
 *   WHAT          it in a few words
 *   TYPE          all its locks
 *   LOCK(l, i)    0 or an error
 *   UNLOCK(l, i)  0 or an error
 * and, where it has it: TRAITS of row.h; INIT(l), ENTER(l), SHUT(l) of bench_row_t. Afterwards ROW, WHAT, TRAITS, INIT, LOCK
 * and UNLOCK are undefined again; the rest serves the next row of the family.
 */
#include "fan.h"

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

#ifndef BENCH_FAN_HERE
#define BENCH_FAN_HERE                                                                                                 \
	bench_fan_t *const fan = mem;                                                                                  \
	TYPE *const l = fan->locks;                                                                                    \
	(void)l
#endif

/* Workers begin far from each other. */
#define BENCH_BEGIN                                                                                                    \
	BENCH_FAN_HERE;                                                                                                \
	bench_fan_count_t *const count = fan->count;                                                                   \
	const uint16_t *const draws = run->draws;                                                                      \
	unsigned i, at = BENCH_DRAWS / run->workers * run->index
#define BENCH_NEXT  i = draws[at++ % BENCH_DRAWS]
#define BENCH_TAKE  LOCK(l, i)
#define BENCH_COUNT count[i].n
#define BENCH_GIVE  UNLOCK(l, i)
#include "loop.h"

static void BENCH_OF(run_and_leave)(void *mem, bench_run_t *run)
{
	BENCH_OF(run)(mem, run);
	bench_fan_leave(mem, run);
}

static int BENCH_OF(open)(void *mem)
{
	bench_fan_open(mem, sizeof(TYPE));
	BENCH_FAN_HERE;
	return INIT(l);
}

/* Each lock once: pages that a worker sees for the first time are not what is measured. */
static int BENCH_OF(enter)(void *mem)
{
	BENCH_FAN_HERE;
	int rc = ENTER(l);

	for (unsigned i = 0; i < BENCH_NAMES_MOST && !rc; i++) {
		rc = LOCK(l, i);
		(void)fan->count[i].n;
		if (!rc)
			rc = UNLOCK(l, i);
	}
	return rc;
}

static void BENCH_OF(shut)(void *mem)
{
	BENCH_FAN_HERE;
	SHUT(l);
}

const bench_row_t BENCH_PASTE(bench_fan, ROW) = {
	.name = BENCH_STRING(ROW),
	.what = WHAT,
	.traits = TRAITS | BENCH_SHARED,
	.spin_ns = -1,
	.open = BENCH_OF(open),
	.enter = BENCH_OF(enter),
	.run = BENCH_OF(run_and_leave),
	.shut = BENCH_OF(shut),
};

#undef ROW
#undef WHAT
#undef TRAITS
#undef INIT
#undef LOCK
#undef UNLOCK
