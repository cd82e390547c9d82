/* SPDX-License-Identifier: BSD-2-Clause */
/** zipf.c: draws from Zipf's distribution with the exponent 1 (zipf.h), by looking a random number up in the sums. */
#include "zipf.h"

/* Even in [0, 1). */
static double chance(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (double)(*seed >> 11) / 9007199254740992.0;
}

/* The first whose sum is above `x`. */
static unsigned look_up(const double *sum, unsigned names, double x)
{
	unsigned low = 0, high = names - 1;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (sum[middle] > x)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

void bench_zipf(uint16_t draws[BENCH_DRAWS], unsigned names, uint64_t seed)
{
	double sum[BENCH_NAMES_MOST], all = 0;

	for (unsigned i = 0; i < names; i++)
		sum[i] = all += 1.0 / (i + 1);
	for (unsigned i = 0; i < BENCH_DRAWS; i++)
		draws[i] = (uint16_t)look_up(sum, names, chance(&seed) * all);
}
