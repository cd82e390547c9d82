/* SPDX-License-Identifier: BSD-2-Clause */
/** delay.c: the calibrated delay of delay.h. */
#include "delay.h"

#include <math.h>

#include "now.h"

static double turn_ns = 1.0;

__attribute__((noinline, aligned(64))) void bench_delay(uint64_t turns)
{
	for (; turns != 0; turns--)
		__asm__ __volatile__("" : "+r"(turns)); /* the compiler may not know that this does nothing */
}

double bench_delay_calibrate(void)
{
	const uint64_t turns = 200000;
	double best = INFINITY;

	for (int i = 0; i < 20; i++) {
		int64_t start = bench_now_ns();

		bench_delay(turns);
		best = fmin(best, (double)(bench_now_ns() - start) / (double)turns);
	}
	return turn_ns = best;
}

uint64_t bench_delay_turns(double ns)
{
	return (uint64_t)llround(ns / turn_ns);
}
