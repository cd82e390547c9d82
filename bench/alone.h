/* SPDX-License-Identifier: BSD-2-Clause */
/** alone.h: single operations of one thread (act.h), each in many short runs, the rows in turn. */
#ifndef BENCH_ALONE_H
#define BENCH_ALONE_H

#include <stdbool.h>

#include "options.h"

typedef struct bench_alone_config {
	const char *bench; /* its name in JSON */
	bench_options_t common;
	const char *const *acts;  /* which, in this order; ends with NULL */
	const char *floor;        /* the row to compare with, act by act */
	const char *peer, *peer2; /* and another one; where it lacks an act, the second */
} bench_alone_config_t;

/** Measure, and print to stdout with `facts` about the machine. Returns whether every operation did what it should. */
bool bench_alone(const bench_alone_config_t *config, bench_facts_t *facts);

#endif
