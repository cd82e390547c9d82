/* SPDX-License-Identifier: BSD-2-Clause */
/** results.h: what was measured, whatever the scenario: points, and in each a figure of each kind per round. What is printed
 * and what is written, is made of these. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include <stddef.h>

#include "latency.h"
#include "machine.h"

/** Kinds of figures; bench_figure_names has what they are called in documents. */
typedef enum bench_figure {
	BENCH_RATE,
	BENCH_CPU,
	BENCH_LEAST,
	BENCH_MOST,
	BENCH_JAIN,
	BENCH_SWITCHES,
	BENCH_P50,
	BENCH_P99,
	BENCH_P999,
	BENCH_MAX,
	BENCH_NS,
	BENCH_MIN_NS,
	BENCH_RECOVERY,
	BENCH_FIGURES
} bench_figure_t;

extern const char *const bench_figure_names[BENCH_FIGURES];

/** One row in one cell of one scenario. Entry i of two points of a scenario was measured in the same round. */
typedef struct bench_point {
	const char *scenario, *act;
	char row[48];
	unsigned workers;
	double inside_ns, outside_ns, resident_mib, names; /* NAN: means nothing here */
	unsigned rounds;
	double *sample[BENCH_FIGURES]; /* NULL: not a figure of this scenario. NAN: not measured, or thrown away */
	double *latency[BENCH_LATENCY_RANKS]; /* per round, the rank bench_latency_ranks[i]; all NULL: none is measured */
	size_t timed;                         /* acquisitions, over all rounds */
	double foreign;                       /* of one CPU, by others: the most of the rounds kept */
	unsigned dropped;
	const char *note; /* why it was not measured, or what to bear in mind; "" */
} bench_point_t;

/** How a scenario was run. */
typedef struct bench_ran {
	const char *scenario, *peer;
	unsigned rounds;
	bench_facts_t facts;
} bench_ran_t;

#define BENCH_RAN_MOST 16

typedef struct bench_results {
	bench_facts_t machine;
	char started[32]; /* when, as ISO 8601 has it */
	bench_ran_t ran[BENCH_RAN_MOST];
	size_t n_ran;
	bench_point_t **point;
	size_t n, room;
} bench_results_t;

/** Note the machine and the time. */
void bench_results_init(bench_results_t *results);
void bench_results_free(bench_results_t *results);

/** Note that a scenario is run; the facts about that are to be added. */
bench_ran_t *bench_results_ran(bench_results_t *results, const char *scenario, const char *peer, unsigned rounds);

/** Add a point like `like`, with room for so many rounds of each of the figures (a sum of 1 << BENCH_...). */
bench_point_t *bench_results_add(bench_results_t *results, const bench_point_t *like, unsigned figures);

/** Room for percentiles, too. */
void bench_point_time(bench_point_t *point);

/** The median of a figure over the rounds; NAN if there is none. */
double bench_point_median(const bench_point_t *point, bench_figure_t figure);

/** The median over the rounds of a rank of the latency. */
double bench_point_latency(const bench_point_t *point, size_t rank);

#endif
