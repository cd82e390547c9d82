/* SPDX-License-Identifier: BSD-2-Clause */
/** contest.h: rows against each other in rounds, every row once in every cell, and the tables of what came of it.
 *
 * A cell is so many workers, so long a section, so long a time between two sections.
 */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "stats.h"
#include "window.h"

#define BENCH_LIST_MOST  16
#define BENCH_CELLS_MOST 256

/** What is asked for: the program's defaults, changed by the options of contest_options.c. */
typedef struct bench_contest_config {
	const char *bench; /* its name in JSON */
	bench_options_t common;
	bool threads; /* the workers are threads, not processes */
	bool pairs;   /* half of them send, half of them receive: what `workers` counts, are pairs */
	double workers[BENCH_LIST_MOST], inside[BENCH_LIST_MOST], outside[BENCH_LIST_MOST], spins[BENCH_LIST_MOST];
	size_t n_workers, n_inside, n_outside, n_spins;
	bool bare_alone;          /* one worker by itself: nothing inside, nothing outside */
	long window_ms;           /* 0: one of the next two */
	long free_ms, crowded_ms; /* a window with no more workers than CPUs; with more */
	bool pin;
	double drop; /* foreign load above which a sample is thrown away; 0: BENCH_LOAD_DROP, but none in a quick look */
	const char *peer; /* the row that the others are compared with, cell by cell */
	uint64_t seed;
	bool summary; /* as CSV or JSON, the summary in place of the cells */
} bench_contest_config_t;

/** The options that all contests share. Its input is a bench_contest_config_t. */
extern const struct argp bench_contest_argp;

/** Parse the value of a program's own --procs or --threads. */
void bench_contest_workers(const struct argp_state *state, bench_contest_config_t *config, const char *text);

/* ---- the state of a contest, for the files that print it ---- */

/** A row as it takes part: opened, and with a spin budget of its own if --spins asks for several. */
typedef struct bench_entrant {
	bench_row_t row;
	char name[48];
	void *lock;
	const char *absent; /* why it takes no (further) part; NULL */
} bench_entrant_t;

typedef enum bench_figure {
	BENCH_RATE,
	BENCH_CPU,
	BENCH_LEAST,
	BENCH_MOST,
	BENCH_JAIN,
	BENCH_SWITCHES,
	BENCH_FIGURES
} bench_figure_t;

/** A figure of each kind per round; NAN where there is none. */
typedef struct bench_series {
	double *figure[BENCH_FIGURES];
	double foreign; /* the worst of those kept */
	unsigned dropped;
} bench_series_t;

typedef struct bench_contest {
	const bench_contest_config_t *config;
	bench_entrant_t entrant[BENCH_ROWS_MOST];
	size_t entrants;
	bench_window_t cell[BENCH_CELLS_MOST];
	size_t cells;
	bench_series_t *series;       /* [cell][entrant] */
	double turn_least, turn_most; /* what calibration gave, in ns a turn */
	bool failed;
} bench_contest_t;

/** What one entrant did in one cell. */
static inline const bench_series_t *bench_contest_series(const bench_contest_t *t, size_t cell, size_t who)
{
	return &t->series[cell * t->entrants + who];
}

/** Whether it has a place in that cell. */
static inline bool bench_contest_takes_part(const bench_contest_t *t, size_t cell, size_t who)
{
	return t->cell[cell].workers == 1 || !(t->entrant[who].row.traits & BENCH_ALONE);
}

/** The entrant of that name; as many as there are if there is none. */
size_t bench_contest_find(const bench_contest_t *t, const char *name);

/** A line for each row in each cell. */
void bench_contest_print(const bench_contest_t *t, const bench_facts_t *facts);

/** pawl's rows against each of the others, by number of workers: throughput, CPU time, and how evenly it was shared. */
void bench_contest_summary(const bench_contest_t *t, const bench_facts_t *facts);

/* ---- all of it ---- */

/** Measure, and print to stdout with `facts` about the machine, to which the contest's own are added.
 * Returns whether every row passed its self-check; what failed is said on stderr and in the table. */
bool bench_contest(const bench_contest_config_t *config, bench_facts_t *facts);

#endif
