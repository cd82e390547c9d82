/* SPDX-License-Identifier: BSD-2-Clause */
/** calibrate.h: what timings say about the thing that was timed: the arithmetic of delay.c and tick.c, apart from clocks. */
#ifndef BENCH_CALIBRATE_H
#define BENCH_CALIBRATE_H

#include <stddef.h>
#include <stdint.h>

/** What one of `units` costs at least, if all of them took so long in each of `n` tries: whatever disturbs, makes a try
 * longer. */
double bench_calibrate_least(const double *took, size_t n, double units);

/** How much of the first there is in one of the second: the median over `n` pairs, since a pause between two readings may
 * fall on either side. */
double bench_calibrate_rate(const double *of, const double *per, size_t n);

/** So many units come nearest to `wanted`. */
uint64_t bench_calibrate_count(double wanted, double unit);

#endif
