/* SPDX-License-Identifier: BSD-2-Clause */
/** deadline.h: deadlines for the rows of others' locks: one far off, and one that is made anew from the clock each time. */
#ifndef BENCH_DEADLINE_H
#define BENCH_DEADLINE_H

#include <stdint.h>
#include <time.h>

__attribute__((unused)) static const struct timespec bench_far = { .tv_sec = INT32_MAX };

static inline const struct timespec *bench_in_a_second(clockid_t clock, struct timespec *end)
{
	clock_gettime(clock, end);
	end->tv_sec++;
	return end;
}

/** A second from now, in a variable of its own. */
#define BENCH_SOON(clock) bench_in_a_second(clock, &(struct timespec){ .tv_sec = 0 })

/** The same for pawl's. */
#define BENCH_FAR ((pawl_deadline_t)INT64_MAX / 2)

#endif
