/* SPDX-License-Identifier: BSD-2-Clause */
/** contest.h: rows against each other in rounds, every row once in every cell: what scenarios with several workers share.
 *
 * A cell is so many workers, so long a section, so long a time between two sections, and perhaps so many locks.
 */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

#include "scenario.h"
#include "stats.h"
#include "window.h"

#define BENCH_CELLS_MOST 256

/** What a scenario makes of it. */
typedef struct bench_contest_kind {
	const char *act;     /* in points */
	const char *workers; /* what they are called: "threads" */
	bool threads;        /* the workers are threads, not processes */
	bool pairs;          /* half of them send, half of them receive: what is counted, are pairs */
	bool bare_alone;     /* one worker by itself: nothing inside, nothing outside */
	bool times;          /* single acquisitions are timed */
} bench_contest_kind_t;

/** Measure and print, as bench_scenario_t's run(). */
bool bench_contest(const bench_contest_kind_t *kind, const bench_scenario_t *scenario, const bench_config_t *config,
	bench_results_t *results);

/* ---- the state of a contest, for the files that make it and print it ---- */

/** A row as it takes part: opened, and with a spin budget of its own if --spins asks for several. */
typedef struct bench_entrant {
	bench_row_t row;
	char name[48];
	void *lock;
	const char *absent; /* why it takes no (further) part; NULL */
} bench_entrant_t;

typedef struct bench_contest {
	const bench_contest_kind_t *kind;
	const bench_scenario_t *scenario;
	const bench_config_t *config;
	bench_results_t *results;
	bench_entrant_t entrant[BENCH_ROWS_MOST];
	size_t entrants;
	bench_window_t cell[BENCH_CELLS_MOST];
	size_t cells;
	uint16_t *draws[BENCH_LIST_MOST]; /* for each number of locks in the configuration */
	bench_point_t **point;            /* [cell][entrant]; NULL: has no place there */
	uint64_t *every;                  /* [cell][entrant]: one acquisition in so many is timed; 0: not yet known */
	double turn_least, turn_most;     /* what calibration gave, in ns a turn */
	bool failed;
} bench_contest_t;

/** Before the first round: rows, cells, points. After the last: give back what they took, but for the points. */
void bench_contest_line_up(bench_contest_t *t);
void bench_contest_disband(bench_contest_t *t);

/** What one entrant did in one cell; NULL. */
static inline bench_point_t *bench_contest_point(const bench_contest_t *t, size_t cell, size_t who)
{
	return t->point[cell * t->entrants + who];
}

/** Two entrants in one cell, round by round, in one kind of figure. */
bench_ratio_t bench_contest_ratio(const bench_contest_t *t, size_t cell, size_t a, size_t b, bench_figure_t figure);

/** The entrant of that name; as many as there are if there is none. */
size_t bench_contest_find(const bench_contest_t *t, const char *name);

/** A line for each row in each cell. */
void bench_contest_print(const bench_contest_t *t);

/** pawl's rows against each of the others, by number of workers: throughput, CPU time, and how evenly it was shared. */
void bench_contest_summary(const bench_contest_t *t);

#endif
