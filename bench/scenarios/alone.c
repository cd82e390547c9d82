/* SPDX-License-Identifier: BSD-2-Clause */
/** alone.c: what one thread pays for a lock that nobody else wants: a pair, a try, a refused try, a nested pair, a timed lock
 * (act.h); in nanoseconds, as a multiple of the floor (what no lock can go below: rows/floor.c) and as a part of what the
 * peer's takes.
 *
 * Each in many runs of some 50 us, so that most of them meet neither an interrupt nor a neighbour: the least of a thousand
 * is what the operation costs, the median what it costs here. As everywhere, ratios are taken inside a round, since the CPU
 * itself is twice as fast in one second as in the next.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "now.h"
#include "progress.h"
#include "scenario.h"
#include "stats.h"
#include "table.h"
#include "worker.h"

#define RUN_NS       50000
#define HELD_NS      10000000000
#define ENTRIES_MOST 512
#define BATCHES      30 /* a point has one figure for each */
#define FLOOR        "floor"
#define PEER2        "pthread_recursive" /* where the peer lacks an act */
#define SELDOM       10 /* an act of another program, which has to be started: once in so many rounds */

static const char *const acts[] = { "pair", "try", "refused", "nested", "timed", "timed+clock", NULL };

typedef struct entry {
	const bench_row_t *row;
	const bench_act_t *act;
	void *lock;
	uint64_t times; /* in one run */
	double *ns;     /* per round */
	const char *failure;
} entry_t;

typedef struct alone {
	const bench_scenario_t *scenario;
	const bench_config_t *config;
	entry_t entry[ENTRIES_MOST];
	size_t n;
	uint32_t held; /* 1: the other thread has what it should hold */
	bool failed;
} alone_t;

/* ---- getting ready ---- */

static int enter_and_take(const entry_t *e)
{
	int rc = e->row->enter(e->lock);

	return rc ? rc : e->row->take(e->lock);
}

/* Never ends: a robust lock would be taken from it. */
static void *take_and_keep(void *arg)
{
	alone_t *a = arg;

	for (size_t i = 0; i < a->n; i++) {
		entry_t *e = &a->entry[i];
		int rc = e->failure || e->act->holder != BENCH_THEIRS ? 0 : enter_and_take(e);

		if (rc)
			e->failure = strerror(rc);
	}
	bench_signal(&a->held);
	for (;;)
		pause();
	return NULL;
}

static void hold_theirs(alone_t *a)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, take_and_keep, a) != 0) {
		perror("pawl-bench: thread");
		exit(EXIT_FAILURE);
	}
	pthread_detach(thread);
	if (!bench_await(&a->held, 1, HELD_NS)) {
		fprintf(stderr, "pawl-bench: alone: a lock that should be free was not\n");
		exit(EXIT_FAILURE);
	}
}

static void add_entry(alone_t *a, const bench_row_t *row, const bench_act_t *act)
{
	entry_t *e = &a->entry[a->n];
	unsigned rounds = a->config->rounds;
	int rc;

	if (a->n == ENTRIES_MOST) {
		fprintf(stderr, "pawl-bench: alone: more than %d operations; choose some rows with --only\n", ENTRIES_MOST);
		exit(EX_USAGE);
	}
	a->n++;
	*e = (entry_t){ .row = row, .act = act, .lock = bench_shared(BENCH_LOCK_SIZE), .ns = malloc(rounds * sizeof(double)) };
	if (!e->ns) {
		perror("pawl-bench: figures");
		exit(EXIT_FAILURE);
	}
	for (unsigned i = 0; i < rounds; i++)
		e->ns[i] = NAN;
	e->failure = bench_row_open(row, e->lock);
	rc = e->failure || row->elsewhere ? 0 : row->enter(e->lock);
	if (!e->failure && !rc && act->holder == BENCH_OURS)
		rc = row->take(e->lock);
	if (rc)
		e->failure = strerror(rc);
	a->failed |= e->failure && (row->traits & BENCH_LOADED); /* it was asked for */
}

static const bench_act_t *act_of(const bench_row_t *row, const char *name)
{
	for (const bench_act_t *act = row->acts; act && act->name; act++)
		if (strcmp(act->name, name) == 0)
			return act;
	return NULL;
}

static void add_entries(alone_t *a)
{
	static const bench_act_t missing = { .name = "" };
	const bench_row_t *rows[BENCH_ROWS_MOST];
	size_t n = bench_scenario_rows(a->scenario, a->config, rows);

	for (size_t i = 0; i < n; i++)
		if (rows[i]->absent)
			add_entry(a, rows[i], &missing);
	for (const char *const *name = acts; *name; name++)
		for (size_t i = 0; i < n; i++)
			if (!rows[i]->absent && act_of(rows[i], *name))
				add_entry(a, rows[i], act_of(rows[i], *name));
}

/* ---- measuring ---- */

static void fail(alone_t *a, entry_t *e, const char *why)
{
	e->failure = why;
	a->failed = true;
	fprintf(stderr, "pawl-bench: alone: %s, %s: %s\n", e->row->name, e->act->name, why);
}

/* Nanoseconds for `times` of it. */
static double run(alone_t *a, entry_t *e, uint64_t times)
{
	int64_t start = bench_now_ns(), ended;
	int rc = e->act->run(e->lock, times);

	ended = bench_now_ns();
	if (rc)
		fail(a, e, rc == EPROTO ? "it did not do what it should" : strerror(rc));
	return (double)(ended - start);
}

/* Also the first touch of everything there is to touch. */
static void choose_times(alone_t *a, entry_t *e)
{
	double best = INFINITY;

	for (int i = 0; i < 5 && !e->failure && e->act->run; i++)
		best = fmin(best, run(a, e, 1000));
	e->times = best > 0 && isfinite(best) ? (uint64_t)(RUN_NS / best * 1000) + 1 : 1;
}

static void measure(alone_t *a, entry_t *e, unsigned round)
{
	double ns;

	if (e->failure || (e->act->elsewhere && round % SELDOM))
		return;
	ns = e->act->run ? run(a, e, e->times) / (double)e->times : e->act->elsewhere(e->act);
	if (isnan(ns) && !e->failure)
		fail(a, e, "the other program failed");
	if (!e->failure)
		e->ns[round] = ns;
}

/* ---- what came of it ---- */

static double least(const double *ns, unsigned rounds)
{
	double min = NAN;

	for (unsigned i = 0; i < rounds; i++)
		min = fmin(min, ns[i]); /* the one that is a number */
	return min;
}

/* In batches of as many rounds: a point of thousands of figures would help nobody. */
static void add_point(const alone_t *a, const entry_t *e, bench_results_t *results)
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
static const entry_t *other(const alone_t *a, const entry_t *e, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->entry[i].row->name, name) == 0 && strcmp(a->entry[i].act->name, e->act->name) == 0)
			return &a->entry[i];
	return NULL;
}

static bench_ratio_t ratio(const entry_t *a, const entry_t *b, unsigned rounds)
{
	return a && b ? bench_stats_pair(a->ns, b->ns, rounds) : (bench_ratio_t){ 0, NAN, NAN, NAN };
}

static void print_entry(const alone_t *a, bench_table_t *table, const entry_t *e)
{
	unsigned rounds = a->config->rounds;
	const entry_t *peer = other(a, e, a->config->peer);
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

static void print_all(const alone_t *a)
{
	bench_table_t table;

	bench_table_init(&table, columns, COLUMNS);
	for (size_t i = 0; i < a->n; i++)
		print_entry(a, &table, &a->entry[i]);
	bench_table_print(&table, false, stdout);
	bench_table_free(&table);
}

static void measure_all(alone_t *a)
{
	size_t done = 0, all = a->config->rounds * a->n;

	for (size_t i = 0; i < a->n; i++)
		choose_times(a, &a->entry[i]);
	for (unsigned round = 0; round < a->config->rounds; round++) {
		bench_progress(done, all, a->scenario->name, "");
		for (size_t i = 0; i < a->n; i++, done++)
			measure(a, &a->entry[i], round);
	}
	bench_progress(all, all, "", "");
}

static bool run_alone(const bench_scenario_t *scenario, const bench_config_t *config, bench_results_t *results)
{
	static alone_t a; /* large for a stack */

	a = (alone_t){ .scenario = scenario, .config = config };
	add_entries(&a);
	hold_theirs(&a);
	measure_all(&a);
	bench_results_ran(results, scenario->name, config->peer, config->rounds);
	for (size_t i = 0; i < a.n; i++)
		add_point(&a, &a.entry[i], results);
	if (config->format == BENCH_TABLE)
		print_all(&a);
	for (size_t i = 0; i < a.n; i++)
		free(a.entry[i].ns);
	return !a.failed;
}

const bench_scenario_t bench_scenario_alone = {
	.name = "alone",
	.what = "what one thread pays for a lock that nobody else wants",
	.rows = bench_rows_threads,
	.takes = BENCH_TAKES_LOAD,
	.usual = { .rounds = 3000, .peer = "pthread_normal" },
	.quick = { .rounds = 100, .peer = "pthread_normal" },
	.run = run_alone,
};
