/* SPDX-License-Identifier: BSD-2-Clause */
/** bench_death.c: how long the next one waits when the holder of a lock is killed.
 *
 * From just before kill(SIGKILL) until the acquire of a process that was asleep for it has returned, in microseconds. The
 * holder is small, or has a lot of memory, which the kernel takes back as it dies; it lives beside the waiter, or in a PID
 * namespace of its own. A round lets every row die once in every case. Percentiles are by nearest rank: each figure was
 * measured; with fewer than a hundred rounds p99 is the maximum.
 *
 * Exit status: 0; 1 if a waiter was forgotten, too early, or not told; 64 for wrong usage.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "death.h"
#include "load.h"
#include "machine.h"
#include "options.h"
#include "progress.h"
#include "stats.h"
#include "table.h"
#include "worker.h"

#define SIZES_MOST 8
#define CASES_MOST (2 * SIZES_MOST)
#define PEER       "glibc_robust"

typedef struct config {
	bench_options_t common;
	double resident_mib[SIZES_MOST];
	size_t sizes;
} config_t;

typedef struct contest {
	const bench_row_t *row[BENCH_ROWS_MOST];
	void *lock[BENCH_ROWS_MOST];
	const char *failure[BENCH_ROWS_MOST]; /* why a row takes no (further) part; NULL */
	size_t rows;
	bench_death_case_t cases[CASES_MOST];
	size_t n_cases;
	double *us; /* [case][row][round] */
	unsigned rounds;
	bool failed;
} contest_t;

static const struct argp_option options[] = {
	{ "resident", 'm', "MIB,..", 0, "Memory that the holder has touched (default 0,256)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	config_t *c = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &c->common;
		return 0;
	case 'm':
		c->sizes = bench_options_list(state, arg, 0, c->resident_mib, SIZES_MOST);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static double *samples_of(const contest_t *t, size_t at_case, size_t row)
{
	return t->us + (at_case * t->rows + row) * t->rounds;
}

static void open_rows(contest_t *t, const bench_options_t *options_given)
{
	t->rows = bench_options_rows(options_given, t->row);
	for (size_t i = 0; i < t->rows; i++) {
		int rc;

		t->lock[i] = bench_shared(BENCH_LOCK_SIZE);
		rc = t->row[i]->open(t->lock[i]);
		t->failure[i] = rc ? strerror(rc) : NULL;
	}
}

static void add_cases(contest_t *t, const config_t *c, bool namespaces)
{
	for (int own = 0; own <= namespaces; own++)
		for (size_t i = 0; i < c->sizes; i++)
			t->cases[t->n_cases++] = (bench_death_case_t){ .resident = (size_t)(c->resident_mib[i] * 1048576),
				.own_namespace = own };
}

static void make_samples(contest_t *t)
{
	size_t n = t->n_cases * t->rows * t->rounds;

	t->us = malloc((n ? n : 1) * sizeof(*t->us));
	if (!t->us) {
		perror("bench_death");
		exit(EXIT_FAILURE);
	}
	for (size_t i = 0; i < n; i++)
		t->us[i] = NAN;
}

static void measure(contest_t *t, size_t at_case, size_t row, unsigned round)
{
	const bench_death_case_t *how = &t->cases[at_case];
	double us;

	if (t->failure[row])
		return;
	bench_load_wait();
	t->failure[row] = bench_death(t->row[row], t->lock[row], how, &us);
	if (!t->failure[row]) {
		samples_of(t, at_case, row)[round] = us;
		return;
	}
	t->failed = true; /* and its lock may be in any state: no more of it */
	fprintf(stderr, "bench_death: %s, %zu MiB, %s namespace: %s\n", t->row[row]->name, how->resident >> 20,
		how->own_namespace ? "other" : "same", t->failure[row]);
}

static void measure_all(contest_t *t)
{
	size_t done = 0, all = t->rounds * t->n_cases * t->rows;

	for (unsigned round = 0; round < t->rounds; round++)
		for (size_t c = 0; c < t->n_cases; c++)
			for (size_t row = 0; row < t->rows; row++) {
				bench_progress(done++, all, t->row[row]->name);
				measure(t, c, row, round);
			}
	bench_progress(all, all, "");
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

/* Sorts the row's samples: to be called once the ratios are taken. */
static void print_row(const contest_t *t, bench_table_t *table, size_t c, size_t row, bench_ratio_t ratio)
{
	double *us = samples_of(t, c, row);
	size_t n = bench_stats_sort(us, t->rounds);

	bench_table_add(table, (bench_cell_t[COLUMNS]){
				       { .text = t->row[row]->name },
				       { .number = (double)(t->cases[c].resident >> 20) },
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
				       { .text = t->failure[row] ? t->failure[row] : "" },
			       });
}

static void print_case(const contest_t *t, bench_table_t *table, size_t c)
{
	bench_ratio_t ratio[BENCH_ROWS_MOST];
	size_t peer = 0;

	while (peer < t->rows && strcmp(t->row[peer]->name, PEER) != 0)
		peer++;
	for (size_t row = 0; row < t->rows; row++)
		ratio[row] = peer == t->rows ? (bench_ratio_t){ 0, NAN, NAN, NAN }
					     : bench_stats_pair(samples_of(t, c, row), samples_of(t, c, peer), t->rounds);
	for (size_t row = 0; row < t->rows; row++)
		print_row(t, table, c, row, ratio[row]);
}

static void print_all(const contest_t *t, const bench_facts_t *facts, bench_format_t format)
{
	bench_table_t table;

	bench_table_init(&table, "death", columns, COLUMNS);
	for (size_t c = 0; c < t->n_cases; c++)
		print_case(t, &table, c);
	bench_table_print(&table, facts, format, stdout);
	bench_table_free(&table);
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &bench_options_argp, 0, NULL, 0 }, { NULL, 0, NULL, 0 } };
	static const struct argp argp = { .options = options,
		.parser = parse,
		.children = children,
		.doc = "Kill the holder of a lock: how long until the next one has it?" };
	config_t config = { .common = { .rows = bench_rows_processes, .traits = BENCH_SURVIVES },
		.resident_mib = { 0, 256 },
		.sizes = 2 };
	static contest_t contest;
	bench_facts_t facts = { .n = 0 };
	int no_namespaces;

	argp_parse(&argp, argc, argv, 0, NULL, &config);
	contest.rounds = config.common.rounds ? config.common.rounds : config.common.quick ? 5 : 50;
	bench_facts_machine(&facts);
	no_namespaces = bench_death_namespaces();
	if (no_namespaces)
		bench_facts_add(&facts, "left out", "another PID namespace (%s)", strerror(no_namespaces));
	open_rows(&contest, &config.common);
	add_cases(&contest, &config, !no_namespaces);
	make_samples(&contest);
	measure_all(&contest);
	print_all(&contest, &facts, config.common.format);
	for (size_t i = 0; i < contest.rows; i++)
		if (!contest.failure[i])
			contest.row[i]->shut(contest.lock[i]);
	free(contest.us);
	return contest.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
