/* SPDX-License-Identifier: BSD-2-Clause */
/** options.h: the command line of pawl-bench: which scenarios, and what for each of them differs from its defaults. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "config.h"
#include "reading.h"
#include "scenario.h"

#define BENCH_SCENARIOS_MOST 16

typedef struct bench_options {
	const bench_scenario_t *scenario[BENCH_SCENARIOS_MOST]; /* to be run */
	size_t n;
	bench_reading_t reading; /* in place of all of this, if it has a kind */
	bool quick, list;
	unsigned given; /* of BENCH_TAKES_* */
	bench_list_t threads, procs, pairs;
	bench_config_t config;            /* the rest of what was given; 0, NULL and empty: was not */
	const char *json_file, *csv_file; /* to be written beside what goes to stdout; NULL */
} bench_options_t;

/** Parse; wrong usage ends the program with 64. */
void bench_options_parse(bench_options_t *options, int argc, char **argv);

/** What a scenario is asked to do: its defaults, or those of --quick, changed by what was given and concerns it. */
bench_config_t bench_options_config(const bench_options_t *options, const bench_scenario_t *scenario);

/* ---- the parts of the command line ---- */
struct argp_state;

/** After the last option: choose the scenarios, and see whether each option is of use to one; else a usage error. */
void bench_options_check(const struct argp_state *state, bench_options_t *options);

/** The help filter of argp. */
char *bench_options_help(int key, const char *text, void *input);

#endif
