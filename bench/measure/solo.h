/* SPDX-License-Identifier: BSD-2-Clause */
/** solo.h: single operations of one thread (act.h), each in many short runs, the rows in turn. */
#ifndef BENCH_SOLO_H
#define BENCH_SOLO_H

#include "scenario.h"

#define BENCH_SOLO_MOST 512

/** One operation of one row. */
typedef struct bench_solo_entry {
	const bench_row_t *row;
	const bench_act_t *act;
	void *lock;
	uint64_t times; /* in one run */
	double *ns;     /* per round; NAN: not measured */
	const char *failure;
} bench_solo_entry_t;

typedef struct bench_solo {
	const bench_scenario_t *scenario;
	const bench_config_t *config;
	bench_solo_entry_t entry[BENCH_SOLO_MOST];
	size_t n;
	uint32_t held; /* 1: the other thread has what it should hold */
	bool failed;
} bench_solo_t;

/** Measure every operation of the rows asked for, once in each round. */
void bench_solo(bench_solo_t *alone, const bench_scenario_t *scenario, const bench_config_t *config);
void bench_solo_free(bench_solo_t *alone);

#endif
