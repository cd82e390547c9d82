/* SPDX-License-Identifier: BSD-2-Clause */
/** loop.h: the measured loop, made once per lock by including this file. No include guard: that is its use.
 *
 * Before the include:
 *   BENCH_PREPARE   declarations at the head of each function, from `void *mem` (and statics of the file)
 *   BENCH_TAKE      an expression of int: take the lock; 0 or an error
 *   BENCH_GIVE      an expression of int: give it back
 * After it: static run_lock, take_lock, give_lock, with the macros undefined again.
 *
 * Every row pays for the same surroundings: a look at `stop`, two tests of return values, the counter. There are two loops:
 * one that throughput is taken from, and one that times some acquisitions, in windows of its own.
 */
#include <pawl/annotate.h>

#include "delay.h"
#include "latency.h"
#include "row.h"
#include "tick.h"

__attribute__((noinline, aligned(64))) static void run_timed(void *mem, bench_run_t *run)
{
	volatile uint64_t *const count = run->count;
	const uint64_t inside = run->inside, outside = run->outside;
	uint64_t ops = 0, seed = run->seed, left = bench_latency_next(run->latency);
	int rc = 0;
	BENCH_PREPARE

	while (!PAWL_LOAD(run->stop, RELAXED)) { /* relaxed: a flag, nothing is handed over by it */
		const bool timed = --left == 0;
		uint64_t ticks = PAWL_UNLIKELY(timed) ? bench_tick_before() : 0;

		rc = BENCH_TAKE;
		if (PAWL_UNLIKELY(timed))
			ticks = bench_tick_after() - ticks;
		if (PAWL_UNLIKELY(rc != 0))
			break;
		*count = *count + 1;
		if (inside)
			bench_delay(inside);
		rc = BENCH_GIVE;
		if (PAWL_UNLIKELY(rc != 0))
			break;
		if (PAWL_UNLIKELY(timed)) {
			bench_latency_add(run->latency, ticks);
			left = bench_latency_next(run->latency);
		}
		ops++;
		if (outside)
			bench_delay(bench_delay_vary(&seed, outside));
	}
	run->ops = ops;
	run->rc = rc;
}

__attribute__((noinline, aligned(64))) static void run_untimed(void *mem, bench_run_t *run)
{
	volatile uint64_t *const count = run->count;
	const uint64_t inside = run->inside, outside = run->outside;
	uint64_t ops = 0, seed = run->seed;
	int rc = 0;
	BENCH_PREPARE

	while (!PAWL_LOAD(run->stop, RELAXED)) { /* relaxed: a flag, nothing is handed over by it */
		rc = BENCH_TAKE;
		if (PAWL_UNLIKELY(rc != 0))
			break;
		*count = *count + 1;
		if (inside)
			bench_delay(inside);
		rc = BENCH_GIVE;
		if (PAWL_UNLIKELY(rc != 0))
			break;
		ops++;
		if (outside)
			bench_delay(bench_delay_vary(&seed, outside));
	}
	run->ops = ops;
	run->rc = rc;
}

static void run_lock(void *mem, bench_run_t *run)
{
	if (run->latency)
		run_timed(mem, run);
	else
		run_untimed(mem, run);
}

static int take_lock(void *mem)
{
	BENCH_PREPARE

	return BENCH_TAKE;
}

static int give_lock(void *mem)
{
	BENCH_PREPARE

	return BENCH_GIVE;
}

#undef BENCH_PREPARE
#undef BENCH_TAKE
#undef BENCH_GIVE
