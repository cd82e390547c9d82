/* SPDX-License-Identifier: BSD-2-Clause */
/** stats.h: figures out of samples. NAN stands for a sample that was not taken or was thrown away. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>

/** Sort ascending, NANs last. Returns how many are numbers. */
size_t bench_stats_sort(double *samples, size_t n);

/** The percentile `p` (0 < p <= 1) of `n` sorted numbers by nearest rank: always a value that was measured, the smallest
 * one that at least p*n samples do not exceed. NAN for n = 0. */
double bench_stats_rank(const double *sorted, size_t n, double p);

/** The median of those that are numbers, the mean of the middle two if their count is even. Does not change `samples`.
 * NAN if there are none, or no memory. */
double bench_stats_median(const double *samples, size_t n);

/** How two candidates compare over rounds in which both were measured. */
typedef struct bench_ratio {
	size_t pairs;  /* rounds in which both are positive numbers */
	double median; /* of the ratios inside the rounds */
	double mean;   /* geometric: exp of the mean of their logarithms */
	double se;     /* standard error of the mean logarithm: 0.03 is about +-3 %; NAN below two pairs */
} bench_ratio_t;

/** Compare `row` with `peer`, sample by sample of the same round: what moves both, as a busy host does, cancels out. */
bench_ratio_t bench_stats_pair(const double *row, const double *peer, size_t rounds);

/** Several cells in one figure: the geometric mean of their means, each cell as heavy as the others, and the standard
 * error it has if their errors are independent; the median is that of the means, `pairs` the sum. Cells without a pair
 * do not count; one with a single pair is taken to scatter as the others do on average. */
bench_ratio_t bench_stats_cells(const bench_ratio_t *cells, size_t n);

/** Jain's index of how evenly things are shared: 1 if all have the same, 1/n if one has all. NAN if nobody has any. */
double bench_stats_jain(const double *shares, size_t n);

#endif
