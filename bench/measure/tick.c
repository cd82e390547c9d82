/* SPDX-License-Identifier: BSD-2-Clause */
/** tick.c: choosing and calibrating the clock of tick.h. */
#include "tick.h"

#include "calibrate.h"
#include "machine.h"

#define SPANS   9
#define SPAN_NS 1000000
#define READS   2000

bool bench_tick_counter;
static double ns = 1, cost;

/* The counter reads the same on every CPU, and goes on at one rate, where both flags stand. */
static bool counter_is_even(void)
{
#ifdef __x86_64__
	return bench_machine_flag("constant_tsc") && bench_machine_flag("nonstop_tsc");
#else
	return false;
#endif
}

void bench_tick_init(void)
{
	double spans_ns[SPANS], ticks[SPANS];

	bench_tick_counter = counter_is_even();
	for (int i = 0; i < SPANS; i++) {
		int64_t began = bench_now_ns(), now;
		uint64_t first = bench_tick_before();

		while ((now = bench_now_ns()) - began < SPAN_NS)
			continue;
		ticks[i] = (double)(bench_tick_after() - first);
		spans_ns[i] = (double)(now - began);
	}
	ns = bench_calibrate_rate(spans_ns, ticks, SPANS);
	bench_tick_calibrate();
}

void bench_tick_calibrate(void)
{
	static double took[READS];

	for (int i = 0; i < READS; i++) {
		uint64_t before = bench_tick_before();

		took[i] = (double)(bench_tick_after() - before);
	}
	cost = bench_calibrate_least(took, READS, 1);
}

double bench_tick_ns(void)
{
	return ns;
}

double bench_tick_cost(void)
{
	return cost;
}
