/* SPDX-License-Identifier: BSD-2-Clause */
/** results.c: keeping points (results.h). They stay where they are: a scenario holds on to its own while others are added. */
#include "results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "stats.h"

const char *const bench_figure_names[BENCH_FIGURES] = {
	[BENCH_RATE] = "ops_per_s",
	[BENCH_CPU] = "cpu_ns",
	[BENCH_LEAST] = "least",
	[BENCH_MOST] = "most",
	[BENCH_JAIN] = "jain",
	[BENCH_SWITCHES] = "switches",
	[BENCH_P50] = "p50_ns",
	[BENCH_P99] = "p99_ns",
	[BENCH_P999] = "p999_ns",
	[BENCH_MAX] = "max_ns",
	[BENCH_NS] = "ns",
	[BENCH_MIN_NS] = "min_ns",
	[BENCH_RECOVERY] = "recovery_us",
};

static void *must(void *memory)
{
	if (!memory) {
		perror("pawl-bench: figures");
		exit(EXIT_FAILURE);
	}
	return memory;
}

void bench_results_init(bench_results_t *r)
{
	time_t now = time(NULL);
	struct tm tm;

	*r = (bench_results_t){ .n = 0 };
	bench_facts_machine(&r->machine);
	strftime(r->started, sizeof(r->started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
}

bench_ran_t *bench_results_ran(bench_results_t *r, const char *scenario, const char *peer, unsigned rounds)
{
	bench_ran_t *ran = &r->ran[r->n_ran++];

	*ran = (bench_ran_t){ .scenario = scenario, .peer = peer, .rounds = rounds };
	return ran;
}

static double *not_measured(unsigned rounds)
{
	double *f = must(malloc((rounds ? rounds : 1) * sizeof(*f)));

	for (unsigned i = 0; i < rounds; i++)
		f[i] = NAN;
	return f;
}

bench_point_t *bench_results_add(bench_results_t *r, const bench_point_t *like, unsigned figures)
{
	bench_point_t *p = must(malloc(sizeof(*p)));

	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		r->point = must(realloc(r->point, r->room * sizeof(*r->point)));
	}
	*p = *like;
	for (int f = 0; f < BENCH_FIGURES; f++)
		p->sample[f] = figures & 1u << f ? not_measured(p->rounds) : NULL;
	return r->point[r->n++] = p;
}

void bench_point_time(bench_point_t *p)
{
	for (int i = 0; i < BENCH_LATENCY_RANKS; i++)
		p->latency[i] = not_measured(p->rounds);
}

static void free_point(bench_point_t *p)
{
	for (int f = 0; f < BENCH_FIGURES; f++)
		free(p->sample[f]);
	for (int i = 0; i < BENCH_LATENCY_RANKS; i++)
		free(p->latency[i]);
	free(p);
}

void bench_results_free(bench_results_t *r)
{
	for (size_t i = 0; i < r->n; i++)
		free_point(r->point[i]);
	free(r->point);
}

double bench_point_median(const bench_point_t *p, bench_figure_t figure)
{
	return p->sample[figure] ? bench_stats_median(p->sample[figure], p->rounds) : NAN;
}

double bench_point_latency(const bench_point_t *p, size_t rank)
{
	return p->latency[rank] ? bench_stats_median(p->latency[rank], p->rounds) : NAN;
}
