/* SPDX-License-Identifier: BSD-2-Clause */
/** model_engine.c: the explorer itself: a futex mutex of three states, an asymmetric one, and faults that it has to find.
 *
 * Each fault stands beside what finds it, and beside what cannot: a relaxed release needs PSO, a missing membarrier a store
 * buffer, a woken thread that forgets the others a third thread.
 */
#include <pawl/base.h>

#include "core/clock.h"
#include "core/fence.h"
#include "core/park.h"
#include "section.h"

static struct shared {
	uint32_t word;  /* 0 free, 1 held, 2 held and somebody may sleep */
	uint32_t queue; /* of the asymmetric mutex: odd: somebody may sleep; the rest counts */
	struct section section;
} * shared;

static void setup(void)
{
	shared = model_alloc(sizeof(*shared));
	MODEL_NAME(shared->word);
	MODEL_NAME(shared->queue);
	MODEL_NAME(shared->section.data);
}

static void sleep_on(const uint32_t *word, uint32_t value, int64_t until)
{
	struct pawl__watch watch = { .word = word, .value = value, .is_private = true };

	pawl__park(&watch, 1, until);
}

/* ---- the mutex of three states ---- */

/* `woken` is what a woken thread makes of the word: 2, or the others are forgotten. */
static void lock_as(uint32_t woken)
{
	uint32_t v = 0;

	if (PAWL_CAS(&shared->word, &v, 1u, ACQUIRE))
		return;
	while (PAWL_XCHG(&shared->word, 2u, ACQUIRE) != 0) {
		sleep_on(&shared->word, 2, PAWL_FOREVER);
		v = 0;
		if (woken != 2 && PAWL_CAS(&shared->word, &v, woken, ACQUIRE))
			return;
	}
}

static void unlock(void)
{
	if (PAWL_XCHG(&shared->word, 0u, RELEASE) == 2)
		pawl__wake_private(&shared->word, 1);
}

static void right(unsigned me)
{
	(void)me;
	lock_as(2);
	section_run(&shared->section);
	unlock();
}

static void right_twice(unsigned me)
{
	right(me);
	right(me);
}

static void no_lock(unsigned me)
{
	(void)me;
	section_run(&shared->section);
}

static void no_wake(unsigned me)
{
	(void)me;
	lock_as(2);
	section_run(&shared->section);
	PAWL_XCHG(&shared->word, 0u, RELEASE);
}

static void release_in_two(unsigned me)
{
	uint32_t old;

	(void)me;
	lock_as(2);
	section_run(&shared->section);
	old = PAWL_LOAD(&shared->word, RELAXED);
	PAWL_STORE(&shared->word, 0u, RELEASE);
	if (old == 2)
		pawl__wake_private(&shared->word, 1);
}

static void woken_takes_1(unsigned me)
{
	(void)me;
	lock_as(1);
	section_run(&shared->section);
	unlock();
}

static void release_relaxed(unsigned me)
{
	(void)me;
	lock_as(2);
	section_run(&shared->section);
	if (PAWL_XCHG(&shared->word, 0u, RELAXED) == 2)
		pawl__wake_private(&shared->word, 1);
}

static void shared_wake(unsigned me)
{
	(void)me;
	lock_as(2);
	section_run(&shared->section);
	if (PAWL_XCHG(&shared->word, 0u, RELEASE) == 2)
		pawl__wake(&shared->word, 1);
}

/* A sleep ends for no reason, and the sleeper thinks that it owns the lock. */
static void sleeps_once(unsigned me)
{
	(void)me;
	if (PAWL_XCHG(&shared->word, 2u, ACQUIRE) != 0) {
		sleep_on(&shared->word, 2, PAWL_FOREVER);
		PAWL_STORE(&shared->word, 2u, RELAXED);
	}
	section_run(&shared->section);
	unlock();
}

/* The one who comes last frees the memory. */
static void frees(unsigned me)
{
	(void)me;
	lock_as(2);
	section_run(&shared->section);
	if (shared->section.done == 2)
		model_retire(&shared->word, sizeof(shared->word));
	else
		unlock();
}

static void touches(unsigned me)
{
	(void)me;
	lock_as(2);
	section_run(&shared->section);
	if (shared->section.done == 2) {
		model_retire(&shared->word, sizeof(shared->word));
		return;
	}
	unlock();
	(void)PAWL_LOAD(&shared->word, RELAXED);
}

/* T0 waits to a deadline; when that has passed it leaves, with the wake-up that it may have been given. */
static void leaves(unsigned me, bool passes_on)
{
	int64_t until = me == 0 ? model_now() + 1 : PAWL_FOREVER;

	while (PAWL_XCHG(&shared->word, 2u, ACQUIRE) != 0) {
		sleep_on(&shared->word, 2, until);
		if (pawl__now() >= until) {
			if (passes_on)
				pawl__wake_private(&shared->word, 1);
			return;
		}
	}
	section_run(&shared->section);
	unlock();
}

static void leaves_well(unsigned me)
{
	leaves(me, true);
}

static void leaves_badly(unsigned me)
{
	leaves(me, false);
}

/* ---- the asymmetric mutex: release by a plain store, then look who sleeps ---- */

static void lock_slowly(bool fence, unsigned seq)
{
	uint32_t v = 0, q;

	while (!PAWL_CAS(&shared->word, &v, 1u, ACQUIRE)) {
		q = PAWL_LOAD(&shared->queue, RELAXED);
		while (!PAWL_CAS(&shared->queue, &q, (q + seq) | 1u, RELAXED))
			;
		if (fence)
			pawl__fence_heavy();
		if (PAWL_LOAD(&shared->word, RELAXED) != 0)
			sleep_on(&shared->queue, (q + seq) | 1u, PAWL_FOREVER);
		v = 0;
	}
}

static void unlock_plainly(unsigned seq)
{
	PAWL_STORE(&shared->word, 0u, RELEASE);
	if (!(PAWL_LOAD(&shared->queue, RELAXED) & 1u))
		return;
	PAWL_FETCH_ADD(&shared->queue, seq, RELAXED);
	pawl__wake_private(&shared->queue, 1);
}

static void asymmetric(unsigned me)
{
	(void)me;
	lock_slowly(true, 2);
	section_run(&shared->section);
	unlock_plainly(2);
}

static void no_membarrier(unsigned me)
{
	(void)me;
	lock_slowly(false, 2);
	section_run(&shared->section);
	unlock_plainly(2);
}

static void wake_without_change(unsigned me)
{
	(void)me;
	lock_slowly(true, 0);
	section_run(&shared->section);
	unlock_plainly(0);
}

/* Two who announce themselves in turn keep each other awake until the owner is done: not for ever, as the model could. */
static bool many_announcements(void)
{
	return shared->queue > 16;
}

#define CASE(n, what, t) .name = what, .threads = n, .setup = setup, .thread = t

static const struct model_case cases[] = {
	{ CASE(3, "three threads", right) },
	{ CASE(2, "two threads, twice", right_twice) },
	{ CASE(3, "any sleeper is woken", right), .any_sleeper = true },
	{ CASE(3, "spurious wake-ups", right), .spurious = 2 },
	{ CASE(3, "within two preemptions", right), .preemptions = 2 },
	{ CASE(3, "at random", right), .random = 2000 },
	{ CASE(2, "no lock", no_lock), .planted = "section_run" },
	{ CASE(2, "no wake", no_wake), .planted = "lost wake-up" },
	{ CASE(2, "no wake, at random", no_wake), .random = 10000, .planted = "lost wake-up" },
	{ CASE(2, "no wake, within one preemption", no_wake), .preemptions = 1, .planted = "lost wake-up" },
	{ CASE(3, "woken takes 1, within two preemptions", woken_takes_1), .preemptions = 2, .planted = "lost wake-up" },
	{ CASE(2, "asymmetric, no membarrier, within one", no_membarrier), .preemptions = 1, .memory = MODEL_TSO,
		.planted = "lost wake-up" },
	{ CASE(2, "release in two steps", release_in_two), .planted = "lost wake-up" },
	{ CASE(2, "woken takes 1, too few threads", woken_takes_1) },
	{ CASE(3, "woken takes 1", woken_takes_1), .planted = "lost wake-up" },
	{ CASE(2, "release relaxed", release_relaxed), .memory = MODEL_TSO },
	{ CASE(2, "release relaxed", release_relaxed), .memory = MODEL_PSO, .planted = "saw 0 of 1" },
	{ CASE(2, "private sleep, shared wake", shared_wake), .planted = "lost wake-up" },
	{ CASE(2, "no second look, no spurious wake-up", sleeps_once) },
	{ CASE(2, "no second look", sleeps_once), .spurious = 1, .planted = "section_run" },
	{ CASE(2, "the last one frees it", frees) },
	{ CASE(2, "touched after the release", touches), .planted = "after it was given back" },
	{ CASE(3, "too late", leaves_well), .ticks = 1 },
	{ CASE(3, "too late, keeps the wake-up", leaves_badly), .ticks = 1, .planted = "lost wake-up" },

	{ CASE(3, "asymmetric", asymmetric), .beyond = many_announcements },
	{ CASE(3, "asymmetric, no membarrier", no_membarrier), .beyond = many_announcements, .memory = MODEL_SC },
	{ CASE(2, "asymmetric, no membarrier", no_membarrier), .beyond = many_announcements, .memory = MODEL_TSO,
		.planted = "lost wake-up" },
	{ CASE(2, "asymmetric, wake without change", wake_without_change), .planted = "lost wake-up" },
};

int main(int argc, char **argv)
{
	return model_main("engine", cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
