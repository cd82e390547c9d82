/* SPDX-License-Identifier: BSD-2-Clause */
/** contest_table.c: the table of a contest's cells (contest.h): medians over the rounds, and the ratio to one peer. */
#include "contest.h"

#include <math.h>
#include <string.h>

#include "table.h"

static const bench_column_t columns[] = {
	{ "row", "row", NULL },
	{ "procs", "procs", "%.0f" }, /* or threads */
	{ "inside_ns", "in ns", "%.0f" },
	{ "outside_ns", "out ns", "%.0f" },
	{ "rounds", "n", "%.0f" },
	{ "ns_per_op", "ns/op", "%.1f" },
	{ "mops_per_s", "Mop/s", "%.3f" },
	{ "cpu_ns_per_op", "cpu ns/op", "%.1f" },
	{ "least_share", "least", "%.2f" },
	{ "most_share", "most", "%.2f" },
	{ "jain", "Jain", "%.2f" },
	{ "switches_per_1000", "switches", "%.2f" },
	{ "ratio_median", "x peer", "%.2f" },
	{ "ratio_mean", "mean", "%.2f" },
	{ "ratio_se", "+-log", "%.3f" },
	{ "foreign_most", "foreign", "%.2f" },
	{ "dropped", "dropped", "%.0f" },
	{ "note", "note", NULL },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static size_t kept(const bench_series_t *s, unsigned rounds)
{
	size_t n = 0;

	for (unsigned i = 0; i < rounds; i++)
		n += !isnan(s->figure[BENCH_RATE][i]);
	return n;
}

static const char *note_of(const bench_contest_t *t, size_t cell, size_t who)
{
	if (t->entrant[who].absent)
		return t->entrant[who].absent;
	if (t->cell[cell].workers <= bench_machine_cpus())
		return "";
	return t->config->threads ? "more threads than CPUs" : "more processes than CPUs";
}

static void add_row(const bench_contest_t *t, bench_table_t *table, size_t cell, size_t who, size_t peer)
{
	const bench_series_t *s = bench_contest_series(t, cell, who);
	const bench_window_t *w = &t->cell[cell];
	unsigned rounds = t->config->common.rounds;
	size_t n = kept(s, rounds);
	bench_ratio_t r = { 0, NAN, NAN, NAN };
	double rate = bench_stats_median(s->figure[BENCH_RATE], rounds);

	if (peer < t->entrants)
		r = bench_stats_pair(s->figure[BENCH_RATE], bench_contest_series(t, cell, peer)->figure[BENCH_RATE], rounds);
	bench_table_add(table, (bench_cell_t[COLUMNS]){
				       { .text = t->entrant[who].name },
				       { .number = t->cell[cell].counted },
				       { .number = w->inside_ns },
				       { .number = w->outside_ns },
				       { .number = (double)n },
				       { .number = 1e9 / rate },
				       { .number = rate / 1e6 },
				       { .number = bench_stats_median(s->figure[BENCH_CPU], rounds) },
				       { .number = bench_stats_median(s->figure[BENCH_LEAST], rounds) },
				       { .number = bench_stats_median(s->figure[BENCH_MOST], rounds) },
				       { .number = bench_stats_median(s->figure[BENCH_JAIN], rounds) },
				       { .number = bench_stats_median(s->figure[BENCH_SWITCHES], rounds) },
				       { .number = r.median },
				       { .number = r.mean },
				       { .number = r.se },
				       { .number = n ? s->foreign : NAN },
				       { .number = s->dropped },
				       { .text = note_of(t, cell, who) },
			       });
}

void bench_contest_print(const bench_contest_t *t, const bench_facts_t *facts)
{
	bench_column_t named[COLUMNS];
	bench_table_t table;
	size_t peer = bench_contest_find(t, t->config->peer);

	memcpy(named, columns, sizeof(columns));
	if (t->config->threads)
		named[1].name = named[1].head = t->config->pairs ? "pairs" : "threads";
	bench_table_init(&table, t->config->bench, named, COLUMNS);
	for (size_t cell = 0; cell < t->cells; cell++)
		for (size_t who = 0; who < t->entrants; who++)
			/* what is missing in this build is said once */
			if (bench_contest_takes_part(t, cell, who) && (cell == 0 || !t->entrant[who].row.absent))
				add_row(t, &table, cell, who, peer);
	bench_table_print(&table, facts, t->config->common.format, stdout);
	bench_table_free(&table);
}
