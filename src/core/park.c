/* SPDX-License-Identifier: BSD-2-Clause */
/** park.c: futex wait, futex_waitv with its fallback, wake; and the defaults of tune.h. */
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <pawl/base.h>

#include "core/clock.h"
#include "core/park.h"
#include "core/tune.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449 /* the same on every architecture; Linux 5.16 */
#endif

/* Longest sleep where only one word can be watched: a death is then noticed by looking. 8 sleepers cost 6 to 20 % of a
 * CPU at this rate, and 1 to 2 % at the 50 ms of the usual slice, which is why both are not the same. */
#define FALLBACK_SLICE_NS 5000000

/* How long to look before sleeping. 2 processes on 2 CPUs, 50 ns outside, throughput over glibc's robust mutex, medians
 * of 26 paired rounds, workers in a real-time class because others used the machine:
 *
 *   section   4 us   8 us   25 us
 *   0 ns      1.30   1.29   1.43   +-11 %: no difference
 *   150 ns    1.92   1.72   1.96   +-5 %: none between 4 and 25
 *   1 us      1.49   1.51   1.61   +-3 %; in two other runs 1.23 and 1.50, 1.57 and 1.66 for 4 and 25 us
 *
 * 4 and 8 processes were measured on a busy machine only: no difference above its noise of 10 to 20 %.
 *
 * Naps: 4 threads on 2 CPUs, 500 ns inside, nothing outside, 200 ms each. Without, every release wakes somebody who cannot
 * fall asleep, and of two CPUs 1.2 to 1.8 are spent in the kernel; with, it is 0.1, and M pairs a second:
 *
 *   nap      none                   50 us
 *   pairs    0.36, 1.01, 0.92       1.79, 1.80, 2.26; nsync beside both: 0.76, 1.36, 1.60 and 1.45
 *   CPUs     1.51, 1.98, 1.95       0.95, 1.11, 1.09;                    1.23, 1.17, 1.08 and 1.06 */
struct pawl__tune pawl__tune = {
	.slice_ns = 50000000,
	.spin_ns = 25000,
	.own_spin_ns = 25000,
	.crowd_spin_ns = 1000,
	.nap_ns = 50000,
	.hungry_ns = 1000000,
	.turn_ns = 1000000,
	.no_waitv = false,
};

/* The kernel's struct futex_waitv, spelled out for headers older than 5.16. */
struct waitv {
	uint64_t value;
	uint64_t address;
	uint32_t flags;
	uint32_t reserved;
};
#define WAITV_U32     2u
#define WAITV_PRIVATE 128u

static struct timespec *as_timespec(int64_t until, struct timespec *t)
{
	if (until == PAWL_FOREVER)
		return NULL;
	t->tv_sec = until / 1000000000;
	t->tv_nsec = until % 1000000000;
	return t;
}

static bool waitv_is_refused(void)
{
	return __atomic_load_n(&pawl__tune.no_waitv, __ATOMIC_RELAXED); /* relaxed: a cached answer of the kernel's */
}

static long waitv(const struct pawl__watch *watch, unsigned n, int64_t until)
{
	struct timespec t;
	struct waitv v[PAWL__PARK_MOST];

	for (unsigned i = 0; i < n; i++)
		v[i] = (struct waitv){ .value = watch[i].value,
			.address = (uintptr_t)watch[i].word,
			.flags = WAITV_U32 | (watch[i].is_private ? WAITV_PRIVATE : 0) };
	return syscall(SYS_futex_waitv, v, n, 0, as_timespec(until, &t), CLOCK_MONOTONIC);
}

/* ETIMEDOUT and EAGAIN as they are; a signal is as good as a wake. */
static int result(long rc)
{
	return rc < 0 && (errno == ETIMEDOUT || errno == EAGAIN) ? errno : 0;
}

static int wait_one(const struct pawl__watch *w, int64_t until)
{
	struct timespec t;
	int op = FUTEX_WAIT_BITSET | (w->is_private ? FUTEX_PRIVATE_FLAG : 0);

	return result(syscall(SYS_futex, w->word, op, w->value, as_timespec(until, &t), NULL, FUTEX_BITSET_MATCH_ANY));
}

int pawl__park(const struct pawl__watch *watch, unsigned n, int64_t until)
{
	int64_t look;

	if (n == 1)
		return wait_one(watch, until);
	if (!waitv_is_refused()) {
		long rc = waitv(watch, n, until);

		/* EPERM and EACCES are what seccomp filters say to a call they do not know. */
		if (rc >= 0 || (errno != ENOSYS && errno != EPERM && errno != EACCES))
			return result(rc);
		/* relaxed: whoever does not see it asks the kernel once more */
		__atomic_store_n(&pawl__tune.no_waitv, true, __ATOMIC_RELAXED);
	}
	look = pawl__now() + FALLBACK_SLICE_NS;
	return wait_one(watch, look < until ? look : until);
}

int pawl__wake(const uint32_t *word, int n)
{
	long woken = syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);

	return woken > 0 ? (int)woken : 0; /* EFAULT: the next owner has unmapped it, so nobody sleeps there */
}

int pawl__wake_private(const uint32_t *word, int n)
{
	long woken = syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, n, NULL, NULL, 0);

	return woken > 0 ? (int)woken : 0;
}

void pawl__rest(unsigned run)
{
	while (run-- > 0)
		PAWL_CPU_PAUSE();
}

void pawl__yield(void)
{
	sched_yield();
}

bool pawl__can_waitv(void)
{
	uint32_t word = 0;
	struct pawl__watch watch = { .word = &word, .value = 1 };

	if (waitv_is_refused())
		return false;
	return waitv(&watch, 1, 1) >= 0 || errno == EAGAIN || errno == ETIMEDOUT;
}
