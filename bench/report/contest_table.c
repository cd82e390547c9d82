/* SPDX-License-Identifier: BSD-2-Clause */
/** contest_table.c: the table of a contest's cells (contest.h): medians over the rounds, and the ratio to one peer. */
#include "contest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "table.h"

static const bench_column_t columns[] = {
	{ "row", "row", NULL },
	{ "workers", "", "%.0f" }, /* what they are called */
	{ "inside_ns", "in ns", "%.0f" },
	{ "outside_ns", "out ns", "%.0f" },
	{ "names", "names", "%.0f" },
	{ "rounds", "n", "%.0f" },
	{ "ns_per_op", "ns/op", "%.1f" },
	{ "mops_per_s", "Mop/s", "%.3f" },
	{ "cpu_ns", "cpu ns/op", "%.1f" },
	{ "p50_ns", "p50 ns", "%.0f" },
	{ "p99_ns", "p99", "%.0f" },
	{ "p999_ns", "p99.9", "%.0f" },
	{ "max_ns", "max", "%.0f" },
	{ "least", "least", "%.2f" },
	{ "jain", "Jain", "%.2f" },
	{ "switches", "switches", "%.2f" },
	{ "ratio_median", "x peer", "%.2f" },
	{ "ratio_mean", "mean", "%.2f" },
	{ "ratio_se", "+-log", "%.3f" },
	{ "foreign", "foreign", "%.2f" },
	{ "dropped", "dropped", "%.0f" },
	{ "note", "note", NULL },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static size_t kept(const bench_point_t *p)
{
	size_t n = 0;

	for (unsigned i = 0; i < p->rounds; i++)
		n += !isnan(p->sample[BENCH_RATE][i]);
	return n;
}

static void add_row(const bench_contest_t *t, bench_table_t *table, size_t cell, size_t who, size_t peer)
{
	const bench_point_t *p = bench_contest_point(t, cell, who);
	size_t n = kept(p);
	double rate = bench_point_median(p, BENCH_RATE);
	bench_ratio_t r = { 0, NAN, NAN, NAN };

	if (peer < t->entrants)
		r = bench_contest_ratio(t, cell, who, peer, BENCH_RATE);
	bench_table_add(table, (bench_cell_t[COLUMNS]){
				       { .text = p->row },
				       { .number = p->workers },
				       { .number = p->inside_ns },
				       { .number = p->outside_ns },
				       { .number = p->names },
				       { .number = (double)n },
				       { .number = 1e9 / rate },
				       { .number = rate / 1e6 },
				       { .number = bench_point_median(p, BENCH_CPU) },
				       { .number = bench_point_median(p, BENCH_P50) },
				       { .number = bench_point_median(p, BENCH_P99) },
				       { .number = bench_point_median(p, BENCH_P999) },
				       { .number = bench_point_median(p, BENCH_MAX) },
				       { .number = bench_point_median(p, BENCH_LEAST) },
				       { .number = bench_point_median(p, BENCH_JAIN) },
				       { .number = bench_point_median(p, BENCH_SWITCHES) },
				       { .number = r.median },
				       { .number = r.mean },
				       { .number = r.se },
				       { .number = n ? p->foreign : NAN },
				       { .number = p->dropped },
				       { .text = p->note },
			       });
}

void bench_contest_print(const bench_contest_t *t)
{
	bench_column_t named[COLUMNS];
	bench_table_t table;
	size_t peer = bench_contest_find(t, t->config->peer);

	memcpy(named, columns, sizeof(columns));
	named[1].head = t->kind->workers;
	if (t->config->names.n == 0)
		named[4].head = NULL;
	if (!t->kind->times)
		for (size_t i = 9; i < 13; i++)
			named[i].head = NULL;
	bench_table_init(&table, named, COLUMNS);
	for (size_t cell = 0; cell < t->cells; cell++)
		for (size_t who = 0; who < t->entrants; who++)
			if (bench_contest_point(t, cell, who))
				add_row(t, &table, cell, who, peer);
	bench_table_print(&table, false, stdout);
	bench_table_free(&table);
}
