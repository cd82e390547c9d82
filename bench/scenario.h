/* SPDX-License-Identifier: BSD-2-Clause */
/** scenario.h: a way to use locks, and so to measure them. One file in scenarios/ each; scenarios.c lists them. */
#ifndef BENCH_SCENARIO_H
#define BENCH_SCENARIO_H

#include "config.h"
#include "results.h"
#include "row.h"

#define BENCH_ROWS_MOST 64

typedef struct bench_scenario {
	const char *name;               /* on the command line, in tables and documents */
	const char *what;               /* in a few words */
	const bench_row_t *const *rows; /* who can take part */
	unsigned traits;                /* ... if it has these */
	unsigned takes;                 /* options: a sum of BENCH_TAKES_* */
	bench_config_t usual, quick;    /* the defaults; those of --quick */

	/* Measure, and add a point for each cell and row to the results; print them for people if the format is a table.
	 * Returns whether every row did what it should; what failed is said on stderr, in the table, and in the point. */
	bool (*run)(const struct bench_scenario *scenario, const bench_config_t *config, bench_results_t *results);
} bench_scenario_t;

/** In the order in which they are run; ends with NULL. */
extern const bench_scenario_t *const bench_scenarios[];

/** NULL if there is none of that name. */
const bench_scenario_t *bench_scenario_named(const char *name);

/** The row of that name if it can take part; NULL. */
const bench_row_t *bench_scenario_row(const bench_scenario_t *scenario, const char *name);

/** The rows asked for, in the order of the scenario's table. Returns how many. */
size_t bench_scenario_rows(
	const bench_scenario_t *scenario, const bench_config_t *config, const bench_row_t *rows[BENCH_ROWS_MOST]);

/** Rows with one of these take no part unless they are named. */
#define BENCH_NOT_BY_ITSELF (BENCH_SLOW | BENCH_BROKEN | BENCH_LOADED)

#endif
