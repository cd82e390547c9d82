/* SPDX-License-Identifier: BSD-2-Clause */
/** death.c: how long the next one waits when the holder of a lock is killed.
 *
 * From just before kill(SIGKILL) until the acquire of a process that was asleep for it has returned, in microseconds. The
 * holder is small, or has a lot of memory, which the kernel takes back as it dies; it lives beside the waiter, or in a PID
 * namespace of its own. A round lets every row die once in every case. Percentiles are by nearest rank: each figure was
 * measured; with fewer than a hundred rounds p99 is the maximum.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "one_death.h"
#include "load.h"
#include "progress.h"
#include "scenario.h"
#include "stats.h"
#include "table.h"
#include "worker.h"

#define CASES_MOST (2 * BENCH_LIST_MOST)

typedef struct contest {
	const bench_scenario_t *scenario;
	const bench_config_t *config;
	const bench_row_t *row[BENCH_ROWS_MOST];
	void *lock[BENCH_ROWS_MOST];
	const char *failure[BENCH_ROWS_MOST]; /* why a row takes no (further) part; NULL */
	size_t rows;
	bench_death_case_t cases[CASES_MOST];
	size_t n_cases;
	bench_point_t **point; /* [case][row] */
	bool failed;
} contest_t;

static bench_point_t *point_of(const contest_t *t, size_t at_case, size_t row)
{
	return t->point[at_case * t->rows + row];
}

static void open_rows(contest_t *t)
{
	t->rows = bench_scenario_rows(t->scenario, t->config, t->row);
	for (size_t i = 0; i < t->rows; i++) {
		t->lock[i] = bench_shared(BENCH_LOCK_SIZE);
		t->failure[i] = bench_row_open(t->row[i], t->lock[i]);
	}
}

static void add_cases(contest_t *t, bool namespaces)
{
	const bench_list_t *sizes = &t->config->resident_mib;

	for (int own = 0; own <= namespaces; own++)
		for (size_t i = 0; i < sizes->n; i++)
			t->cases[t->n_cases++] =
				(bench_death_case_t){ .resident = (size_t)(sizes->at[i] * 1048576), .own_namespace = own };
}

static void add_points(contest_t *t, bench_results_t *results)
{
	size_t n = t->n_cases * t->rows;

	t->point = calloc(n ? n : 1, sizeof(*t->point));
	if (!t->point) {
		perror("pawl-bench: points");
		exit(EXIT_FAILURE);
	}
	for (size_t i = 0; i < n; i++) {
		const bench_death_case_t *how = &t->cases[i / t->rows];
		bench_point_t like = { .scenario = t->scenario->name,
			.act = how->own_namespace ? "kill_in_namespace" : "kill",
			.workers = 2,
			.inside_ns = NAN,
			.outside_ns = NAN,
			.resident_mib = (double)(how->resident >> 20),
			.names = NAN,
			.rounds = t->config->rounds,
			.note = t->failure[i % t->rows] ? t->failure[i % t->rows] : "" };

		snprintf(like.row, sizeof(like.row), "%s", t->row[i % t->rows]->name);
		t->point[i] = bench_results_add(results, &like, 1u << BENCH_RECOVERY);
	}
}

/* Its lock may be in any state: no more of it. */
static void give_up(contest_t *t, size_t at_case, size_t row)
{
	t->failed = true;
	fprintf(stderr, "pawl-bench: death: %s, %zu MiB, %s namespace: %s\n", t->row[row]->name,
		t->cases[at_case].resident >> 20, t->cases[at_case].own_namespace ? "other" : "same", t->failure[row]);
	for (size_t c = 0; c < t->n_cases; c++)
		point_of(t, c, row)->note = t->failure[row];
}

static void measure(contest_t *t, size_t at_case, size_t row, unsigned round)
{
	double us;

	if (t->failure[row])
		return;
	if (t->config->most_foreign <= BENCH_LOAD_DROP)
		bench_load_wait();
	t->failure[row] = bench_death(t->row[row], t->lock[row], &t->cases[at_case], &us);
	if (t->failure[row])
		give_up(t, at_case, row);
	else
		point_of(t, at_case, row)->sample[BENCH_RECOVERY][round] = us;
}

static void measure_all(contest_t *t)
{
	size_t done = 0, all = t->config->rounds * t->n_cases * t->rows;

	for (unsigned round = 0; round < t->config->rounds; round++)
		for (size_t c = 0; c < t->n_cases; c++)
			for (size_t row = 0; row < t->rows; row++) {
				bench_progress(done++, all, t->scenario->name, t->row[row]->name);
				measure(t, c, row, round);
			}
	bench_progress(all, all, "", "");
}

static const bench_column_t columns[] = {
	{ "row", "row", NULL },
	{ "resident_mib", "MiB", "%.0f" },
	{ "namespace", "pid ns", NULL },
	{ "n", "n", "%.0f" },
	{ "min_us", "min us", "%.0f" },
	{ "p10_us", "p10", "%.0f" },
	{ "p50_us", "p50", "%.0f" },
	{ "p90_us", "p90", "%.0f" },
	{ "p99_us", "p99", "%.0f" },
	{ "max_us", "max", "%.0f" },
	{ "ratio_median", "x peer", "%.2f" },
	{ "ratio_se", "+-log", "%.3f" },
	{ "note", "note", NULL },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void print_row(const contest_t *t, bench_table_t *table, size_t c, size_t row, bench_ratio_t ratio)
{
	const bench_point_t *p = point_of(t, c, row);
	double *us = malloc((p->rounds ? p->rounds : 1) * sizeof(*us));
	size_t n;

	if (!us)
		return;
	memcpy(us, p->sample[BENCH_RECOVERY], p->rounds * sizeof(*us));
	n = bench_stats_sort(us, p->rounds);
	bench_table_add(table, (bench_cell_t[COLUMNS]){
				       { .text = p->row },
				       { .number = p->resident_mib },
				       { .text = t->cases[c].own_namespace ? "other" : "same" },
				       { .number = (double)n },
				       { .number = n ? us[0] : NAN },
				       { .number = bench_stats_rank(us, n, 0.10) },
				       { .number = bench_stats_rank(us, n, 0.50) },
				       { .number = bench_stats_rank(us, n, 0.90) },
				       { .number = bench_stats_rank(us, n, 0.99) },
				       { .number = n ? us[n - 1] : NAN },
				       { .number = ratio.median },
				       { .number = ratio.se },
				       { .text = p->note },
			       });
	free(us);
}

static void print_all(const contest_t *t)
{
	size_t peer = 0;
	bench_table_t table;

	while (peer < t->rows && strcmp(t->row[peer]->name, t->config->peer) != 0)
		peer++;
	bench_table_init(&table, columns, COLUMNS);
	for (size_t c = 0; c < t->n_cases; c++)
		for (size_t row = 0; row < t->rows; row++)
			print_row(t, &table, c, row,
				peer == t->rows ? (bench_ratio_t){ 0, NAN, NAN, NAN }
						: bench_stats_pair(point_of(t, c, row)->sample[BENCH_RECOVERY],
							  point_of(t, c, peer)->sample[BENCH_RECOVERY], t->config->rounds));
	bench_table_print(&table, false, stdout);
	bench_table_free(&table);
}

static bool run(const bench_scenario_t *scenario, const bench_config_t *config, bench_results_t *results)
{
	static contest_t t; /* large for a stack */
	int no_namespaces = bench_death_namespaces();
	bench_ran_t *ran = bench_results_ran(results, scenario->name, config->peer, config->rounds);

	if (no_namespaces)
		bench_facts_add(&ran->facts, "left_out", "another PID namespace (%s)", strerror(no_namespaces));
	t = (contest_t){ .scenario = scenario, .config = config };
	open_rows(&t);
	add_cases(&t, !no_namespaces);
	add_points(&t, results);
	measure_all(&t);
	if (config->format == BENCH_TABLE)
		print_all(&t);
	for (size_t i = 0; i < t.rows; i++)
		if (!t.failure[i])
			t.row[i]->shut(t.lock[i]);
	free(t.point);
	return !t.failed;
}

const bench_scenario_t bench_scenario_death = {
	.name = "death",
	.what = "how long the next one waits when the holder of a lock is killed",
	.rows = bench_rows_processes,
	.traits = BENCH_SURVIVES,
	.takes = BENCH_TAKES_RESIDENT | BENCH_TAKES_FOREIGN,
	.usual = { .rounds = 50, .resident_mib = BENCH_LIST(0, 256), .peer = "glibc_robust" },
	.quick = { .rounds = 2, .resident_mib = BENCH_LIST(0, 32), .peer = "glibc_robust" },
	.run = run,
};
