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
#include "tick.h"
#include "worker.h"
#include "zipf.h"

#define THROUGHPUT                                                                                                     \
	(1u << BENCH_RATE | 1u << BENCH_CPU | 1u << BENCH_LEAST | 1u << BENCH_MOST | 1u << BENCH_JAIN | 1u << BENCH_SWITCHES)
#define LATENCY (1u << BENCH_P50 | 1u << BENCH_P99 | 1u << BENCH_P999 | 1u << BENCH_MAX)

/* ---- who takes part, and where ---- */

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

size_t bench_contest_find(const bench_contest_t *t, const char *name)
{
	size_t i = 0;

	while (i < t->entrants && strcmp(t->entrant[i].name, name) != 0)
		i++;
	return i;
}

bench_ratio_t bench_contest_ratio(const bench_contest_t *t, size_t cell, size_t a, size_t b, bench_figure_t figure)
{
	const bench_point_t *x = bench_contest_point(t, cell, a), *y = bench_contest_point(t, cell, b);

	if (!x || !y || !x->sample[figure] || !y->sample[figure])
		return (bench_ratio_t){ 0, NAN, NAN, NAN };
	return bench_stats_pair(x->sample[figure], y->sample[figure], t->config->rounds);
}

/* ---- measuring ---- */

static void keep(bench_point_t *p, unsigned round, const bench_sample_t *sample)
{
	p->sample[BENCH_RATE][round] = sample->ops_per_s;
	p->sample[BENCH_CPU][round] = sample->cpu_ns;
	p->sample[BENCH_LEAST][round] = sample->least;
	p->sample[BENCH_MOST][round] = sample->most;
	p->sample[BENCH_JAIN][round] = sample->jain;
	p->sample[BENCH_SWITCHES][round] = sample->switches;
	p->foreign = fmax(p->foreign, sample->foreign);
}

static void keep_latency(bench_point_t *p, unsigned round, const bench_sample_t *sample)
{
	p->timed += sample->timed;
	for (size_t i = 0; i < BENCH_LATENCY_RANKS; i++)
		p->latency[i][round] = sample->latency[i];
	p->sample[BENCH_P50][round] = sample->latency[bench_latency_rank(0.5)];
	p->sample[BENCH_P99][round] = sample->latency[bench_latency_rank(0.99)];
	p->sample[BENCH_P999][round] = sample->latency[bench_latency_rank(0.999)];
	p->sample[BENCH_MAX][round] = sample->latency[bench_latency_rank(1)];
}

/* Its lock may be in any state: no more of it. */
static void give_up(bench_contest_t *t, size_t who, const bench_window_t *w, const char *failure)
{
	bench_entrant_t *e = &t->entrant[who];

	fprintf(stderr, "pawl-bench: %s: %s, %u %s, %g ns inside: %s\n", t->scenario->name, e->name, w->counted,
		t->kind->workers, w->inside_ns, failure);
	t->failed = true;
	e->absent = failure;
	for (size_t cell = 0; cell < t->cells; cell++)
		if (bench_contest_point(t, cell, who))
			bench_contest_point(t, cell, who)->note = failure;
}

/* False: the window was of no use. */
static bool open_window(bench_contest_t *t, size_t who, const bench_window_t *w, bench_sample_t *sample)
{
	*sample = bench_window(&t->entrant[who].row, t->entrant[who].lock, w);
	if (sample->failure)
		give_up(t, who, w, sample->failure);
	return !sample->failure && sample->foreign <= t->config->most_foreign;
}

/* Throughput first; then, in a window half as long, how long single acquisitions take: one in so many that the first window
 * says is often enough. Always as many from then on, or rounds with long waits would weigh more. */
static void measure(bench_contest_t *t, size_t cell, size_t who, unsigned round)
{
	bench_point_t *p = bench_contest_point(t, cell, who);
	uint64_t *every = &t->every[cell * t->entrants + who];
	bench_window_t w = t->cell[cell];
	bench_sample_t sample;

	if (!p || t->entrant[who].absent)
		return;
	w.seed = t->config->seed + round;
	if (!open_window(t, who, &w, &sample)) {
		p->dropped += !sample.failure;
		return;
	}
	keep(p, round, &sample);
	if (!p->latency[0])
		return;
	w.length_ns /= 2;
	if (*every == 0)
		*every = bench_latency_every(sample.ops_per_s * (double)w.length_ns / 1e9 / w.workers, (double)w.length_ns);
	w.every = *every;
	if (open_window(t, who, &w, &sample))
		keep_latency(p, round, &sample);
}

/* Before each cell of each round: the speed of a busy host's CPU changes twofold from second to second. */
static void calibrate(bench_contest_t *t)
{
	double turn = bench_delay_calibrate();

	bench_tick_calibrate();
	t->turn_least = fmin(t->turn_least, turn);
	t->turn_most = fmax(t->turn_most, turn);
}

static void measure_all(bench_contest_t *t)
{
	unsigned rounds = t->config->rounds;
	size_t done = 0, all = rounds * t->cells * t->entrants;

	for (unsigned round = 0; round < rounds; round++)
		for (size_t cell = 0; cell < t->cells; cell++) {
			calibrate(t);
			for (size_t who = 0; who < t->entrants; who++) {
				bench_progress(done++, all, t->scenario->name, t->entrant[who].name);
				measure(t, cell, who, round);
			}
		}
	bench_progress(all, all, "", "");
}

static void add_facts(const bench_contest_t *t)
{
	bench_ran_t *ran = bench_results_ran(t->results, t->scenario->name, t->config->peer, t->config->rounds);

	bench_facts_add(&ran->facts, "delay", "%.3f to %.3f ns a turn", t->turn_least, t->turn_most);
	bench_facts_add(&ran->facts, "pinned", "%s", t->config->pin ? "yes" : "no");
	if (t->kind->times)
		bench_facts_add(&ran->facts, "clock", "%s, %.0f ns",
			bench_tick_counter ? "time stamp counter" : "clock_gettime", bench_tick_cost() * bench_tick_ns());
}

static void end_contest(bench_contest_t *t)
{
	for (size_t i = 0; i < t->entrants; i++)
		if (!t->entrant[i].absent)
			t->entrant[i].row.shut(t->entrant[i].lock);
	for (size_t n = 0; n < t->config->names.n; n++)
		free(t->draws[n]);
	free(t->point);
	free(t->every);
}

bool bench_contest(const bench_contest_kind_t *kind, const bench_scenario_t *scenario, const bench_config_t *config,
	bench_results_t *results)
{
	static bench_contest_t t; /* large for a stack */

	t = (bench_contest_t){ .kind = kind, .scenario = scenario, .config = config, .results = results, .turn_least = INFINITY };
	enter_rows(&t);
	draw_names(&t);
	add_cells(&t);
	add_points(&t);
	measure_all(&t);
	add_facts(&t);
	if (config->format == BENCH_TABLE && !config->summary)
		bench_contest_print(&t);
	if (scenario->takes & BENCH_TAKES_SUMMARY && (config->format == BENCH_TABLE || config->summary))
		bench_contest_summary(&t);
	end_contest(&t);
	return !t.failed;
}
