/* SPDX-License-Identifier: BSD-2-Clause */
/** solo.c: the runs of solo.h. A run takes some 50 us, so that most of them meet neither an interrupt nor a neighbour: the
 * least of a thousand is what the operation costs, the median what it costs here. */
#include "solo.h"

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
#include "worker.h"

#define RUN_NS  50000
#define HELD_NS 10000000000
#define SELDOM  10 /* an act of another program, which has to be started: once in so many rounds */

static const char *const acts[] = { "pair", "try", "refused", "nested", "timed", "timed+clock", NULL };

/* ---- getting ready ---- */

static int enter_and_take(const bench_solo_entry_t *e)
{
	int rc = e->row->enter(e->lock);

	return rc ? rc : e->row->take(e->lock);
}

/* Never ends: a robust lock would be taken from it. */
static void *take_and_keep(void *arg)
{
	bench_solo_t *a = arg;

	for (size_t i = 0; i < a->n; i++) {
		bench_solo_entry_t *e = &a->entry[i];
		int rc = e->failure || e->act->holder != BENCH_THEIRS ? 0 : enter_and_take(e);

		if (rc)
			e->failure = strerror(rc);
	}
	bench_signal(&a->held);
	for (;;)
		pause();
	return NULL;
}

static void hold_theirs(bench_solo_t *a)
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

static void add_entry(bench_solo_t *a, const bench_row_t *row, const bench_act_t *act)
{
	bench_solo_entry_t *e = &a->entry[a->n];
	unsigned rounds = a->config->rounds;
	int rc;

	if (a->n == BENCH_SOLO_MOST) {
		fprintf(stderr, "pawl-bench: alone: more than %d operations; choose some rows with --only\n", BENCH_SOLO_MOST);
		exit(EX_USAGE);
	}
	a->n++;
	*e = (bench_solo_entry_t){
		.row = row, .act = act, .lock = bench_shared(BENCH_LOCK_SIZE), .ns = malloc(rounds * sizeof(double))
	};
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

static void add_entries(bench_solo_t *a)
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

static void fail(bench_solo_t *a, bench_solo_entry_t *e, const char *why)
{
	e->failure = why;
	a->failed = true;
	fprintf(stderr, "pawl-bench: alone: %s, %s: %s\n", e->row->name, e->act->name, why);
}

/* Nanoseconds for `times` of it. */
static double run(bench_solo_t *a, bench_solo_entry_t *e, uint64_t times)
{
	int64_t start = bench_now_ns(), ended;
	int rc = e->act->run(e->lock, times);

	ended = bench_now_ns();
	if (rc)
		fail(a, e, rc == EPROTO ? "it did not do what it should" : strerror(rc));
	return (double)(ended - start);
}

/* Also the first touch of everything there is to touch. */
static void choose_times(bench_solo_t *a, bench_solo_entry_t *e)
{
	double best = INFINITY;

	for (int i = 0; i < 5 && !e->failure && e->act->run; i++)
		best = fmin(best, run(a, e, 1000));
	e->times = best > 0 && isfinite(best) ? (uint64_t)(RUN_NS / best * 1000) + 1 : 1;
}

static void measure(bench_solo_t *a, bench_solo_entry_t *e, unsigned round)
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

static void measure_all(bench_solo_t *a)
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

void bench_solo(bench_solo_t *a, const bench_scenario_t *scenario, const bench_config_t *config)
{
	*a = (bench_solo_t){ .scenario = scenario, .config = config };
	add_entries(a);
	hold_theirs(a);
	measure_all(a);
}

void bench_solo_free(bench_solo_t *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->entry[i].ns);
}
