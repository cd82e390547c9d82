/* SPDX-License-Identifier: BSD-2-Clause */
/** alone.c: what one thread pays for a lock that nobody else wants: a pair, a try, a refused try, a nested pair, a timed lock
 * (act.h); in nanoseconds, as a multiple of the floor (what no lock can go below: rows/floor.c) and as a part of what the
 * peer's takes. As everywhere, ratios are taken inside a round, since the CPU itself is twice as fast in one second as in the
 * next.
 */
#include "solo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "stats.h"
#include "table.h"

#define BATCHES 30 /* a point has one figure for each */
#define FLOOR   "floor"
#define PEER2   "pthread_recursive" /* where the peer lacks an act */

static double least(const double *ns, unsigned rounds)
{
	double min = NAN;

	for (unsigned i = 0; i < rounds; i++)
		min = fmin(min, ns[i]); /* the one that is a number */
	return min;
}

/* In batches of as many rounds: a point of thousands of figures would help nobody. */
static void add_point(const bench_solo_t *a, const bench_solo_entry_t *e, bench_results_t *results)
{
	unsigned rounds = a->config->rounds, batches = rounds < BATCHES ? rounds : BATCHES;
	bench_point_t like = { .scenario = a->scenario->name,
		.act = e->act->name,
		.workers = 1,
		.inside_ns = NAN,
		.outside_ns = NAN,
		.resident_mib = NAN,
		.names = NAN,
		.rounds = batches,
		.note = e->failure ? e->failure : "" };
	bench_point_t *p;

	snprintf(like.row, sizeof(like.row), "%s", e->row->name);
	p = bench_results_add(results, &like, 1u << BENCH_NS | 1u << BENCH_MIN_NS);
	for (unsigned i = 0; i < batches; i++) {
		unsigned from = i * rounds / batches, to = (i + 1) * rounds / batches;

		p->sample[BENCH_NS][i] = bench_stats_median(e->ns + from, to - from);
		p->sample[BENCH_MIN_NS][i] = least(e->ns + from, to - from);
	}
}

static const bench_column_t columns[] = {
	{ "act", "act", NULL },
	{ "row", "row", NULL },
	{ "min_ns", "min ns", "%.2f" },
	{ "median_ns", "median", "%.2f" },
	{ "floor_ratio", "x floor", "%.2f" },
	{ "floor_ratio_mean", "mean", "%.2f" },
	{ "floor_ratio_se", "+-log", "%.3f" },
	{ "peer_ratio", "peer/row", "%.2f" },
	{ "peer_ratio_mean", "mean", "%.2f" },
	{ "peer_ratio_se", "+-log", "%.3f" },
	{ "note", "note", NULL },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* The same act of the row of that name. */
static const bench_solo_entry_t *other(const bench_solo_t *a, const bench_solo_entry_t *e, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->entry[i].row->name, name) == 0 && strcmp(a->entry[i].act->name, e->act->name) == 0)
			return &a->entry[i];
	return NULL;
}

static bench_ratio_t ratio(const bench_solo_entry_t *a, const bench_solo_entry_t *b, unsigned rounds)
{
	return a && b ? bench_stats_pair(a->ns, b->ns, rounds) : (bench_ratio_t){ 0, NAN, NAN, NAN };
}

static void print_entry(const bench_solo_t *a, bench_table_t *table, const bench_solo_entry_t *e)
{
	unsigned rounds = a->config->rounds;
	const bench_solo_entry_t *peer = other(a, e, a->config->peer);
	bench_ratio_t above = ratio(e, other(a, e, FLOOR), rounds);
	bench_ratio_t below = ratio(peer ? peer : other(a, e, PEER2), e, rounds);

	bench_table_add(table, (bench_cell_t[COLUMNS]){
				       { .text = e->act->name },
				       { .text = e->row->name },
				       { .number = least(e->ns, rounds) },
				       { .number = bench_stats_median(e->ns, rounds) },
				       { .number = above.median },
				       { .number = above.mean },
				       { .number = above.se },
				       { .number = below.median },
				       { .number = below.mean },
				       { .number = below.se },
				       { .text = e->failure ? e->failure : "" },
			       });
}

static void print_all(const bench_solo_t *a)
{
	bench_table_t table;

	bench_table_init(&table, columns, COLUMNS);
	for (size_t i = 0; i < a->n; i++)
		print_entry(a, &table, &a->entry[i]);
	bench_table_print(&table, false, stdout);
	bench_table_free(&table);
}

static bool run(const bench_scenario_t *scenario, const bench_config_t *config, bench_results_t *results)
{
	static bench_solo_t a; /* large for a stack */

	bench_solo(&a, scenario, config);
	bench_results_ran(results, scenario->name, config->peer, config->rounds);
	for (size_t i = 0; i < a.n; i++)
		add_point(&a, &a.entry[i], results);
	if (config->format == BENCH_TABLE)
		print_all(&a);
	bench_solo_free(&a);
	return !a.failed;
}

const bench_scenario_t bench_scenario_alone = {
	.name = "alone",
	.what = "what one thread pays for a lock that nobody else wants",
	.rows = bench_rows_threads,
	.takes = BENCH_TAKES_LOAD,
	.usual = { .rounds = 3000, .peer = "pthread_normal" },
	.quick = { .rounds = 100, .peer = "pthread_normal" },
	.run = run,
};
