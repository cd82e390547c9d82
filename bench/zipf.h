/* SPDX-License-Identifier: BSD-2-Clause */
/** zipf.h: which of many locks is wanted next: the i-th most popular one 1/i as often as the first, as names in the world are
 * used. Drawn beforehand: nothing of it is paid for while something is measured. */
#ifndef BENCH_ZIPF_H
#define BENCH_ZIPF_H

#include <stdint.h>

#define BENCH_NAMES_MOST 4096
#define BENCH_DRAWS      65536 /* a power of two: they are gone through again and again */

/** Draw BENCH_DRAWS numbers below `names` (1 to BENCH_NAMES_MOST); 0 is the most popular. `seed` is not 0. */
void bench_zipf(uint16_t draws[BENCH_DRAWS], unsigned names, uint64_t seed);

#endif
