/* SPDX-License-Identifier: BSD-2-Clause */
/** fan_none.c: no locks at all: what the loop costs, the draws and the counters; with two workers it must fail the self-check. */
#define ROW          none
#define WHAT         "no lock: what the loop costs; fails the check when contended"
#define TRAITS       BENCH_BROKEN
#define TYPE         char
#define LOCK(l, i)   0
#define UNLOCK(l, i) 0
#include "../fanrow.h"
