/* SPDX-License-Identifier: BSD-2-Clause */
/** tick.h: the clock for single acquisitions: the CPU's time stamp counter where it runs evenly, else the system's. */
#ifndef BENCH_TICK_H
#define BENCH_TICK_H

#include <stdbool.h>
#include <stdint.h>

#include "now.h"

/** Whether the counter is used: bench_tick_init() finds out. */
extern bool bench_tick_counter;

/** The time before something: all that precedes is done. */
static inline uint64_t bench_tick_before(void)
{
#ifdef __x86_64__
	if (bench_tick_counter) {
		__builtin_ia32_lfence();
		return __builtin_ia32_rdtsc();
	}
#endif
	return (uint64_t)bench_now_ns();
}

/** The time after it. */
static inline uint64_t bench_tick_after(void)
{
#ifdef __x86_64__
	unsigned cpu;

	if (bench_tick_counter)
		return __builtin_ia32_rdtscp(&cpu);
#endif
	return (uint64_t)bench_now_ns();
}

/** Choose the clock, and measure how long a tick is; once. */
void bench_tick_init(void);

/** Measure what the clock itself takes between its two readings, in ticks: the CPU's speed changes. */
void bench_tick_calibrate(void);

double bench_tick_ns(void);
double bench_tick_cost(void);

#endif
