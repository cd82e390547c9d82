/* SPDX-License-Identifier: BSD-2-Clause */
/** clock.c: clocks and deadlines. */
#include <time.h>

#include <pawl/base.h>

#include "core/clock.h"

static int64_t read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t pawl__now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t pawl__now_real(void)
{
	return read_clock(CLOCK_REALTIME);
}

pawl_deadline_t pawl_in_ns(int64_t n)
{
	int64_t then;

	if (__builtin_add_overflow(pawl__now(), n, &then))
		return n > 0 ? PAWL_FOREVER : 1;
	return then > 1 ? then : 1; /* never PAWL_TRY */
}

pawl_deadline_t pawl_in_ms(int64_t n)
{
	int64_t ns;

	if (__builtin_mul_overflow(n, (int64_t)1000000, &ns))
		return n > 0 ? PAWL_FOREVER : 1;
	return pawl_in_ns(ns);
}
