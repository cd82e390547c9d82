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
#include "stats.h"
#include "table.h"
#include "window.h"
#include "worker.h"

#define CELLS_MOST (BENCH_LIST_MOST * BENCH_LIST_MOST)

/* A row as it takes part: opened, and with a spin budget of its own if --spins asks for several. */
typedef struct entrant {
	bench_row_t row;
	char name[48];
	void *lock;
	const char *absent; /* why it could not be opened; NULL */
} entrant_t;

/* One figure per round. */
typedef struct series {
	double *rate, *cpu, *least, *most;
	double foreign; /* the worst of those kept */
	unsigned dropped;
} series_t;

typedef struct contest {
	const bench_contest_config_t *config;
	entrant_t entrant[BENCH_ROWS_MOST];
	size_t entrants;
	bench_window_t cell[CELLS_MOST];
	size_t cells;
	series_t *series;             /* [cell][entrant] */
	double turn_least, turn_most; /* what calibration gave, in ns a turn */
	bool failed;
} contest_t;

/* ---- who takes part, and where ---- */

static void add_entrant(contest_t *t, const bench_row_t *row, double spin_ns)
{
	entrant_t *e = &t->entrant[t->entrants];
	int rc;

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
	e->lock = bench_shared(BENCH_LOCK_SIZE);
	rc = row->open(e->lock);
	e->absent = rc ? strerror(rc) : NULL;
}

static void enter_rows(contest_t *t)
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

static void add_cell(contest_t *t, unsigned procs, double inside_ns, double outside_ns)
{
	const bench_contest_config_t *c = t->config;
	long ms = c->window_ms ? c->window_ms : procs > bench_machine_cpus() ? 200 : 80;

	if (c->common.quick && !c->window_ms)
		ms /= 4;
	t->cell[t->cells++] = (bench_window_t){
		.procs = procs,
		.inside_ns = inside_ns,
		.outside_ns = outside_ns,
		.length_ns = ms * 1000000,
		.pin = c->pin,
		/* who takes what is loaded anyway, need not wait for better */
		.again = c->drop > BENCH_LOAD_DROP ? c->drop : BENCH_LOAD_AGAIN,
	};
}

/* One process alone: the price of the pair itself, nothing inside, nothing outside. */
static void add_cells(contest_t *t)
{
	const bench_contest_config_t *c = t->config;

	for (size_t p = 0; p < c->n_procs; p++) {
		if (c->procs[p] < 2)
			add_cell(t, 1, 0, 0);
		for (size_t i = 0; i < c->n_inside && c->procs[p] >= 2; i++)
			add_cell(t, (unsigned)c->procs[p], c->inside[i], c->outside_ns);
	}
}

/* ---- measuring ---- */

static double *figures(unsigned rounds)
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

static void make_series(contest_t *t)
{
	unsigned rounds = t->config->common.rounds;

	t->series = calloc(t->cells * t->entrants + 1, sizeof(*t->series));
	for (size_t i = 0; t->series && i < t->cells * t->entrants; i++)
		t->series[i] = (series_t){
			.rate = figures(rounds), .cpu = figures(rounds), .least = figures(rounds), .most = figures(rounds)
		};
}

static void keep(series_t *s, unsigned round, const bench_sample_t *sample)
{
	s->rate[round] = sample->ops_per_s;
	s->cpu[round] = sample->cpu_ns;
	s->least[round] = sample->least;
	s->most[round] = sample->most;
	s->foreign = fmax(s->foreign, sample->foreign);
}

static void measure(contest_t *t, size_t cell, size_t who, unsigned round)
{
	entrant_t *e = &t->entrant[who];
	series_t *s = &t->series[cell * t->entrants + who];
	bench_window_t w = t->cell[cell];
	bench_sample_t sample;

	if (e->absent)
		return;
	w.seed = t->config->seed + round;
	sample = bench_window(&e->row, e->lock, &w);
	if (sample.failure) {
		fprintf(stderr, "bench: %s, %u processes, %g ns inside: %s\n", e->name, w.procs, w.inside_ns, sample.failure);
		t->failed = true;
		e->absent = sample.failure; /* its lock may be in any state: no more of it */
	} else if (sample.foreign > t->config->drop) {
		s->dropped++;
	} else {
		keep(s, round, &sample);
	}
}

/* Before each cell of each round: the speed of a busy host's CPU changes twofold from second to second. */
static void calibrate(contest_t *t)
{
	double turn = bench_delay_calibrate();

	t->turn_least = fmin(t->turn_least, turn);
	t->turn_most = fmax(t->turn_most, turn);
}

static void measure_all(contest_t *t)
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

/* ---- printing ---- */

static const bench_column_t columns[] = {
	{ "row", "row", NULL },
	{ "procs", "procs", "%.0f" },
	{ "inside_ns", "in ns", "%.0f" },
	{ "outside_ns", "out ns", "%.0f" },
	{ "rounds", "n", "%.0f" },
	{ "ns_per_op", "ns/op", "%.1f" },
	{ "mops_per_s", "Mop/s", "%.3f" },
	{ "cpu_ns_per_op", "cpu ns/op", "%.1f" },
	{ "least_share", "least", "%.2f" },
	{ "most_share", "most", "%.2f" },
	{ "ratio_median", "x peer", "%.2f" },
	{ "ratio_mean", "mean", "%.2f" },
	{ "ratio_se", "+-log", "%.3f" },
	{ "foreign_most", "foreign", "%.2f" },
	{ "dropped", "dropped", "%.0f" },
	{ "note", "note", NULL },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static size_t peer_of(const contest_t *t)
{
	for (size_t i = 0; i < t->entrants; i++)
		if (strcmp(t->entrant[i].name, t->config->peer) == 0)
			return i;
	return t->entrants;
}

static void print_row(const contest_t *t, bench_table_t *table, size_t cell, size_t who, size_t peer)
{
	const series_t *s = &t->series[cell * t->entrants], *mine = s + who;
	const bench_window_t *w = &t->cell[cell];
	unsigned rounds = t->config->common.rounds;
	bench_ratio_t r = { 0, NAN, NAN, NAN };
	double rate = bench_stats_median(mine->rate, rounds);
	size_t kept = 0;

	for (unsigned i = 0; i < rounds; i++)
		kept += !isnan(mine->rate[i]);
	if (peer < t->entrants)
		r = bench_stats_pair(mine->rate, s[peer].rate, rounds);
	bench_table_add(table, (bench_cell_t[COLUMNS]){
				       { .text = t->entrant[who].name },
				       { .number = w->procs },
				       { .number = w->inside_ns },
				       { .number = w->outside_ns },
				       { .number = (double)kept },
				       { .number = 1e9 / rate },
				       { .number = rate / 1e6 },
				       { .number = bench_stats_median(mine->cpu, rounds) },
				       { .number = bench_stats_median(mine->least, rounds) },
				       { .number = bench_stats_median(mine->most, rounds) },
				       { .number = r.median },
				       { .number = r.mean },
				       { .number = r.se },
				       { .number = kept ? mine->foreign : NAN },
				       { .number = mine->dropped },
				       { .text = t->entrant[who].absent            ? t->entrant[who].absent
						 : w->procs > bench_machine_cpus() ? "more processes than CPUs"
										   : "" },
			       });
}

static void print_all(const contest_t *t, const bench_facts_t *facts)
{
	bench_table_t table;
	size_t peer = peer_of(t);

	bench_table_init(&table, "robust", columns, COLUMNS);
	for (size_t cell = 0; cell < t->cells; cell++)
		for (size_t who = 0; who < t->entrants; who++)
			print_row(t, &table, cell, who, peer);
	bench_table_print(&table, facts, t->config->common.format, stdout);
	bench_table_free(&table);
}

static void end_contest(contest_t *t)
{
	for (size_t i = 0; i < t->entrants; i++)
		if (!t->entrant[i].absent)
			t->entrant[i].row.shut(t->entrant[i].lock);
	for (size_t i = 0; i < t->cells * t->entrants; i++) {
		free(t->series[i].rate);
		free(t->series[i].cpu);
		free(t->series[i].least);
		free(t->series[i].most);
	}
	free(t->series);
}

bool bench_contest(const bench_contest_config_t *config, bench_facts_t *facts)
{
	contest_t t = { .config = config, .turn_least = INFINITY };

	enter_rows(&t);
	add_cells(&t);
	make_series(&t);
	measure_all(&t);
	bench_facts_add(facts, "delay", "%.3f to %.3f ns a turn", t.turn_least, t.turn_most);
	bench_facts_add(facts, "rounds", "%u", config->common.rounds);
	bench_facts_add(facts, "pinned", "%s", config->pin ? "yes" : "no");
	bench_facts_add(facts, "peer", "%s", config->peer);
	print_all(&t, facts);
	end_contest(&t);
	return !t.failed;
}
