/* SPDX-License-Identifier: BSD-2-Clause */
/** load.h: how much of the machine others used while we measured. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdint.h>

#define BENCH_LOAD_AGAIN                                                                                               \
	0.30 /* of one CPU: above this a measurement is repeated, up to BENCH_LOAD_TRIES times in all */
#define BENCH_LOAD_DROP  0.50 /* above this its best try is thrown away */
#define BENCH_LOAD_TRIES 3

typedef struct bench_load {
	int64_t wall_ns; /* when */
	int64_t busy_ns; /* time all CPUs were busy since boot, or taken from us by the hypervisor */
	int64_t own_ns;  /* CPU time of this process and of its children that were waited for */
} bench_load_t;

/** Read the counters now. Their unit is 10 ms: below windows of some 50 ms the share below is coarse. */
bench_load_t bench_load_now(void);

/** The share of one CPU that others used since `before`: 0 and up; 0 if /proc cannot be read. */
double bench_load_foreign(const bench_load_t *before);

/** Wait, 100 ms at most, until nothing but us wants to run. */
void bench_load_wait(void);

#endif
