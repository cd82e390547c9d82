/* SPDX-License-Identifier: BSD-2-Clause */
/** config.h: what a scenario is asked to measure: its own defaults, changed by the command line (options.h). */
#ifndef BENCH_CONFIG_H
#define BENCH_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_LIST_MOST 16

typedef enum bench_format { BENCH_TABLE, BENCH_CSV, BENCH_JSON } bench_format_t;

/** Options that not every scenario takes. */
enum bench_option {
	BENCH_TAKES_THREADS = 1 << 0,
	BENCH_TAKES_PROCS = 1 << 1,
	BENCH_TAKES_PAIRS = 1 << 2,
	BENCH_TAKES_INSIDE = 1 << 3,
	BENCH_TAKES_OUTSIDE = 1 << 4,
	BENCH_TAKES_WINDOW = 1 << 5,
	BENCH_TAKES_PIN = 1 << 6,
	BENCH_TAKES_FOREIGN = 1 << 7,
	BENCH_TAKES_SEED = 1 << 8,
	BENCH_TAKES_RESIDENT = 1 << 9,
	BENCH_TAKES_SPINS = 1 << 10,
	BENCH_TAKES_LOAD = 1 << 11,
	BENCH_TAKES_SUMMARY = 1 << 12,
	BENCH_TAKES_NAMES = 1 << 13,
};

typedef struct bench_list {
	double at[BENCH_LIST_MOST];
	size_t n;
} bench_list_t;

#define BENCH_LIST(...)                                                                                                \
	{                                                                                                              \
		{ __VA_ARGS__ }, sizeof((double[]){ __VA_ARGS__ }) / sizeof(double)                                    \
	}

typedef struct bench_config {
	unsigned rounds;  /* each row is measured so often, in turn */
	const char *only; /* names of rows, with commas; NULL: all but those that have to be asked for */
	unsigned asked;   /* rows with one of these traits are asked for, whatever `only` says */
	const char *peer; /* the row that the others are compared with, point by point */

	bench_list_t workers; /* --threads, --procs or --pairs */
	bench_list_t inside, outside;
	bench_list_t names;        /* locks to choose from */
	bench_list_t spins;        /* pawl's rows once for each of these budgets */
	bench_list_t resident_mib; /* memory that a holder has touched before it is killed */

	long window_ms;           /* 0: one of the next two */
	long free_ms, crowded_ms; /* a window with no more workers than CPUs; with more */
	bool pin;
	double most_foreign; /* load by others above which a sample is thrown away */
	uint64_t seed;

	bench_format_t format;
	bool summary; /* for people and as CSV: not the points */
} bench_config_t;

#endif
