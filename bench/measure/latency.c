/* SPDX-License-Identifier: BSD-2-Clause */
/** latency.c: ranks of samples (latency.h): each is a time that was measured, the smallest that the given part of all
 * acquisitions did not exceed. */
#include "latency.h"

#include <math.h>
#include <stdlib.h>

#define LEAST_GAP_NS 4000

const double bench_latency_ranks[BENCH_LATENCY_RANKS] = { 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95,
	0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 1 };

typedef struct sample {
	double ticks, weight;
} sample_t;

static int by_ticks(const void *a, const void *b)
{
	double x = ((const sample_t *)a)->ticks, y = ((const sample_t *)b)->ticks;

	return (x > y) - (x < y);
}

static size_t kept(const bench_latency_t *l)
{
	return l->seen < BENCH_LATENCY_ROOM ? (size_t)l->seen : BENCH_LATENCY_ROOM;
}

uint64_t bench_latency_every(double ops, double window_ns)
{
	double wanted = fmin(BENCH_LATENCY_ROOM / 2, window_ns / LEAST_GAP_NS);

	return wanted > 0 && ops > wanted ? (uint64_t)(ops / wanted) : 1;
}

static size_t collect(const bench_latency_t *const *workers, size_t n, sample_t *samples, double *weight)
{
	size_t all = 0;

	*weight = 0;
	for (size_t i = 0; i < n; i++) {
		size_t here = kept(workers[i]);

		for (size_t k = 0; k < here; k++)
			samples[all++] = (sample_t){ (double)workers[i]->ticks[k], (double)workers[i]->seen / (double)here };
		*weight += (double)workers[i]->seen;
	}
	return all;
}

/* Both lists ascend. The allowance is for sums of fractions. */
static void pick(const sample_t *samples, size_t n, double weight, double ranks[BENCH_LATENCY_RANKS])
{
	double sum = 0;
	size_t rank = 0;

	for (size_t k = 0; k < n; k++) {
		sum += samples[k].weight;
		while (rank < BENCH_LATENCY_RANKS && (sum >= bench_latency_ranks[rank] * weight - 1e-6 || k + 1 == n))
			ranks[rank++] = samples[k].ticks;
	}
}

size_t bench_latency_merge(
	const bench_latency_t *const *workers, size_t n, double tick_ns, double cost, double ranks[BENCH_LATENCY_RANKS])
{
	size_t all = 0;
	sample_t *samples;
	double weight;

	for (size_t i = 0; i < BENCH_LATENCY_RANKS; i++)
		ranks[i] = NAN;
	for (size_t i = 0; i < n; i++)
		all += kept(workers[i]);
	samples = all ? malloc(all * sizeof(*samples)) : NULL;
	if (!samples)
		return 0;
	collect(workers, n, samples, &weight);
	qsort(samples, all, sizeof(*samples), by_ticks);
	pick(samples, all, weight, ranks);
	for (size_t i = 0; i < BENCH_LATENCY_RANKS; i++)
		ranks[i] = fmax(ranks[i] - cost, 0) * tick_ns;
	free(samples);
	return all;
}

size_t bench_latency_rank(double p)
{
	size_t i = 0;

	while (i < BENCH_LATENCY_RANKS && fabs(bench_latency_ranks[i] - p) > 1e-9)
		i++;
	return i;
}
