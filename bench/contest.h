/* SPDX-License-Identifier: BSD-2-Clause */
/** contest.h: rows against each other in rounds, every row once in every cell, and the table of what came of it. */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

#define BENCH_LIST_MOST 16

typedef struct bench_contest_config {
	bench_options_t common; /* `rounds` is set */
	double procs[BENCH_LIST_MOST], inside[BENCH_LIST_MOST], spins[BENCH_LIST_MOST];
	size_t n_procs, n_inside, n_spins;
	double outside_ns;
	long window_ms; /* 0: by the number of processes */
	bool pin;
	double drop;      /* foreign load above which a sample is thrown away */
	const char *peer; /* the row that the others are compared with */
	uint64_t seed;
} bench_contest_config_t;

/** Measure, and print to stdout with `facts` about the machine, to which the contest's own are added.
 * Returns whether every row passed its self-check; what failed is said on stderr and in the table. */
bool bench_contest(const bench_contest_config_t *config, bench_facts_t *facts);

#endif
