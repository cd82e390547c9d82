/* SPDX-License-Identifier: BSD-2-Clause */
/** clock.c: clocks and deadlines. */
#include <time.h>

#include <pawl/base.h>

#include "core/clock.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

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

int64_t pawl__boot(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

__thread struct pawl__boot_read pawl__boot_last;

#ifdef __x86_64__
#define LATE_NS 2000000

static bool ask_for_counter(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d >> 8 & 1);
}

static bool has_counter(void)
{
	static uint32_t known;                   /* 1 no, 2 yes */
	uint32_t k = PAWL_LOAD(&known, RELAXED); /* relaxed: everybody finds out the same */

	if (k == 0) {
		k = ask_for_counter() ? 2 : 1;
		PAWL_STORE(&known, k, RELAXED); /* relaxed: as above */
	}
	return k == 2;
}

int64_t pawl__boot_again(void)
{
	uint64_t ticks = __builtin_ia32_rdtsc(); /* before the clock: what is counted from it is not too little */
	int64_t now = pawl__boot();

	if (has_counter())
		pawl__boot_last = (struct pawl__boot_read){ .ticks = ticks, .late = now + LATE_NS };
	return now;
}
#else
int64_t pawl__boot_again(void)
{
	return pawl__boot();
}
#endif

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
