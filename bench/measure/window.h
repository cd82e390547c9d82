/* SPDX-License-Identifier: BSD-2-Clause */
/** window.h: one measurement: so many processes, or threads of one process, use one lock for so long. */
#ifndef BENCH_WINDOW_H
#define BENCH_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "latency.h"
#include "row.h"

/** What is asked for. */
typedef struct bench_window {
	unsigned workers;
	unsigned counted;             /* the first so many of them; the others help them to their operations */
	bool threads;                 /* they are threads of a process of their own, with a lock of its own */
	double inside_ns, outside_ns; /* outside varies by half of it either way */
	unsigned names;               /* locks to choose from; 0: there is one, without a name */
	const uint16_t *draws;        /* which of them is next (zipf.h); NULL */
	int64_t length_ns;
	bool pin;     /* worker i to the i-th allowed CPU */
	double again; /* repeat while others use more of a CPU than this */
	uint64_t seed;
	uint64_t every; /* time one acquisition in so many, at random; 0: none */
} bench_window_t;

/** What came of it. */
typedef struct bench_sample {
	double ops_per_s;
	double cpu_ns;       /* CPU time of the workers per acquire + release */
	double switches;     /* of context, voluntary or not, per 1000 of these */
	double least, most;  /* of the workers: its part of the operations, 1/workers if all were equal */
	double jain;         /* Jain's index over all of them */
	double foreign;      /* part of one CPU that others used meanwhile */
	const char *failure; /* NULL; or why the row is broken */
	double latency[BENCH_LATENCY_RANKS]; /* NAN where nothing was timed */
	size_t timed;                        /* so many are ranked */
} bench_sample_t;

/** Measure once. `lock` is the row's opened memory; threads open another. */
bench_sample_t bench_window_once(const bench_row_t *row, void *lock, const bench_window_t *window);

/** Measure, and again while others use too much of the machine (load.h). The quietest try. */
bench_sample_t bench_window(const bench_row_t *row, void *lock, const bench_window_t *window);

#endif
