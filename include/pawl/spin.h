/* SPDX-License-Identifier: BSD-2-Clause */
/** spin.h: a test-and-test-and-set spinlock that gives way when there are more threads than CPUs. Header-only.
 *
 * For       a few hundred nanoseconds of work that cannot block.
 * Not for   work that may be preempted, sleep or die: nobody notices a dead holder. Use pawl_robust_t for that.
 * Costs     one compare-and-swap and one store, about 2.5 ns: the physical limit (bench/).
 *
 * The word, 32 bits, any address in private or shared memory:
 *
 *   value  means  set by                     cleared by
 *   0      free   zero-filled memory is it
 *   1      held   the CAS of lock, trylock   the store of unlock: the last touch, so the next owner may free the memory
 *
 * Waiting: loads only, so that the owner keeps the cache line; between two looks a run of pauses that doubles up to
 * about 0.8 us. The length of a pause differs tenfold between CPUs (10 to 140 cycles), so the run is measured by the
 * clock, in the call that waits, not counted. After 25 us in all, each look costs a sched_yield: with more threads than
 * CPUs the owner is probably waiting for ours. Numbers: bench/, tests/unit/test_spin.c.
 */
#ifndef PAWL_SPIN_H
#define PAWL_SPIN_H

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <time.h>

#include <pawl/annotate.h>

PAWL_EXTERN_C_BEGIN

typedef struct PAWL_CAPABILITY("spinlock") pawl_spin {
	uint32_t word; /* protects what you say it protects */
} pawl_spin_t;

#define PAWL_SPIN_INIT                                                                                                 \
	{                                                                                                              \
		0                                                                                                      \
	}

PAWL_STATIC_ASSERT(sizeof(pawl_spin_t) == 4, "four bytes, pinned: it lives in other people's structures");

#define PAWL_SPIN_REST_NS  800 /* longest rest between two looks: longer ones add latency, shorter ones slow the owner */
#define PAWL_SPIN_YIELD_NS 25000 /* from here on the owner is taken to be off its CPU */

/** Take the lock if it is free.
 * Returns  0 or EBUSY. One load when it is held: a refused try does not disturb the owner's cache line.
 * Order    acquire; pairs with pawl_spin_unlock() [SP1/SP2].
 * Blocks   no.  Threads  any.  Fork  a child inherits the word as it is.
 * Signals  async-signal-safe; a handler must not take what its thread may hold.  Cancel  not a cancellation point. */
PAWL_MUST_CHECK static inline int pawl_spin_trylock(pawl_spin_t *s) PAWL_TRY_ACQUIRE(0, *s)
{
	uint32_t zero = 0;

	/* relaxed: a hint that saves the cache line; the CAS decides */
	if (PAWL_LOAD(&s->word, RELAXED) != 0)
		return EBUSY;
	/* SP1 acquire: pairs with SP2 (unlock): what the last holder wrote is visible here */
	return PAWL_CAS(&s->word, &zero, 1u, ACQUIRE) ? 0 : EBUSY;
}

/* The clock for rests: C11's, so that the header needs no feature macro. It may jump; a rest is clamped, not trusted. */
static inline int64_t pawl_spin_clock_(void)
{
	struct timespec now;

	timespec_get(&now, TIME_UTC);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* One rest of a waiter. */
static inline void pawl_spin_pause_(unsigned n)
{
	while (n-- > 0)
		PAWL_CPU_PAUSE();
}

/* How many pauses make PAWL_SPIN_REST_NS on this CPU, by the clock: n pauses took `ns`. */
static inline unsigned pawl_spin_longest_(unsigned n, int64_t ns)
{
	if (ns >= PAWL_SPIN_REST_NS * n) /* a CPU without a pause, or we were preempted, or the clock was set */
		return 1;
	if (ns < PAWL_SPIN_REST_NS * n / 1024)
		return 1024;
	return (unsigned)(PAWL_SPIN_REST_NS * n / ns);
}

/* The waiting part of pawl_spin_lock(), out of the way of the path that does not wait. */
__attribute__((noinline, unused)) static void pawl_spin_wait_(pawl_spin_t *s) PAWL_NO_ANALYSIS
{
	unsigned run, longest;
	int64_t start, before;

	for (run = 1; run < 8; run *= 2) { /* a short section is over by then: do not even read the clock */
		if (pawl_spin_trylock(s) == 0)
			return;
		pawl_spin_pause_(run);
	}
	before = pawl_spin_clock_();
	pawl_spin_pause_(run);
	start = pawl_spin_clock_();
	longest = pawl_spin_longest_(run, start - before);
	while (pawl_spin_trylock(s) != 0) {
		int64_t waited = pawl_spin_clock_() - start;

		if (waited < 0 || waited > PAWL_SPIN_YIELD_NS) {
			PAWL_YIELD();
			continue;
		}
		pawl_spin_pause_(run);
		run = run * 2 < longest ? run * 2 : longest;
	}
}

/** Take the lock, spinning until it is free.
 * Order    acquire; pairs with pawl_spin_unlock() [SP1/SP2].
 * Blocks   spins; sched_yield once 25 us have passed. No fairness: see the bench before you rely on it.
 * Threads  any.  Fork  a child inherits the word as it is.
 * Signals  async-signal-safe; a handler must not take what its thread may hold.  Cancel  not a cancellation point. */
static inline void pawl_spin_lock(pawl_spin_t *s) PAWL_ACQUIRE(*s) PAWL_NO_ANALYSIS
{
	uint32_t zero = 0;

	/* SP1 acquire: pairs with SP2 (unlock), as in trylock */
	if (PAWL_UNLIKELY(!PAWL_CAS(&s->word, &zero, 1u, ACQUIRE)))
		pawl_spin_wait_(s);
}

/** Give it up. The caller must hold it: nothing checks.
 * Order    release; pairs with pawl_spin_lock() [SP1/SP2]. Nothing is touched after the store.
 * Blocks   no, wait-free.  Signals  async-signal-safe.  Cancel  not a cancellation point. */
static inline void pawl_spin_unlock(pawl_spin_t *s) PAWL_RELEASE(*s) PAWL_NO_ANALYSIS
{
	/* SP2 release: pairs with SP1 (lock, trylock): nothing of the section may sink below this store */
	PAWL_STORE(&s->word, 0u, RELEASE);
}

/** Tell clang's analysis that this thread holds `s`, where it cannot see that. Does nothing. */
static inline void pawl_spin_assert_held(const pawl_spin_t *s) PAWL_ASSERT_HELD(*s)
{
	(void)s;
}

PAWL_EXTERN_C_END

#endif
