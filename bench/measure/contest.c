/* SPDX-License-Identifier: BSD-2-Clause */
/** contest.c: the rounds of contest.h. Figures are compared only inside a round: what the host did to both cancels out. */
#include "contest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "delay.h"
#include "progress.h"
#include "tick.h"

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

bool bench_contest(const bench_contest_kind_t *kind, const bench_scenario_t *scenario, const bench_config_t *config,
	bench_results_t *results)
{
	static bench_contest_t t; /* large for a stack */

	t = (bench_contest_t){ .kind = kind, .scenario = scenario, .config = config, .results = results, .turn_least = INFINITY };
	bench_contest_line_up(&t);
	measure_all(&t);
	add_facts(&t);
	if (config->format == BENCH_TABLE && !config->summary)
		bench_contest_print(&t);
	if (scenario->takes & BENCH_TAKES_SUMMARY && (config->format == BENCH_TABLE || config->summary))
		bench_contest_summary(&t);
	bench_contest_disband(&t);
	return !t.failed;
}
