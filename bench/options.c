/* SPDX-License-Identifier: BSD-2-Clause */
/** options.c: parsing the command line (options.h). */
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pawl/base.h>

#include "rows/loaded.h"
#include "zipf.h"

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
	{ "names", 'n', "N,..", 0, "Locks to choose from: one is as popular as its rank (Zipf's law)", 1 },
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

static bool is_among(const bench_list_t *list, double x)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i] == x)
			return true;
	return false;
}

/* Numbers with commas, each once: points of one cell could not be told apart. */
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
		if (is_among(to, x))
			argp_error(state, "%g twice: %s", x, text);
		to->at[to->n++] = x;
		if (*end == '\0')
			return;
		at = end;
	}
}

/* Of what cannot be halved. */
static void whole_list(const struct argp_state *state, const char *text, double least, double most, bench_list_t *to)
{
	list(state, text, least, most, to);
	for (size_t i = 0; i < to->n; i++)
		if (to->at[i] != floor(to->at[i]))
			argp_error(state, "not a list of whole numbers: %s", text);
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

/* ---- parsing ---- */

/* Options that depend on the scenario. */
static error_t parse_special(int key, char *arg, struct argp_state *state)
{
	bench_options_t *o = state->input;
	bench_config_t *c = &o->config;

	switch (key) {
	case 't':
		whole_list(state, arg, 1, BENCH_WORKERS_MOST, &o->threads);
		o->given |= BENCH_TAKES_THREADS;
		return 0;
	case 'p':
		whole_list(state, arg, 1, BENCH_WORKERS_MOST, &o->procs);
		o->given |= BENCH_TAKES_PROCS;
		return 0;
	case 'P':
		whole_list(state, arg, 1, BENCH_WORKERS_MOST / 2, &o->pairs);
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
		whole_list(state, arg, 0, 1e6, &c->resident_mib);
		o->given |= BENCH_TAKES_RESIDENT;
		return 0;
	case 'n':
		whole_list(state, arg, 1, BENCH_NAMES_MOST, &c->names);
		o->given |= BENCH_TAKES_NAMES;
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
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->reading;
		return 0;
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
		if (o->reading.kind)
			return ARGP_ERR_UNKNOWN; /* a file */
		add_scenario(state, o, arg);
		return 0;
	case ARGP_KEY_END:
		bench_options_check(state, o);
		return 0;
	default:
		return parse_special(key, arg, state);
	}
}

static void print_version(FILE *to, struct argp_state *state)
{
	(void)state;
	fprintf(to, "pawl-bench %d.%d.%d\n", PAWL_VERSION_MAJOR, PAWL_VERSION_MINOR, PAWL_VERSION_PATCH);
}

void bench_options_parse(bench_options_t *o, int argc, char **argv)
{
	static const struct argp_child children[] = { { &bench_reading_argp, 0, NULL, 4 }, { NULL, 0, NULL, 0 } };
	static const struct argp argp = { .options = options,
		.parser = parse,
		.children = children,
		.args_doc = "[SCENARIO...]",
		.doc = "Measure locks against each other, in rounds, on this machine.\v ",
		.help_filter = bench_options_help };

	*o = (bench_options_t){ .n = 0 };
	argp_program_version_hook = print_version;
	argp_parse(&argp, argc, argv, 0, NULL, o);
}
