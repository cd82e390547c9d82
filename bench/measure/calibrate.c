/* SPDX-License-Identifier: BSD-2-Clause */
/** calibrate.c: the arithmetic of calibrate.h. */
#include "calibrate.h"

#include <math.h>

#include "stats.h"

#define PAIRS_MOST 64

double bench_calibrate_least(const double *took, size_t n, double units)
{
	double least = INFINITY;

	for (size_t i = 0; i < n; i++)
		least = fmin(least, took[i]);
	return least / units;
}

double bench_calibrate_rate(const double *of, const double *per, size_t n)
{
	double rates[PAIRS_MOST];
	size_t used = 0;

	for (size_t i = 0; i < n && used < PAIRS_MOST; i++)
		if (per[i] > 0)
			rates[used++] = of[i] / per[i];
	return bench_stats_median(rates, used);
}

uint64_t bench_calibrate_count(double wanted, double unit)
{
	return unit > 0 && wanted > 0 ? (uint64_t)llround(wanted / unit) : 0;
}
