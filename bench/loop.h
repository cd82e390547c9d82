/* SPDX-License-Identifier: BSD-2-Clause */
/** loop.h: the measured loops of a row of locks, for lockrow.h and fanrow.h. No include guard: that is its use.
 *
 * There is no call through a pointer in them, and every row pays for the same surroundings: a look at `stop`, two tests of
 * return values, the counter. There are two: one that throughput is taken from, and one that times some acquisitions, in
 * windows of its own.
 *
 * Before the include, beside ROW:
 *   BENCH_BEGIN   declarations, from `mem` and `run`
 *   BENCH_NEXT    a statement before each section
 *   BENCH_TAKE    an expression: 0 or an error
 *   BENCH_COUNT   what is counted up under the lock
 *   BENCH_GIVE    an expression: 0 or an error
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include <pawl/annotate.h>

#include "delay.h"
#include "latency.h"
#include "row.h"
#include "tick.h"

#ifndef BENCH_OF
#define BENCH_PASTE_(a, b)  a##_##b
#define BENCH_PASTE(a, b)   BENCH_PASTE_(a, b)
#define BENCH_OF(part)      BENCH_PASTE(part, ROW)
#define BENCH_STRING_(text) #text
#define BENCH_STRING(text)  BENCH_STRING_(text)
#endif

/* `timing` is known where it is inlined: nothing is left of it in the loop for throughput. */
__attribute__((always_inline)) static inline void BENCH_OF(loop)(void *mem, bench_run_t *run, const bool timing)
{
	const uint64_t inside = run->inside, outside = run->outside;
	uint64_t ops = 0, seed = run->seed, left = timing ? bench_latency_next(run->latency) : 0;
	int rc = 0;
	BENCH_BEGIN;

	while (!PAWL_LOAD(run->stop, RELAXED)) { /* relaxed: a flag, nothing is handed over by it */
		BENCH_NEXT;
		const bool timed = timing && PAWL_UNLIKELY(--left == 0);
		uint64_t ticks = timed ? bench_tick_before() : 0;

		rc = BENCH_TAKE;
		if (timed)
			ticks = bench_tick_after() - ticks;
		if (PAWL_UNLIKELY(rc != 0))
			break;
		BENCH_COUNT = BENCH_COUNT + 1;
		if (inside)
			bench_delay(inside);
		rc = BENCH_GIVE;
		if (PAWL_UNLIKELY(rc != 0))
			break;
		ops++;
		if (timed) {
			bench_latency_add(run->latency, ticks);
			left = bench_latency_next(run->latency);
		}
		if (outside)
			bench_delay(bench_delay_vary(&seed, outside));
	}
	run->ops = ops;
	run->rc = rc;
}

__attribute__((noinline, aligned(64))) static void BENCH_OF(run_timed)(void *mem, bench_run_t *run)
{
	BENCH_OF(loop)(mem, run, true);
}

__attribute__((noinline, aligned(64))) static void BENCH_OF(run_untimed)(void *mem, bench_run_t *run)
{
	BENCH_OF(loop)(mem, run, false);
}

static void BENCH_OF(run)(void *mem, bench_run_t *run)
{
	if (run->latency)
		BENCH_OF(run_timed)(mem, run);
	else
		BENCH_OF(run_untimed)(mem, run);
}

#undef BENCH_BEGIN
#undef BENCH_NEXT
#undef BENCH_TAKE
#undef BENCH_COUNT
#undef BENCH_GIVE
