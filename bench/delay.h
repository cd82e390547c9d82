/* SPDX-License-Identifier: BSD-2-Clause */
/** delay.h: work that takes a known time and touches no memory: what a section, or the time between two, is made of. */
#ifndef BENCH_DELAY_H
#define BENCH_DELAY_H

#include <stdint.h>

/** Turn an empty loop. One function for every row, never inlined and on a line of its own: two inlined copies of the same
 * loop have differed twofold by where they happened to lie. */
void bench_delay(uint64_t turns);

/** Measure what a turn costs, in nanoseconds: the best of many short runs, since all that disturbs makes it longer. */
double bench_delay_calibrate(void);

/** The turns that take `ns`, by the last calibration. */
uint64_t bench_delay_turns(double ns);

/** Something between half and one and a half times `turns`, so that workers do not fall into step. */
static inline uint64_t bench_delay_vary(uint64_t *seed, uint64_t turns)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return turns / 2 + (uint64_t)(((*seed >> 32) * (turns + 1)) >> 32);
}

#endif
