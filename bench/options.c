/* SPDX-License-Identifier: BSD-2-Clause */
/** options.c: the command line (options.h). */
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pawl/base.h>

#include "load.h"
#include "rows/loaded.h"

enum { CSV = 0x100, JSON, QUICK, ONLY, LIST, OUTSIDE, WINDOW, PIN, SPINS, PEER, SEED, MAX_FOREIGN, SUMMARY, LOAD };

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What:", 1 },
	{ "only", ONLY, "ROW,..", 0, "Only these rows (see --list)", 1 },
	{ "load", LOAD, "FILE", 0,
		"Measure also the lock in this shared object: bench_lock_init, bench_lock, bench_unlock", 1 },
	{ "threads", 't', "N,..", 0, "Threads that contend; more than CPUs: oversubscribed", 1 },
	{ "procs", 'p', "N,..", 0, "Processes that contend", 1 },
	{ "pairs", 'P', "N,..", 0, "So many senders, and as many receivers", 1 },
	{ "inside", 'i', "NS,..", 0, "Length of the section; of rallies: how long each side thinks", 1 },
	{ "cs", 0, NULL, OPTION_ALIAS, NULL, 1 },
	{ "outside", OUTSIDE, "NS,..", 0, "Mean time between two sections", 1 },
	{ "resident", 'm', "MIB,..", 0, "Memory that a holder has touched before it is killed", 1 },
	{ "spins", SPINS, "NS,..", 0, "pawl's rows once for each of these spin budgets", 1 },
	{ NULL, 0, NULL, 0, "How:", 2 },
	{ "quick", QUICK, NULL, 0, "A look, not a result: few and short rounds, ten seconds or so for all scenarios", 2 },
	{ "rounds", 'r', "N", 0, "Measure each row N times, in turn", 2 },
	{ "window", WINDOW, "MS", 0, "Length of a measurement (default: more with more workers than CPUs)", 2 },
	{ "pin", PIN, NULL, 0, "Worker i to the i-th CPU, counted round", 2 },
	{ "max-foreign", MAX_FOREIGN, "PERCENT", 0,
		"Drop what was measured while others used more of a CPU (50; --quick: any)", 2 },
	{ "peer", PEER, "ROW", 0, "Compare with this row, point by point", 2 },
	{ "seed", SEED, "N", 0, "Of the variation outside (default 1)", 2 },
	{ NULL, 0, NULL, 0, "Output:", 3 },
	{ "csv", CSV, "FILE", OPTION_ARG_OPTIONAL, "CSV in place of the tables; or into a file beside them", 3 },
	{ "json", JSON, "FILE", OPTION_ARG_OPTIONAL, "The document in place of the tables; or into a file beside them", 3 },
	{ "output", 'o', "FILE", 0, "As --json=FILE", 3 },
	{ "summary", SUMMARY, NULL, 0, "Of tables and CSV: only pawl's rows against each peer", 3 },
	{ "list", LIST, NULL, 0, "Say which scenarios and rows there are, and measure nothing", 3 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

/* ---- values ---- */

static long number(const struct argp_state *state, const char *text, long least, long most)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < least || n > most)
		argp_error(state, "not a number from %ld to %ld: %s", least, most, text);
	return n;
}

/* Numbers with commas. */
static void list(const struct argp_state *state, const char *text, double least, double most, bench_list_t *to)
{
	to->n = 0;
	for (const char *at = text;; at++) {
		char *end;
		double x = strtod(at, &end);

		if (end == at || (*end && *end != ',') || !isfinite(x) || x < least || x > most)
			argp_error(state, "not a list of numbers from %g to %g: %s", least, most, text);
		if (to->n == BENCH_LIST_MOST)
			argp_error(state, "more than %d numbers: %s", BENCH_LIST_MOST, text);
		to->at[to->n++] = x;
		if (*end == '\0')
			return;
		at = end;
	}
}

static void add_scenario(const struct argp_state *state, bench_options_t *o, const char *name)
{
	const bench_scenario_t *scenario = bench_scenario_named(name);

	if (!scenario)
		argp_error(state, "no scenario %s; --list names those there are", name);
	for (size_t i = 0; i < o->n; i++)
		if (o->scenario[i] == scenario)
			return;
	o->scenario[o->n++] = scenario;
}

/* ---- does it fit together? ---- */

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
		{ BENCH_TAKES_LOAD, "load" }, { BENCH_TAKES_SUMMARY, "summary" } };
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

static void check_rows(const struct argp_state *state, const bench_options_t *o, const char *names)
{
	char *copy = names ? strdup(names) : NULL, *rest = copy;

	for (char *name; copy && (name = strsep(&rest, ",")) != NULL;)
		if (!anybody_has(o, name))
			argp_error(state, "no row %s for %s; --list names those there are", name,
				o->n > 1 ? "these scenarios" : o->scenario[0]->name);
	free(copy);
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

static void check(const struct argp_state *state, bench_options_t *o)
{
	for (size_t i = 0; bench_scenarios[i] && state->arg_num == 0; i++)
		o->scenario[o->n++] = bench_scenarios[i];
	check_taken(state, o);
	check_rows(state, o, o->config.only);
	check_rows(state, o, o->config.peer);
	leave_out_empty(o);
}

/* ---- parsing ---- */

/* Options that depend on the scenario. */
static error_t parse_special(int key, char *arg, struct argp_state *state)
{
	bench_options_t *o = state->input;
	bench_config_t *c = &o->config;

	switch (key) {
	case 't':
		list(state, arg, 1, BENCH_WORKERS_MOST, &o->threads);
		o->given |= BENCH_TAKES_THREADS;
		return 0;
	case 'p':
		list(state, arg, 1, BENCH_WORKERS_MOST, &o->procs);
		o->given |= BENCH_TAKES_PROCS;
		return 0;
	case 'P':
		list(state, arg, 1, BENCH_WORKERS_MOST / 2, &o->pairs);
		o->given |= BENCH_TAKES_PAIRS;
		return 0;
	case 'i':
		list(state, arg, 0, 1e9, &c->inside);
		o->given |= BENCH_TAKES_INSIDE;
		return 0;
	case OUTSIDE:
		list(state, arg, 0, 1e9, &c->outside);
		o->given |= BENCH_TAKES_OUTSIDE;
		return 0;
	case 'm':
		list(state, arg, 0, 1e6, &c->resident_mib);
		o->given |= BENCH_TAKES_RESIDENT;
		return 0;
	case SPINS:
		list(state, arg, 0, 1e9, &c->spins);
		o->given |= BENCH_TAKES_SPINS;
		return 0;
	case WINDOW:
		c->window_ms = number(state, arg, 1, 60000);
		o->given |= BENCH_TAKES_WINDOW;
		return 0;
	case PIN:
		c->pin = true;
		o->given |= BENCH_TAKES_PIN;
		return 0;
	case SEED:
		c->seed = (uint64_t)number(state, arg, 0, INT32_MAX);
		o->given |= BENCH_TAKES_SEED;
		return 0;
	case MAX_FOREIGN:
		c->most_foreign = (double)number(state, arg, 1, 100000) / 100;
		o->given |= BENCH_TAKES_FOREIGN;
		return 0;
	case SUMMARY:
		c->summary = true;
		o->given |= BENCH_TAKES_SUMMARY;
		return 0;
	case LOAD:
		bench_loaded_file = arg;
		c->asked |= BENCH_LOADED;
		o->given |= BENCH_TAKES_LOAD;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bench_options_t *o = state->input;

	switch (key) {
	case 'r':
		o->config.rounds = (unsigned)number(state, arg, 1, 1000000);
		return 0;
	case QUICK:
		o->quick = true;
		return 0;
	case ONLY:
		o->config.only = arg;
		return 0;
	case PEER:
		o->config.peer = arg;
		return 0;
	case LIST:
		o->list = true;
		return 0;
	case CSV:
		o->csv_file = arg;
		o->config.format = arg ? o->config.format : BENCH_CSV;
		return 0;
	case 'o':
	case JSON:
		o->json_file = arg;
		o->config.format = arg ? o->config.format : BENCH_JSON;
		return 0;
	case ARGP_KEY_ARG:
		add_scenario(state, o, arg);
		return 0;
	case ARGP_KEY_END:
		check(state, o);
		return 0;
	default:
		return parse_special(key, arg, state);
	}
}

/* ---- --help ---- */

static void put_list(FILE *to, const char *option, const bench_list_t *list)
{
	if (list->n == 0)
		return;
	fprintf(to, " %s ", option);
	for (size_t i = 0; i < list->n; i++)
		fprintf(to, "%s%g", i ? "," : "", list->at[i]);
}

static const char *workers_option(const bench_scenario_t *s)
{
	return s->takes & BENCH_TAKES_THREADS ? "--threads" : s->takes & BENCH_TAKES_PROCS ? "--procs" : "--pairs";
}

static void put_scenario(FILE *to, const bench_scenario_t *s)
{
	const bench_config_t *c = &s->usual;

	fprintf(to, "  %-10s %s\n             --rounds %u --peer %s", s->name, s->what, c->rounds, c->peer);
	if (c->workers.n + c->resident_mib.n > 0)
		fputs("\n            ", to);
	if (s->takes & (BENCH_TAKES_THREADS | BENCH_TAKES_PROCS | BENCH_TAKES_PAIRS))
		put_list(to, workers_option(s), &c->workers);
	if (s->takes & BENCH_TAKES_INSIDE)
		put_list(to, "--inside", &c->inside);
	if (s->takes & BENCH_TAKES_OUTSIDE)
		put_list(to, "--outside", &c->outside);
	put_list(to, "--resident", &c->resident_mib);
	fputc('\n', to);
}

static char *help_text(int key, const char *text, void *input)
{
	char *help = NULL;
	size_t size;
	FILE *to;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)(uintptr_t)text;
	to = open_memstream(&help, &size);
	if (!to)
		return NULL;
	fputs("Scenarios, with their defaults; without any named, all of them:\n", to);
	for (size_t i = 0; bench_scenarios[i]; i++)
		put_scenario(to, bench_scenarios[i]);
	fputs("\nExit status: 0; 1 if a row let two into the section, lost something or failed; 64 for wrong usage.\n", to);
	return fclose(to) ? NULL : help;
}

static void print_version(FILE *to, struct argp_state *state)
{
	(void)state;
	fprintf(to, "pawl-bench %d.%d.%d\n", PAWL_VERSION_MAJOR, PAWL_VERSION_MINOR, PAWL_VERSION_PATCH);
}

void bench_options_parse(bench_options_t *o, int argc, char **argv)
{
	static const struct argp argp = { .options = options,
		.parser = parse,
		.args_doc = "[SCENARIO...]",
		.doc = "Measure locks against each other, in rounds, on this machine.\v ",
		.help_filter = help_text };

	*o = (bench_options_t){ .n = 0 };
	argp_program_version_hook = print_version;
	argp_parse(&argp, argc, argv, 0, NULL, o);
}

/* ---- what a scenario gets of it ---- */

static void override(bench_list_t *list, const bench_list_t *given)
{
	if (given->n > 0)
		*list = *given;
}

bench_config_t bench_options_config(const bench_options_t *o, const bench_scenario_t *s)
{
	bench_config_t c = o->quick ? s->quick : s->usual;
	const bench_config_t *g = &o->config;
	unsigned given = o->given & s->takes;

	c.rounds = g->rounds ? g->rounds : c.rounds;
	c.only = g->only ? g->only : c.only;
	c.asked = g->asked;
	c.format = g->format;
	c.peer = g->peer && bench_scenario_row(s, g->peer) ? g->peer : c.peer;
	override(&c.workers, given & BENCH_TAKES_THREADS ? &o->threads
			     : given & BENCH_TAKES_PROCS ? &o->procs
			     : given & BENCH_TAKES_PAIRS ? &o->pairs
							 : &(bench_list_t){ .n = 0 });
	if (given & BENCH_TAKES_INSIDE)
		override(&c.inside, &g->inside);
	override(&c.outside, given & BENCH_TAKES_OUTSIDE ? &g->outside : &c.outside);
	override(&c.resident_mib, given & BENCH_TAKES_RESIDENT ? &g->resident_mib : &c.resident_mib);
	override(&c.spins, given & BENCH_TAKES_SPINS ? &g->spins : &c.spins);
	c.window_ms = g->window_ms;
	c.pin = g->pin;
	c.summary = g->summary;
	c.seed = given & BENCH_TAKES_SEED ? g->seed : 1;
	/* Who takes what is loaded anyway, need not wait for better. */
	c.most_foreign = given & BENCH_TAKES_FOREIGN ? g->most_foreign : o->quick ? 1e6 : BENCH_LOAD_DROP;
	return c;
}
