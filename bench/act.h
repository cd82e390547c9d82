/* SPDX-License-Identifier: BSD-2-Clause */
/** act.h: single operations of one thread on a row's lock: what the scenario `alone` measures.
 *
 * A row lists those it has; row.h says where. They have these names, so that rows can be compared:
 *   pair         take it, give it back
 *   try          try to take it, which succeeds; give it back
 *   refused      try to take it, which fails: another thread holds it
 *   nested       take once more what this thread holds, and give that back
 *   timed        take it with a deadline far off, give it back
 *   timed+clock  the same, the deadline made anew from the clock
 */
#ifndef BENCH_ACT_H
#define BENCH_ACT_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include <pawl/annotate.h>

typedef enum bench_holder { BENCH_FREE, BENCH_OURS, BENCH_THEIRS } bench_holder_t;

typedef struct bench_act {
	const char *name;
	bench_holder_t holder;                            /* who has taken the lock beforehand */
	int (*run)(void *mem, uint64_t n);                /* do it `n` times; 0, or what it failed with */
	double (*elsewhere)(const struct bench_act *act); /* in place of run: nanoseconds, by another program; NAN: none */
} bench_act_t;

/** Defines a run(): `what` is an expression that is 0 when the operation did what it should; `prepare` are declarations
 * from `void *mem`. Every operation pays for the same surroundings: a count, a test of its result. */
#define BENCH_ACT(function, prepare, what)                                                                             \
	__attribute__((noinline, aligned(64))) static int function(void *mem, uint64_t n)                              \
	{                                                                                                              \
		prepare;                                                                                               \
		for (; n != 0; n--) {                                                                                  \
			int rc = (what);                                                                               \
                                                                                                                       \
			if (PAWL_UNLIKELY(rc != 0))                                                                    \
				return rc;                                                                             \
		}                                                                                                      \
		return 0;                                                                                              \
	}

/** In an act that has to fail with `error`. */
#define BENCH_FAILS(rc, error) ((rc) == (error) ? 0 : EPROTO)

#endif
