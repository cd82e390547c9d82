/* SPDX-License-Identifier: BSD-2-Clause */
/** contest.c: the rounds of contest.h. Figures are compared only inside a round: what the host did to both cancels out. */
#include "contest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "delay.h"
#include "load.h"
#include "progress.h"
#include "worker.h"

/* ---- who takes part, and where ---- */

static const char *open_entrant(bench_entrant_t *e)
{
	int rc;

	if (e->row.absent)
		return e->row.absent;
	e->lock = bench_shared(BENCH_LOCK_SIZE);
	rc = e->row.open(e->lock);
	return rc ? strerror(rc) : NULL;
}

static void add_entrant(bench_contest_t *t, const bench_row_t *row, double spin_ns)
{
	bench_entrant_t *e = &t->entrant[t->entrants];

	if (t->entrants == BENCH_ROWS_MOST) {
		fprintf(stderr, "bench: more than %d rows\n", BENCH_ROWS_MOST);
		exit(EX_USAGE);
	}
	t->entrants++;
	e->row = *row;
	snprintf(e->name, sizeof(e->name), "%s", row->name);
	if (spin_ns >= 0) {
		e->row.spin_ns = (int64_t)spin_ns;
		snprintf(e->name, sizeof(e->name), "%s/%gus", row->name, spin_ns / 1000);
	}
	e->absent = open_entrant(e);
	t->failed |= e->absent && (row->traits & BENCH_LOADED); /* it was asked for */
}

static void enter_rows(bench_contest_t *t)
{
	const bench_row_t *rows[BENCH_ROWS_MOST];
	size_t n = bench_options_rows(&t->config->common, rows);

	for (size_t i = 0; i < n; i++) {
		size_t spins = strncmp(rows[i]->name, "pawl_", 5) == 0 ? t->config->n_spins : 0;

		if (spins == 0)
			add_entrant(t, rows[i], -1);
		for (size_t s = 0; s < spins; s++)
			add_entrant(t, rows[i], t->config->spins[s]);
	}
}

/* Who takes what is loaded anyway, need not wait for better. */
static double most_foreign(const bench_contest_config_t *c)
{
	if (c->drop > 0)
		return c->drop;
	return c->common.quick ? 1e6 : BENCH_LOAD_DROP;
}

static void add_cell(bench_contest_t *t, unsigned workers, double inside_ns, double outside_ns)
{
	const bench_contest_config_t *c = t->config;
	long ms = c->window_ms                                          ? c->window_ms
		  : (c->pairs ? 2 : 1) * workers > bench_machine_cpus() ? c->crowded_ms
									: c->free_ms;

	if (t->cells == BENCH_CELLS_MOST) {
		fprintf(stderr, "bench: more than %d cells\n", BENCH_CELLS_MOST);
		exit(EX_USAGE);
	}
	if (c->common.quick && !c->window_ms)
		ms /= 4;
	t->cell[t->cells++] = (bench_window_t){
		.workers = c->pairs ? 2 * workers : workers,
		.counted = workers,
		.threads = c->threads,
		.inside_ns = inside_ns,
		.outside_ns = outside_ns,
		.length_ns = ms * 1000000,
		.pin = c->pin,
		.again = most_foreign(c) > BENCH_LOAD_DROP ? most_foreign(c) : BENCH_LOAD_AGAIN,
	};
}

static void add_cells(bench_contest_t *t)
{
	const bench_contest_config_t *c = t->config;

	for (size_t w = 0; w < c->n_workers; w++) {
		if (c->workers[w] < 2 && c->bare_alone) {
			add_cell(t, 1, 0, 0);
			continue;
		}
		for (size_t i = 0; i < c->n_inside; i++)
			for (size_t o = 0; o < c->n_outside; o++)
				add_cell(t, (unsigned)c->workers[w], c->inside[i], c->outside[o]);
	}
}

size_t bench_contest_find(const bench_contest_t *t, const char *name)
{
	size_t i = 0;

	while (i < t->entrants && strcmp(t->entrant[i].name, name) != 0)
		i++;
	return i;
}

/* ---- measuring ---- */

static double *no_figures(unsigned rounds)
{
	double *f = malloc(rounds * sizeof(*f));

	if (!f) {
		perror("bench: figures");
		exit(EXIT_FAILURE);
	}
	for (unsigned i = 0; i < rounds; i++)
		f[i] = NAN;
	return f;
}

static void make_series(bench_contest_t *t)
{
	t->series = calloc(t->cells * t->entrants + 1, sizeof(*t->series));
	for (size_t i = 0; t->series && i < t->cells * t->entrants; i++)
		for (int f = 0; f < BENCH_FIGURES; f++)
			t->series[i].figure[f] = no_figures(t->config->common.rounds);
}

static void keep(bench_series_t *s, unsigned round, const bench_sample_t *sample)
{
	s->figure[BENCH_RATE][round] = sample->ops_per_s;
	s->figure[BENCH_CPU][round] = sample->cpu_ns;
	s->figure[BENCH_LEAST][round] = sample->least;
	s->figure[BENCH_MOST][round] = sample->most;
	s->figure[BENCH_JAIN][round] = sample->jain;
	s->figure[BENCH_SWITCHES][round] = sample->switches;
	s->foreign = fmax(s->foreign, sample->foreign);
}

static void measure(bench_contest_t *t, size_t cell, size_t who, unsigned round)
{
	bench_entrant_t *e = &t->entrant[who];
	bench_series_t *s = &t->series[cell * t->entrants + who];
	bench_window_t w = t->cell[cell];
	bench_sample_t sample;

	if (e->absent || !bench_contest_takes_part(t, cell, who))
		return;
	w.seed = t->config->seed + round;
	sample = bench_window(&e->row, e->lock, &w);
	if (sample.failure) {
		fprintf(stderr, "bench: %s, %u %s, %g ns inside: %s\n", e->name, w.workers,
			w.threads ? "threads" : "processes", w.inside_ns, sample.failure);
		t->failed = true;
		e->absent = sample.failure; /* its lock may be in any state: no more of it */
	} else if (sample.foreign > most_foreign(t->config)) {
		s->dropped++;
	} else {
		keep(s, round, &sample);
	}
}

/* Before each cell of each round: the speed of a busy host's CPU changes twofold from second to second. */
static void calibrate(bench_contest_t *t)
{
	double turn = bench_delay_calibrate();

	t->turn_least = fmin(t->turn_least, turn);
	t->turn_most = fmax(t->turn_most, turn);
}

static void measure_all(bench_contest_t *t)
{
	unsigned rounds = t->config->common.rounds;
	size_t done = 0, all = rounds * t->cells * t->entrants;

	for (unsigned round = 0; round < rounds; round++)
		for (size_t cell = 0; cell < t->cells; cell++) {
			calibrate(t);
			for (size_t who = 0; who < t->entrants; who++) {
				bench_progress(done++, all, t->entrant[who].name);
				measure(t, cell, who, round);
			}
		}
	bench_progress(all, all, "");
}

static void end_contest(bench_contest_t *t)
{
	for (size_t i = 0; i < t->entrants; i++)
		if (!t->entrant[i].absent)
			t->entrant[i].row.shut(t->entrant[i].lock);
	for (size_t i = 0; i < t->cells * t->entrants; i++)
		for (int f = 0; f < BENCH_FIGURES; f++)
			free(t->series[i].figure[f]);
	free(t->series);
}

bool bench_contest(const bench_contest_config_t *config, bench_facts_t *facts)
{
	static bench_contest_t t; /* large for a stack */
	bool people = config->common.format == BENCH_TABLE;

	t = (bench_contest_t){ .config = config, .turn_least = INFINITY };
	enter_rows(&t);
	add_cells(&t);
	make_series(&t);
	measure_all(&t);
	bench_facts_add(facts, "delay", "%.3f to %.3f ns a turn", t.turn_least, t.turn_most);
	bench_facts_add(facts, "rounds", "%u", config->common.rounds);
	bench_facts_add(facts, "pinned", "%s", config->pin ? "yes" : "no");
	bench_facts_add(facts, "peer", "%s", config->peer);
	if (people || !config->summary)
		bench_contest_print(&t, facts);
	if (people ? config->threads : config->summary)
		bench_contest_summary(&t, facts);
	end_contest(&t);
	return !t.failed;
}
