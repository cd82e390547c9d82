/* SPDX-License-Identifier: BSD-2-Clause */
/** contest_lineup.c: before a contest (contest.h): who takes part, in which cells, and the points there will be. */
#include "contest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "load.h"
#include "worker.h"
#include "zipf.h"

#define THROUGHPUT                                                                                                     \
	(1u << BENCH_RATE | 1u << BENCH_CPU | 1u << BENCH_LEAST | 1u << BENCH_MOST | 1u << BENCH_JAIN | 1u << BENCH_SWITCHES)
#define LATENCY (1u << BENCH_P50 | 1u << BENCH_P99 | 1u << BENCH_P999 | 1u << BENCH_MAX)

static void add_entrant(bench_contest_t *t, const bench_row_t *row, double spin_ns)
{
	bench_entrant_t *e = &t->entrant[t->entrants];

	if (t->entrants == BENCH_ROWS_MOST) {
		fprintf(stderr, "pawl-bench: more than %d rows; choose some with --only\n", BENCH_ROWS_MOST);
		exit(EX_USAGE);
	}
	t->entrants++;
	e->row = *row;
	snprintf(e->name, sizeof(e->name), "%s", row->name);
	if (spin_ns >= 0) {
		e->row.spin_ns = (int64_t)spin_ns;
		snprintf(e->name, sizeof(e->name), "%s/%gus", row->name, spin_ns / 1000);
	}
	e->lock = bench_shared(BENCH_LOCK_SIZE);
	e->absent = bench_row_open(&e->row, e->lock);
	t->failed |= e->absent && (row->traits & BENCH_LOADED); /* it was asked for */
}

static void enter_rows(bench_contest_t *t)
{
	const bench_row_t *rows[BENCH_ROWS_MOST];
	size_t n = bench_scenario_rows(t->scenario, t->config, rows);

	for (size_t i = 0; i < n; i++) {
		size_t spins = strncmp(rows[i]->name, "pawl_", 5) == 0 ? t->config->spins.n : 0;

		if (spins == 0)
			add_entrant(t, rows[i], -1);
		for (size_t s = 0; s < spins; s++)
			add_entrant(t, rows[i], t->config->spins.at[s]);
	}
}

static void add_cell(bench_contest_t *t, unsigned workers, size_t names, double inside_ns, double outside_ns)
{
	const bench_config_t *c = t->config;
	unsigned all = t->kind->pairs ? 2 * workers : workers;
	long ms = c->window_ms ? c->window_ms : all > bench_machine_cpus() ? c->crowded_ms : c->free_ms;

	if (t->cells == BENCH_CELLS_MOST) {
		fprintf(stderr, "pawl-bench: more than %d cells\n", BENCH_CELLS_MOST);
		exit(EX_USAGE);
	}
	t->cell[t->cells++] = (bench_window_t){
		.workers = all,
		.counted = workers,
		.threads = t->kind->threads,
		.inside_ns = inside_ns,
		.outside_ns = outside_ns,
		.names = names < c->names.n ? (unsigned)c->names.at[names] : 0,
		.draws = t->draws[names],
		.length_ns = ms * 1000000,
		.pin = c->pin,
		.again = c->most_foreign > BENCH_LOAD_DROP ? c->most_foreign : BENCH_LOAD_AGAIN,
	};
}

/* With the n-th of the configuration's numbers of locks. */
static void add_cells_with(bench_contest_t *t, unsigned workers, size_t n)
{
	const bench_config_t *c = t->config;

	for (size_t i = 0; i < c->inside.n; i++)
		for (size_t o = 0; o < c->outside.n; o++)
			add_cell(t, workers, n, c->inside.at[i], c->outside.at[o]);
}

static void add_cells(bench_contest_t *t)
{
	const bench_config_t *c = t->config;

	for (size_t w = 0; w < c->workers.n; w++) {
		if (c->workers.at[w] < 2 && t->kind->bare_alone) {
			add_cell(t, 1, 0, 0, 0);
			continue;
		}
		for (size_t n = 0; n == 0 || n < c->names.n; n++)
			add_cells_with(t, (unsigned)c->workers.at[w], n);
	}
}

/* The same for all rows. */
static void draw_names(bench_contest_t *t)
{
	for (size_t n = 0; n < t->config->names.n; n++) {
		t->draws[n] = malloc(BENCH_DRAWS * sizeof(*t->draws[n]));
		if (!t->draws[n]) {
			perror("pawl-bench: draws");
			exit(EXIT_FAILURE);
		}
		bench_zipf(t->draws[n], (unsigned)t->config->names.at[n], t->config->seed + 1);
	}
}

/* Whether it has a place in that cell. What is missing in this build is said once. */
static bool takes_part(const bench_contest_t *t, size_t cell, size_t who)
{
	const bench_window_t *w = &t->cell[cell];
	const bench_entrant_t *e = &t->entrant[who];

	if (e->absent)
		return cell == 0;
	if (e->row.traits & BENCH_ALONE && w->workers > 1)
		return false;
	return !(e->row.traits & BENCH_BARE) || (w->inside_ns <= 0 && w->outside_ns <= 0);
}

static bench_point_t *add_point(bench_contest_t *t, size_t cell, size_t who)
{
	const bench_window_t *w = &t->cell[cell];
	const bench_entrant_t *e = &t->entrant[who];
	bool times = t->kind->times && !e->row.elsewhere;
	bench_point_t like = { .scenario = t->scenario->name,
		.act = t->kind->act,
		.workers = w->counted,
		.inside_ns = w->inside_ns,
		.outside_ns = w->outside_ns,
		.resident_mib = NAN,
		.names = w->names ? w->names : NAN,
		.rounds = t->config->rounds,
		.note = w->workers > bench_machine_cpus() ? "more than CPUs" : "" };
	bench_point_t *p;

	snprintf(like.row, sizeof(like.row), "%s", e->name);
	if (e->absent)
		like.note = e->absent;
	p = bench_results_add(t->results, &like, THROUGHPUT | (times ? LATENCY : 0));
	if (times)
		bench_point_time(p);
	return p;
}

static void add_points(bench_contest_t *t)
{
	size_t n = t->cells * t->entrants;

	t->point = calloc(n ? n : 1, sizeof(*t->point));
	t->every = calloc(n ? n : 1, sizeof(*t->every));
	if (!t->point || !t->every) {
		perror("pawl-bench: points");
		exit(EXIT_FAILURE);
	}
	for (size_t i = 0; i < n; i++)
		if (takes_part(t, i / t->entrants, i % t->entrants))
			t->point[i] = add_point(t, i / t->entrants, i % t->entrants);
}

void bench_contest_line_up(bench_contest_t *t)
{
	enter_rows(t);
	draw_names(t);
	add_cells(t);
	add_points(t);
}

void bench_contest_disband(bench_contest_t *t)
{
	for (size_t i = 0; i < t->entrants; i++)
		if (!t->entrant[i].absent)
			t->entrant[i].row.shut(t->entrant[i].lock);
	for (size_t n = 0; n < t->config->names.n; n++)
		free(t->draws[n]);
	free(t->point);
	free(t->every);
}
