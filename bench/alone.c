/* SPDX-License-Identifier: BSD-2-Clause */
/** alone.c: the runs of alone.h. A run takes some 50 us, so that most of them meet neither an interrupt nor a neighbour:
 * the least of a thousand is what the operation costs, the median what it costs here. As everywhere, ratios are taken
 * inside a round, since the CPU itself is twice as fast in one second as in the next. */
#include "alone.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "now.h"
#include "progress.h"
#include "stats.h"
#include "worker.h"

#define RUN_NS       50000
#define ENTRIES_MOST 128

typedef struct entry {
	const bench_row_t *row;
	const bench_act_t *act;
	void *lock;
	uint64_t times; /* in one run */
	double *ns;     /* per round */
	const char *failure;
} entry_t;

typedef struct alone {
	const bench_alone_config_t *config;
	entry_t entry[ENTRIES_MOST];
	size_t n;
	bool failed;
} alone_t;

/* ---- getting ready ---- */

static void *take_and_keep(void *arg)
{
	alone_t *a = arg;

	for (size_t i = 0; i < a->n; i++) {
		entry_t *e = &a->entry[i];
		int rc = e->failure || e->act->holder != BENCH_THEIRS ? 0 : e->row->take(e->lock);

		if (rc)
			e->failure = strerror(rc);
	}
	return NULL;
}

/* The thread has ended by the time we try: no lock here looks whether its owner lives. */
static void hold_theirs(alone_t *a)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, take_and_keep, a) != 0) {
		perror("bench: thread");
		exit(EXIT_FAILURE);
	}
	pthread_join(thread, NULL);
}

static void add_entry(alone_t *a, const bench_row_t *row, const bench_act_t *act)
{
	entry_t *e = &a->entry[a->n];
	unsigned rounds = a->config->common.rounds;
	int rc = 0;

	if (a->n == ENTRIES_MOST)
		return;
	a->n++;
	*e = (entry_t){ .row = row, .act = act, .failure = row->absent, .ns = malloc(rounds * sizeof(double)) };
	if (!e->ns) {
		perror("bench: figures");
		exit(EXIT_FAILURE);
	}
	for (unsigned i = 0; i < rounds; i++)
		e->ns[i] = NAN;
	if (e->failure || !act->run)
		return;
	e->lock = bench_shared(BENCH_LOCK_SIZE);
	rc = row->open(e->lock);
	if (!rc && act->holder == BENCH_OURS)
		rc = row->take(e->lock);
	e->failure = rc ? strerror(rc) : NULL;
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
	size_t n = bench_options_rows(&a->config->common, rows);

	for (size_t i = 0; i < n; i++)
		if (rows[i]->absent)
			add_entry(a, rows[i], &missing);
	for (const char *const *name = a->config->acts; *name; name++)
		for (size_t i = 0; i < n; i++)
			if (!rows[i]->absent && act_of(rows[i], *name))
				add_entry(a, rows[i], act_of(rows[i], *name));
}

/* ---- measuring ---- */

static void fail(alone_t *a, entry_t *e, const char *why)
{
	e->failure = why;
	a->failed = true;
	fprintf(stderr, "bench: %s, %s: %s\n", e->row->name, e->act->name, why);
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

	if (e->failure)
		return;
	ns = e->act->run ? run(a, e, e->times) / (double)e->times : e->act->elsewhere(e->act);
	if (isnan(ns) && !e->failure)
		fail(a, e, "the other program failed");
	if (!e->failure)
		e->ns[round] = ns;
}

/* ---- printing ---- */

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

static double least(const double *ns, unsigned rounds)
{
	double min = NAN;

	for (unsigned i = 0; i < rounds; i++)
		min = fmin(min, ns[i]); /* the one that is a number */
	return min;
}

static bench_ratio_t ratio(const entry_t *a, const entry_t *b, unsigned rounds)
{
	return a && b ? bench_stats_pair(a->ns, b->ns, rounds) : (bench_ratio_t){ 0, NAN, NAN, NAN };
}

static void print_entry(const alone_t *a, bench_table_t *table, const entry_t *e)
{
	unsigned rounds = a->config->common.rounds;
	const entry_t *peer = other(a, e, a->config->peer);
	bench_ratio_t above = ratio(e, other(a, e, a->config->floor), rounds);
	bench_ratio_t below = ratio(peer ? peer : other(a, e, a->config->peer2), e, rounds);

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

bool bench_alone(const bench_alone_config_t *config, bench_facts_t *facts)
{
	static alone_t a; /* large for a stack */
	size_t done = 0, all;
	bench_table_t table;

	a = (alone_t){ .config = config };
	add_entries(&a);
	hold_theirs(&a);
	all = config->common.rounds * a.n;
	for (size_t i = 0; i < a.n; i++)
		choose_times(&a, &a.entry[i]);
	for (unsigned round = 0; round < config->common.rounds; round++) {
		bench_progress(done, all, "");
		for (size_t i = 0; i < a.n; i++, done++)
			measure(&a, &a.entry[i], round);
	}
	bench_progress(all, all, "");
	bench_facts_add(facts, "rounds", "%u", config->common.rounds);
	bench_facts_add(facts, "peer", "%s", config->peer);
	bench_table_init(&table, config->bench, columns, COLUMNS);
	for (size_t i = 0; i < a.n; i++)
		print_entry(&a, &table, &a.entry[i]);
	for (size_t i = 0; i < a.n; i++)
		free(a.entry[i].ns);
	bench_table_print(&table, facts, config->common.format, stdout);
	bench_table_free(&table);
	return !a.failed;
}
