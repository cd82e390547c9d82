/* SPDX-License-Identifier: BSD-2-Clause */
/** stats.c: percentiles from raw samples, and ratios inside rounds, means over cells, evenness (stats.h). */
#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	if (isnan(x) || isnan(y))
		return isnan(x) - isnan(y);
	return (x > y) - (x < y);
}

size_t bench_stats_sort(double *samples, size_t n)
{
	if (n > 0)
		qsort(samples, n, sizeof(*samples), by_value);
	while (n > 0 && isnan(samples[n - 1]))
		n--;
	return n;
}

double bench_stats_rank(const double *sorted, size_t n, double p)
{
	/* 0.9 * 10 is a hair above 9 in some roundings: without the allowance the rank would be one too high */
	size_t rank = n == 0 ? 0 : (size_t)ceil(p * (double)n - 1e-9);

	if (n == 0)
		return NAN;
	if (rank < 1)
		rank = 1;
	return sorted[(rank > n ? n : rank) - 1];
}

double bench_stats_median(const double *samples, size_t n)
{
	double *copy = malloc((n ? n : 1) * sizeof(*copy));
	double median = NAN;

	if (!copy)
		return NAN;
	memcpy(copy, samples, n * sizeof(*copy));
	n = bench_stats_sort(copy, n);
	if (n > 0)
		median = n % 2 ? copy[n / 2] : (copy[n / 2 - 1] + copy[n / 2]) / 2;
	free(copy);
	return median;
}

/* The logarithms of the ratios of those rounds in which both candidates have a figure. Returns their count. */
static size_t log_ratios(const double *row, const double *peer, size_t rounds, double *logs)
{
	size_t n = 0;

	for (size_t i = 0; i < rounds; i++)
		if (row[i] > 0 && peer[i] > 0) /* false for NAN */
			logs[n++] = log(row[i] / peer[i]);
	return n;
}

static double mean_of(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return sum / (double)n;
}

static double standard_error(const double *x, size_t n, double mean)
{
	double squares = 0;

	for (size_t i = 0; i < n; i++)
		squares += (x[i] - mean) * (x[i] - mean);
	return n < 2 ? NAN : sqrt(squares / (double)(n - 1) / (double)n);
}

bench_ratio_t bench_stats_pair(const double *row, const double *peer, size_t rounds)
{
	bench_ratio_t r = { 0, NAN, NAN, NAN };
	double *logs = malloc((rounds ? rounds : 1) * sizeof(*logs));

	if (!logs)
		return r;
	r.pairs = log_ratios(row, peer, rounds, logs);
	if (r.pairs > 0) {
		double mean = mean_of(logs, r.pairs);

		r.mean = exp(mean);
		r.se = standard_error(logs, r.pairs, mean);
		r.median = exp(bench_stats_median(logs, r.pairs));
	}
	free(logs);
	return r;
}

/* The variance of one pair, on average over the cells that have a standard error; NAN if none has. */
static double variance_of_a_pair(const bench_ratio_t *cells, size_t n)
{
	double sum = 0;
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		if (cells[i].pairs > 0 && !isnan(cells[i].se)) {
			sum += cells[i].se * cells[i].se * (double)cells[i].pairs;
			known++;
		}
	return known > 0 ? sum / (double)known : NAN;
}

bench_ratio_t bench_stats_cells(const bench_ratio_t *cells, size_t n)
{
	bench_ratio_t r = { 0, NAN, NAN, NAN };
	double *means = malloc((n ? n : 1) * sizeof(*means)), sum = 0, squares = 0;
	double variance = variance_of_a_pair(cells, n);
	size_t used = 0;

	for (size_t i = 0; means && i < n; i++) {
		if (cells[i].pairs == 0)
			continue;
		means[used++] = cells[i].mean;
		sum += log(cells[i].mean);
		squares += isnan(cells[i].se) ? variance / (double)cells[i].pairs : cells[i].se * cells[i].se;
		r.pairs += cells[i].pairs;
	}
	if (used > 0) {
		r.median = bench_stats_median(means, used);
		r.mean = exp(sum / (double)used);
		r.se = sqrt(squares) / (double)used;
	}
	free(means);
	return r;
}

double bench_stats_jain(const double *shares, size_t n)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < n; i++) {
		sum += shares[i];
		squares += shares[i] * shares[i];
	}
	return squares > 0 ? sum * sum / ((double)n * squares) : NAN;
}
