/* SPDX-License-Identifier: BSD-2-Clause */
/** contest_summary.c: a contest in few figures (contest.h): pawl's rows against the others, by number of workers.
 *
 * A figure is the geometric mean over the cells with so many workers, each cell being the geometric mean over its rounds;
 * above 1 is in favour of pawl: more operations in the same time, less CPU time for one. How evenly the workers were
 * served is told of the cells with the most of them: shorter windows than 200 ms say little about that.
 */
#include "contest.h"

#include <math.h>
#include <string.h>

#include "table.h"

#define NAME         24
#define COLUMNS_MOST (2 + 3 * (BENCH_LIST_MOST + 1))

/* The columns depend on what numbers of workers were asked for; 0 stands for all of them. */
typedef struct summary {
	const bench_contest_t *contest;
	unsigned workers[BENCH_LIST_MOST + 1];
	size_t n;
	char name[COLUMNS_MOST][NAME], head[COLUMNS_MOST][NAME];
	bench_column_t column[COLUMNS_MOST];
	size_t width;
} summary_t;

static bool is_pawls(const bench_entrant_t *e)
{
	return strncmp(e->name, "pawl_", 5) == 0;
}

static bool anybody_is(const bench_contest_t *t, bool pawls)
{
	for (size_t i = 0; i < t->entrants; i++)
		if (is_pawls(&t->entrant[i]) == pawls && !t->entrant[i].absent)
			return true;
	return false;
}

/* `a` over `b` in one kind of figure, over the cells with so many workers. */
static bench_ratio_t over_cells(const bench_contest_t *t, size_t a, size_t b, bench_figure_t figure, unsigned workers)
{
	bench_ratio_t cells[BENCH_CELLS_MOST];
	size_t n = 0;

	for (size_t cell = 0; cell < t->cells; cell++)
		if (workers == 0 || t->cell[cell].counted == workers)
			cells[n++] = bench_contest_ratio(t, cell, a, b, figure);
	return bench_stats_cells(cells, n);
}

/* ---- throughput and CPU time ---- */

static void add_column(summary_t *s, const char *what, const char *head, unsigned workers, const char *form)
{
	char *name = s->name[s->width], *over = s->head[s->width];

	if (workers)
		snprintf(name, NAME, "%s_%u", what, workers);
	else
		snprintf(name, NAME, "%s_all", what);
	if (workers && *head != '+')
		snprintf(over, NAME, "%s %u", head, workers);
	else
		snprintf(over, NAME, "%s%s", head, *head != '+' ? " all" : "");
	s->column[s->width++] = (bench_column_t){ name, over, form };
}

static void make_columns(summary_t *s)
{
	const bench_list_t *workers = &s->contest->config->workers;

	for (size_t i = 0; i < workers->n; i++)
		s->workers[s->n++] = (unsigned)workers->at[i];
	s->n++; /* all: 0 */
	s->column[s->width++] = (bench_column_t){ "row", "row", NULL };
	s->column[s->width++] = (bench_column_t){ "peer", "peer", NULL };
	for (size_t i = 0; i < s->n; i++) {
		add_column(s, "ratio", "x", s->workers[i], "%.2f");
		add_column(s, "ratio_se", "+-log", s->workers[i], "%.3f");
	}
	for (size_t i = 0; i < s->n; i++)
		add_column(s, "cpu_ratio", "cpu", s->workers[i], "%.2f");
}

static void add_pair(const summary_t *s, bench_table_t *table, size_t row, size_t peer)
{
	const bench_contest_t *t = s->contest;
	bench_cell_t cell[COLUMNS_MOST] = { { .text = t->entrant[row].name }, { .text = t->entrant[peer].name } };
	size_t at = 2;

	for (size_t i = 0; i < s->n; i++) {
		bench_ratio_t r = over_cells(t, row, peer, BENCH_RATE, s->workers[i]);

		cell[at++].number = r.mean;
		cell[at++].number = r.se;
	}
	for (size_t i = 0; i < s->n; i++)
		cell[at++].number = over_cells(t, peer, row, BENCH_CPU, s->workers[i]).mean;
	bench_table_add(table, cell);
}

static void print_pairs(const bench_contest_t *t)
{
	summary_t s = { .contest = t };
	bench_table_t table;

	make_columns(&s);
	bench_table_init(&table, s.column, s.width);
	for (size_t row = 0; row < t->entrants; row++)
		for (size_t peer = 0; is_pawls(&t->entrant[row]) && peer < t->entrants; peer++)
			if (!is_pawls(&t->entrant[peer]) && over_cells(t, row, peer, BENCH_RATE, 0).pairs > 0)
				add_pair(&s, &table, row, peer);
	bench_table_print(&table, t->config->format == BENCH_CSV, stdout);
	bench_table_free(&table);
}

/* ---- fairness ---- */

static const bench_column_t fair_columns[] = {
	{ "row", "row", NULL },
	{ "least_over_mean", "least/mean", "%.2f" },
	{ "least_over_mean_worst", "worst cell", "%.2f" },
	{ "jain", "Jain", "%.2f" },
	{ "switches_per_1000", "switches", "%.2f" },
};
#define FAIR_COLUMNS (sizeof(fair_columns) / sizeof(fair_columns[0]))

/* The shortest window with so many workers. */
static double window_ms(const bench_contest_t *t, unsigned workers)
{
	double least = INFINITY;

	for (size_t cell = 0; cell < t->cells; cell++)
		if (t->cell[cell].counted == workers)
			least = fmin(least, (double)t->cell[cell].length_ns / 1e6);
	return least;
}

static unsigned most_workers(const bench_contest_t *t)
{
	unsigned most = 1;

	for (size_t cell = 0; cell < t->cells; cell++)
		most = t->cell[cell].counted > most ? t->cell[cell].counted : most;
	return most;
}

static void add_fairness(const bench_contest_t *t, bench_table_t *table, size_t who, unsigned workers)
{
	double least = 0, worst = INFINITY, jain = 0, switches = 0, n = 0;

	for (size_t cell = 0; cell < t->cells; cell++) {
		const bench_point_t *p = bench_contest_point(t, cell, who);
		double here = p ? workers * bench_point_median(p, BENCH_LEAST) : NAN;

		if (t->cell[cell].counted != workers || isnan(here))
			continue;
		n++;
		least += here;
		worst = fmin(worst, here);
		jain += bench_point_median(p, BENCH_JAIN);
		switches += bench_point_median(p, BENCH_SWITCHES);
	}
	if (n > 0)
		bench_table_add(table, (bench_cell_t[FAIR_COLUMNS]){
					       { .text = t->entrant[who].name },
					       { .number = least / n },
					       { .number = worst },
					       { .number = jain / n },
					       { .number = switches / n },
				       });
}

static void print_fairness(const bench_contest_t *t)
{
	unsigned workers = most_workers(t);
	bench_table_t table;

	bench_table_init(&table, fair_columns, FAIR_COLUMNS);
	for (size_t who = 0; who < t->entrants; who++)
		add_fairness(t, &table, who, workers);
	printf("\nHow evenly %u were served in windows of %g ms (1: all alike); context switches per 1000 "
	       "operations:\n\n",
		workers, window_ms(t, workers));
	bench_table_print(&table, false, stdout);
	bench_table_free(&table);
}

void bench_contest_summary(const bench_contest_t *t)
{
	if (t->config->format == BENCH_CSV) {
		print_pairs(t);
		return;
	}
	if (!anybody_is(t, true) || !anybody_is(t, false))
		return;
	printf("\nThroughput of pawl's rows as a multiple of each peer's, by number of %s, and the peers' CPU time "
	       "per\n"
	       "operation as a multiple of theirs: above 1 is in their favour.\n\n",
		t->kind->workers);
	print_pairs(t);
	if (most_workers(t) > 1)
		print_fairness(t);
}
