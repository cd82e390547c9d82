/* SPDX-License-Identifier: BSD-2-Clause */
/** options_check.c: whether what was asked for fits together (options.h). */
#include "options.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

/* `option` is worth giving if one of the scenarios takes it. */
static void check_taken(const struct argp_state *state, const bench_options_t *o)
{
	static const struct {
		unsigned option;
		const char *name;
	} names[] = { { BENCH_TAKES_THREADS, "threads" }, { BENCH_TAKES_PROCS, "procs" },
		{ BENCH_TAKES_PAIRS, "pairs" }, { BENCH_TAKES_INSIDE, "inside" }, { BENCH_TAKES_OUTSIDE, "outside" },
		{ BENCH_TAKES_WINDOW, "window" }, { BENCH_TAKES_PIN, "pin" }, { BENCH_TAKES_FOREIGN, "max-foreign" },
		{ BENCH_TAKES_SEED, "seed" }, { BENCH_TAKES_RESIDENT, "resident" }, { BENCH_TAKES_SPINS, "spins" },
		{ BENCH_TAKES_LOAD, "load" }, { BENCH_TAKES_SUMMARY, "summary" }, { BENCH_TAKES_NAMES, "names" } };
	unsigned takes = 0;

	for (size_t i = 0; i < o->n; i++)
		takes |= o->scenario[i]->takes;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (o->given & names[i].option & ~takes)
			argp_error(state, "--%s has no meaning for %s%s", names[i].name, o->scenario[0]->name,
				o->n > 1 ? " and the other scenarios chosen" : "");
}

static bool anybody_has(const bench_options_t *o, const char *row)
{
	for (size_t i = 0; i < o->n; i++)
		if (bench_scenario_row(o->scenario[i], row))
			return true;
	return false;
}

static void check_row(const struct argp_state *state, const bench_options_t *o, const char *name)
{
	if (!anybody_has(o, name))
		argp_error(state, "no row %s for %s; --list names those there are", name,
			o->n > 1 ? "these scenarios" : o->scenario[0]->name);
}

static void check_rows(const struct argp_state *state, const bench_options_t *o)
{
	char *copy = o->config.only ? strdup(o->config.only) : NULL, *rest = copy;

	for (char *name; copy && (name = strsep(&rest, ",")) != NULL;)
		check_row(state, o, name);
	free(copy);
	if (o->config.peer)
		check_row(state, o, o->config.peer);
}

/* Those that nobody asked about a row of, stay out. */
static void leave_out_empty(bench_options_t *o)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->n; i++) {
		const bench_row_t *rows[BENCH_ROWS_MOST];

		if (bench_scenario_rows(o->scenario[i], &o->config, rows) > 0)
			o->scenario[kept++] = o->scenario[i];
	}
	o->n = kept;
}

/* What is read in place of measuring has nothing to do with options for that. */
static void check_reading(const struct argp_state *state, const bench_options_t *o)
{
	if (o->given || o->quick || o->list || o->config.rounds || o->config.only || o->config.peer)
		argp_error(state, "nothing is measured where documents are read");
	if (o->json_file || o->csv_file || o->config.format == BENCH_CSV)
		argp_error(state, "what is found in documents goes to stdout, as text or with --json");
}

void bench_options_check(const struct argp_state *state, bench_options_t *o)
{
	if (o->reading.kind) {
		check_reading(state, o);
		return;
	}
	for (size_t i = 0; bench_scenarios[i] && state->arg_num == 0; i++)
		o->scenario[o->n++] = bench_scenarios[i];
	check_taken(state, o);
	check_rows(state, o);
	leave_out_empty(o);
}
