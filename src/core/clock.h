/* SPDX-License-Identifier: BSD-2-Clause */
/** clock.h: the clocks of pawl, in nanoseconds. Slow paths only: a read costs as much as ten locks. */
#ifndef PAWL__CLOCK_H
#define PAWL__CLOCK_H

#include <stdint.h>

/** CLOCK_MONOTONIC: deadlines, slices, ages. */
int64_t pawl__now(void);

static inline int64_t pawl__sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/** CLOCK_BOOTTIME: leases. It goes on while the machine sleeps. */
int64_t pawl__boot(void);

/** The same for a hot path: never early, late by 2 ms at most. Reads the clock once in a while, and in between a counter that
 * tells that it was not long ago. */
int64_t pawl__boot_late(void);

/** CLOCK_REALTIME: where the token counters of a new segment begin, never a deadline. */
int64_t pawl__now_real(void);

#endif
