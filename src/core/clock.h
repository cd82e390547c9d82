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

/** CLOCK_REALTIME: where the token counters of a new segment begin, never a deadline. */
int64_t pawl__now_real(void);

#endif
