/* SPDX-License-Identifier: BSD-2-Clause */
/** run.h: running seeds. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "check.h"

/** Fill in the numbers that are 0: worlds of two to six hosts, by the seed. */
struct options run_shape(struct options o);

/** One seed. Returns whether nothing was violated; else `failure` says what. */
bool run_seed(const struct options *o);

/** Parts of it: the world and its first events; all that happens before `end`. */
void run_begin(const struct options *o);
bool run_until(int64_t end);

/** The seeds first..last, on all CPUs, until one fails. Returns that one; 0: none. Adds to `counts`. */
uint64_t run_batch(const struct options *o, uint64_t first, uint64_t last);

/** Leave out of a failing run what is not needed for the failure, and print it. `how`: before each line. */
void run_shrink(struct options o, const char *how);
/** The command that runs it. */
void run_print(const struct options *o, const char *how);

/** Messages do not grow with those who wait. */
void scale_herd(void);
/** The table. */
void scale_table(void);

#endif
