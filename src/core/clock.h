/* SPDX-License-Identifier: BSD-2-Clause */
/** clock.h: the clocks of pawl, in nanoseconds. A read costs as much as several locks, so all but pawl__boot_known() is for slow
 * paths. */
#ifndef PAWL__CLOCK_H
#define PAWL__CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <pawl/annotate.h>

/** CLOCK_MONOTONIC: deadlines, slices, ages. */
int64_t pawl__now(void);

static inline int64_t pawl__sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/** CLOCK_BOOTTIME: leases. It goes on while the machine sleeps. */
int64_t pawl__boot(void);

/** The same for a hot path: never early, late by 2 ms at most. Reads the clock once in a while, and in between a counter that
 * tells that it was not long ago. */
static inline int64_t pawl__boot_late(void);

/** The same, without a call: false, and nothing, if the clock would have to be read. */
static inline bool pawl__boot_known(int64_t *late);

/** CLOCK_REALTIME: where the token counters of a new segment begin, never a deadline. */
int64_t pawl__now_real(void);

/* When this thread read CLOCK_BOOTTIME last, by the counter, and what that is late by 2 ms at most since. */
struct pawl__boot_read {
	uint64_t ticks;
	int64_t late;
};

extern __thread struct pawl__boot_read pawl__boot_last;

int64_t pawl__boot_again(void);

/* The time stamp counter of a CPU that says it is invariant ticks at least once a nanosecond or two, in every power state, and
 * alike on all cores. It is asked one thing only: has little time passed since this thread read the clock? After a suspension it
 * has gone on, or begun at zero: both look long. A virtual machine that is stopped with its counter stops its clock too. */
#define PAWL__FEW_TICKS 1048576u

static inline bool pawl__boot_known(int64_t *late)
{
#ifdef __x86_64__
	*late = pawl__boot_last.late;
	return PAWL_LIKELY(__builtin_ia32_rdtsc() - pawl__boot_last.ticks < PAWL__FEW_TICKS);
#else
	*late = pawl__boot_again();
	return true;
#endif
}

static inline int64_t pawl__boot_late(void)
{
	int64_t late;

	return pawl__boot_known(&late) ? late : pawl__boot_again();
}

#endif
