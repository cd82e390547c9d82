/* SPDX-License-Identifier: BSD-2-Clause */
/** delay.c: the calibrated delay of delay.h. */
#include "delay.h"

#include "calibrate.h"
#include "now.h"

#define TRIES 20

static double turn_ns = 1.0;

__attribute__((noinline, aligned(64))) void bench_delay(uint64_t turns)
{
	for (; turns != 0; turns--)
		__asm__ __volatile__("" : "+r"(turns)); /* the compiler may not know that this does nothing */
}

double bench_delay_calibrate(void)
{
	const uint64_t turns = 200000;
	double took[TRIES];

	for (int i = 0; i < TRIES; i++) {
		int64_t start = bench_now_ns();

		bench_delay(turns);
		took[i] = (double)(bench_now_ns() - start);
	}
	return turn_ns = bench_calibrate_least(took, TRIES, (double)turns);
}

uint64_t bench_delay_turns(double ns)
{
	return bench_calibrate_count(ns, turn_ns);
}
