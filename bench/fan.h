/* SPDX-License-Identifier: BSD-2-Clause */
/** fan.h: what rows of many locks have in common (fanrow.h): where the locks are, and a counter for each. */
#ifndef BENCH_FAN_H
#define BENCH_FAN_H

#include <stdint.h>

#include "row.h"
#include "zipf.h"

typedef struct bench_fan_count {
	_Alignas(64) volatile uint64_t n; /* sections under this lock, since the last reckoning */
} bench_fan_count_t;

/* In the row's memory. */
typedef struct bench_fan {
	void *locks;                 /* the row's own, shared */
	bench_fan_count_t *count;    /* of BENCH_NAMES_MOST; each protected by its lock */
	_Alignas(128) uint32_t done; /* workers that have ended */
} bench_fan_t;

/** Shared memory for the locks and the counters. */
void bench_fan_open(bench_fan_t *fan, size_t size);

/** The last worker to end adds the counters of all locks up: of sections that two had at once, some are missing there. */
void bench_fan_leave(bench_fan_t *fan, bench_run_t *run);

/** What the i-th lock is called. */
typedef char bench_fan_name_t[16];
void bench_fan_names(bench_fan_name_t names[BENCH_NAMES_MOST]);

#endif
