/* SPDX-License-Identifier: BSD-2-Clause */
/** test_mutex.c: what mutex.h promises to one caller: who may take it, who may give it up, how deep, until when, and
 * that whoever sleeps is woken. Storms are in test_mutex_storm.c, fork is in test_mutex_fork.c.
 */
#include "../lib/kinds.h"

#include <stdbool.h>
#include <unistd.h>

#include "../lib/mates.h"

enum { WATCHDOG_S = 240, SLEEPERS = 5 };

/* ---- what a mate is told to do ---- */

static int lock_it(void *unused)
{
	(void)unused;
	return pawl_mutex_lock(&m);
}

static int try_it(void *unused)
{
	(void)unused;
	return pawl_mutex_trylock(&m);
}

static int lock_until(void *deadline)
{
	return pawl_mutex_timedlock(&m, *(const pawl_deadline_t *)deadline);
}

static int unlock_it(void *unused)
{
	(void)unused;
	return pawl_mutex_unlock(&m);
}

static int lock_and_unlock(void *unused)
{
	int rc = lock_it(unused);

	return rc ? rc : unlock_it(unused);
}

static int destroy_it(void *unused)
{
	(void)unused;
	return pawl_mutex_destroy(&m);
}

/* Whatever has happened to it: it is free, and a thread that comes by can use it. */
static void assert_free(void)
{
	assert_int_equal(pawl_mutex_unlock(&m), EPERM);
	assert_int_equal(pawl_mutex_trylock(&m), 0);
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	assert_int_equal(in_a_thread(lock_and_unlock, NULL), 0);
	assert_int_equal(m.word, 0);
	assert_int_equal(pawl_mutex_destroy(&m), 0);
}

/* ---- beginning and end ---- */

static void zero_is_free(void **state)
{
	static pawl_mutex_t zero, init = PAWL_MUTEX_INIT;

	(void)state;
	assert_memory_equal(&zero, &init, sizeof(zero));
	assert_int_equal(pawl_mutex_init(&m, 0), 0);
	assert_memory_equal(&zero, &m, sizeof(zero));
	assert_int_equal(pawl_mutex_trylock(&zero), 0);
	assert_int_equal(pawl_mutex_unlock(&zero), 0);
	assert_int_equal(pawl_mutex_unlock(&zero), EPERM);
}

static void init_makes_a_free_one(void **state)
{
	(void)state;
	memset(&m, 0xff, sizeof(m));
	assert_int_equal(pawl_mutex_init(&m, kind), 0);
	assert_free();
}

static void init_refuses_what_it_does_not_know(void **state)
{
	static const unsigned wrong[] = { PAWL_AUTO_RECOVER, PAWL_TIMESTAMP, 0x10, 0x80, 0x100, 0x80000000 };
	static uint32_t memory[6];

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		for (unsigned k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
			assert_int_equal(pawl_mutex_init(&m, wrong[i] | kinds[k]), EINVAL);
	for (unsigned off = 1; off < 4; off++)
		assert_int_equal(pawl_mutex_init((pawl_mutex_t *)(void *)((char *)memory + off), 0), EINVAL);
	assert_int_equal(pawl_mutex_init((pawl_mutex_t *)(void *)&memory[1], 0), 0);
}

static void destroy_only_looks(void **state)
{
	(void)state;
	assert_int_equal(pawl_mutex_destroy(&m), 0);
	assert_int_equal(pawl_mutex_lock(&m), 0);
	assert_int_equal(pawl_mutex_destroy(&m), EBUSY);
	assert_int_equal(in_a_thread(destroy_it, NULL), EBUSY);
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	assert_free();
	assert_int_equal(pawl_mutex_init(&m, kind), 0);
	assert_free();
}

/* ---- whose it is ---- */

static void only_the_owner_gives_it_up(void **state)
{
	mate_t *known = mate_new();
	pawl_mutex_t before;

	(void)state;
	assert_int_equal(mate_do(known, lock_and_unlock, NULL), 0);
	before = m;
	assert_int_equal(pawl_mutex_unlock(&m), EPERM);
	assert_int_equal(mate_do(known, unlock_it, NULL), EPERM);
	assert_int_equal(in_a_thread(unlock_it, NULL), EPERM); /* a thread that has never locked anything has no number */
	assert_memory_equal(&m, &before, sizeof(m));

	assert_int_equal(pawl_mutex_lock(&m), 0);
	before = m;
	assert_int_equal(mate_do(known, unlock_it, NULL), EPERM);
	assert_int_equal(in_a_thread(unlock_it, NULL), EPERM);
	assert_memory_equal(&m, &before, sizeof(m));
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	assert_int_equal(pawl_mutex_unlock(&m), EPERM);
	mate_end(known);
	assert_free();
}

/* Each of the ways in, as the first thing a thread ever does with a mutex. */
static void the_first_lock_of_a_thread(void **state)
{
	pawl_deadline_t past = 1, none = PAWL_TRY, ever = PAWL_FOREVER;

	(void)state;
	for (unsigned way = 0; way < 5; way++) {
		mate_t *mate = mate_new();
		int rc = way == 0   ? mate_do(mate, lock_it, NULL)
			 : way == 1 ? mate_do(mate, try_it, NULL)
				    : mate_do(mate, lock_until,
					      way == 2   ? &past
					      : way == 3 ? &none
							 : &ever);

		assert_int_equal(rc, 0);
		assert_int_equal(pawl_mutex_trylock(&m), EBUSY);
		assert_int_equal(mate_do(mate, unlock_it, NULL), 0);
		mate_end(mate);
	}
	assert_int_equal(pawl_mutex_lock(&m), 0);
	assert_int_equal(in_a_thread(try_it, NULL), EBUSY);
	assert_int_equal(in_a_thread(lock_until, &none), EBUSY);
	assert_int_equal(in_a_thread(lock_until, &past), ETIMEDOUT);
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	assert_free();
}

static void a_try_is_refused_while_held(void **state)
{
	mate_t *mate = mate_new();

	(void)state;
	assert_int_equal(pawl_mutex_trylock(&m), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(mate_do(mate, try_it, NULL), EBUSY);
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	assert_int_equal(mate_do(mate, try_it, NULL), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pawl_mutex_trylock(&m), EBUSY);
	assert_int_equal(mate_do(mate, unlock_it, NULL), 0);
	mate_end(mate);
	assert_free();
}

static void the_owner_of_a_flat_one_is_told(void **state)
{
	(void)state;
	assert_int_equal(pawl_mutex_lock(&m), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pawl_mutex_trylock(&m), EBUSY);
		assert_int_equal(pawl_mutex_timedlock(&m, PAWL_TRY), EBUSY);
		assert_int_equal(pawl_mutex_lock(&m), EDEADLK);
		assert_int_equal(pawl_mutex_timedlock(&m, 1), EDEADLK);
		assert_int_equal(pawl_mutex_timedlock(&m, pawl_in_ms(20000)), EDEADLK);
		assert_int_equal(pawl_mutex_timedlock(&m, PAWL_FOREVER), EDEADLK);
	}
	assert_int_equal(in_a_thread(try_it, NULL), EBUSY);
	assert_int_equal(pawl_mutex_unlock(&m), 0); /* one, however often it was refused */
	assert_free();
}

/* ---- recursion ---- */

static int nest(unsigned depth)
{
	switch (depth % 5) {
	case 0:
		return pawl_mutex_lock(&m);
	case 1:
		return pawl_mutex_trylock(&m);
	case 2:
		return pawl_mutex_timedlock(&m, PAWL_TRY);
	case 3:
		return pawl_mutex_timedlock(&m, 1); /* long past, and it need not wait */
	default:
		return pawl_mutex_timedlock(&m, PAWL_FOREVER);
	}
}

static void it_takes_as_many_unlocks_as_locks(void **state)
{
	enum { DEPTH = 1000 };
	mate_t *mate = mate_new();

	(void)state;
	for (unsigned i = 0; i < DEPTH; i++)
		assert_int_equal(nest(i), 0);
	for (unsigned i = 0; i < DEPTH; i++) {
		if (i % 100 == 0 || i == DEPTH - 1) {
			assert_int_equal(mate_do(mate, try_it, NULL), EBUSY);
			assert_int_equal(mate_do(mate, unlock_it, NULL), EPERM);
			assert_int_equal(pawl_mutex_destroy(&m), EBUSY);
		}
		assert_int_equal(pawl_mutex_unlock(&m), 0);
	}
	assert_int_equal(pawl_mutex_unlock(&m), EPERM);
	assert_int_equal(mate_do(mate, lock_and_unlock, NULL), 0);
	mate_end(mate);
	assert_free();
}

/* 2^30 - 1 nested ones: counted up by hand, in the field that mutex.h describes. */
static void there_is_a_deepest_lock(void **state)
{
	uint32_t flags = m.depth, deepest = 0x3fffffff;

	(void)state;
	assert_int_equal(pawl_mutex_lock(&m), 0);
	m.depth = flags | (deepest - 1) << 1;
	assert_int_equal(pawl_mutex_lock(&m), 0);
	assert_int_equal(m.depth, flags | deepest << 1);
	for (unsigned way = 0; way < 5; way++)
		assert_int_equal(nest(way), EAGAIN);
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	assert_int_equal(pawl_mutex_trylock(&m), 0);
	assert_int_equal(pawl_mutex_trylock(&m), EAGAIN);
	assert_int_equal(m.depth, flags | deepest << 1);
	assert_int_equal(in_a_thread(try_it, NULL), EBUSY);
	m.depth = flags;
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	assert_free();
}

/* Somebody waits for it all the while: only the outermost unlock may let him in. */
static void a_nested_unlock_wakes_nobody(void **state)
{
	mate_t *mate = mate_new();

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pawl_mutex_lock(&m), 0);
	mate_ask(mate, lock_it, NULL);
	for (int i = 0; i < 3; i++) {
		assert_true(mate_asleep(mate));
		assert_int_equal(pawl_mutex_trylock(&m), 0);
		assert_int_equal(pawl_mutex_unlock(&m), 0);
		assert_int_equal(pawl_mutex_unlock(&m), 0);
	}
	assert_int_equal(mate_answer(mate), 0);
	assert_int_equal(mate_do(mate, unlock_it, NULL), 0);
	mate_end(mate);
	assert_free();
}

/* ---- deadlines ---- */

static void a_deadline_that_has_passed_tries_once(void **state)
{
	const pawl_deadline_t past[] = { 1, -1, INT64_MIN, pawl_in_ns(0), pawl_in_ms(-5) };
	mate_t *mate = mate_new();

	(void)state;
	for (unsigned i = 0; i < sizeof(past) / sizeof(*past); i++) {
		assert_int_equal(pawl_mutex_timedlock(&m, past[i]), 0);
		assert_int_equal(pawl_mutex_unlock(&m), 0);
		assert_int_equal(mate_do(mate, lock_it, NULL), 0);
		assert_int_equal(pawl_mutex_timedlock(&m, past[i]), ETIMEDOUT);
		assert_int_equal(pawl_mutex_timedlock(&m, PAWL_TRY), EBUSY);
		assert_int_equal(mate_do(mate, unlock_it, NULL), 0);
	}
	mate_end(mate);
	assert_free();
}

static void a_timeout_is_not_early(void **state)
{
	mate_t *mate = mate_new();

	(void)state;
	assert_int_equal(mate_do(mate, lock_it, NULL), 0);
	for (int64_t ns = 1000; ns <= 20000000; ns *= 3) {
		pawl_deadline_t deadline = pawl_in_ns(ns);

		assert_int_equal(pawl_mutex_timedlock(&m, deadline), ETIMEDOUT);
		assert_true(now_ns() >= deadline);
		assert_int_equal(pawl_mutex_unlock(&m), EPERM);
	}
	assert_int_equal(mate_do(mate, unlock_it, NULL), 0);
	mate_end(mate);
	assert_free();
}

static void granted_before_the_deadline(void **state)
{
	pawl_deadline_t until[] = { pawl_in_ms(100000), PAWL_FOREVER, PAWL_FOREVER - 1 };
	mate_t *mate = mate_new();

	(void)state;
	for (unsigned i = 0; i < sizeof(until) / sizeof(*until); i++) {
		assert_int_equal(pawl_mutex_lock(&m), 0);
		mate_ask(mate, lock_until, &until[i]);
		assert_true(mate_asleep(mate));
		assert_int_equal(pawl_mutex_unlock(&m), 0);
		assert_int_equal(mate_answer(mate), 0);
		assert_int_equal(mate_do(mate, unlock_it, NULL), 0);
	}
	mate_end(mate);
	assert_free();
}

/* ---- sleepers ---- */

/* One after the other, whoever is first, gets it and gives it up: nobody is left asleep. */
static void drain(mate_t **mates, unsigned n)
{
	for (unsigned left = n; left > 0; left--) {
		mate_t *owner = mate_first(mates, n);

		assert_non_null(owner);
		assert_int_equal(mate_answer(owner), 0);
		assert_int_equal(pawl_mutex_trylock(&m), EBUSY);
		assert_int_equal(mate_do(owner, unlock_it, NULL), 0);
		mate_end(owner);
	}
}

static void every_sleeper_is_woken(void **state)
{
	mate_t *mates[SLEEPERS];

	(void)state;
	for (int round = 0; round < 5; round++) {
		assert_int_equal(pawl_mutex_lock(&m), 0);
		for (int i = 0; i < SLEEPERS; i++) {
			mates[i] = mate_new();
			mate_ask(mates[i], lock_it, NULL);
			assert_true(mate_asleep(mates[i])); /* it does not spin for ever */
		}
		assert_int_equal(pawl_mutex_unlock(&m), 0);
		drain(mates, SLEEPERS);
	}
	assert_free();
}

/* Those who have given up waiting leave nothing behind that keeps the others asleep. */
static void sleepers_behind_those_who_leave(void **state)
{
	mate_t *brief[SLEEPERS], *patient[SLEEPERS];
	pawl_deadline_t soon;

	(void)state;
	assert_int_equal(pawl_mutex_lock(&m), 0);
	for (int i = 0; i < SLEEPERS; i++) {
		brief[i] = mate_new();
		patient[i] = mate_new();
	}
	soon = pawl_in_ms(10);
	for (int i = 0; i < SLEEPERS; i++) {
		mate_ask(brief[i], lock_until, &soon);
		mate_ask(patient[i], lock_it, NULL);
	}
	for (int i = 0; i < SLEEPERS; i++) {
		assert_int_equal(mate_answer(brief[i]), ETIMEDOUT);
		mate_end(brief[i]);
		assert_true(mate_asleep(patient[i]));
	}
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	drain(patient, SLEEPERS);
	assert_free();
}

static void spin_until(int64_t when)
{
	while (now_ns() < when)
		;
}

/* How long after the time is up: within microseconds, or, where timers are late, a bit more. */
static int64_t about_then(uint64_t *rng, int round)
{
	int64_t width = round % 3 ? 30000 : 200000;

	return (int64_t)(random_next(rng) % (uint64_t)width) - width * 3 / 4;
}

/* One sleeper's time is up just as the owner unlocks, and in every other round the owner takes it again at once. Whichever of
 * them the wake-up meets, and whatever he finds: the other sleeper is not forgotten. */
static void a_timeout_does_not_eat_the_wake(void **state)
{
	mate_t *brief = mate_new(), *patient = mate_new();
	uint64_t rng = 1;
	unsigned late = 0;

	(void)state;
	sleep_at_once(true);
	for (int round = 0; round < 300; round++) {
		pawl_deadline_t deadline;
		int rc;

		assert_int_equal(pawl_mutex_lock(&m), 0);
		deadline = pawl_in_ns(500000);
		mate_ask(brief, lock_until, &deadline);
		mate_asleep(brief); /* so that the wake-up meets him first */
		mate_ask(patient, lock_it, NULL);
		spin_until(deadline + about_then(&rng, round));
		assert_int_equal(pawl_mutex_unlock(&m), 0);
		if (round % 2 && pawl_mutex_trylock(&m) == 0) {
			spin_until(deadline + 200000);
			assert_int_equal(pawl_mutex_unlock(&m), 0);
		}
		rc = mate_answer(brief);
		assert_true(rc == 0 || rc == ETIMEDOUT);
		late += rc == ETIMEDOUT;
		if (rc == 0)
			assert_int_equal(mate_do(brief, unlock_it, NULL), 0);
		assert_int_equal(mate_answer(patient), 0);
		assert_int_equal(mate_do(patient, unlock_it, NULL), 0);
	}
	sleep_at_once(false);
	assert_true(late > 0);
	mate_end(brief);
	mate_end(patient);
	assert_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OF_KIND(zero_is_free, 0, "default"),
		EACH_KIND(init_makes_a_free_one),
		OF_KIND(init_refuses_what_it_does_not_know, 0, "any"),
		EACH_KIND(destroy_only_looks),
		EACH_KIND(only_the_owner_gives_it_up),
		EACH_KIND(the_first_lock_of_a_thread),
		EACH_KIND(a_try_is_refused_while_held),
		EACH_FLAT_KIND(the_owner_of_a_flat_one_is_told),
		EACH_RECURSIVE_KIND(it_takes_as_many_unlocks_as_locks),
		EACH_RECURSIVE_KIND(there_is_a_deepest_lock),
		EACH_RECURSIVE_KIND(a_nested_unlock_wakes_nobody),
		EACH_KIND(a_deadline_that_has_passed_tries_once),
		EACH_KIND(a_timeout_is_not_early),
		EACH_KIND(granted_before_the_deadline),
		EACH_KIND(every_sleeper_is_woken),
		EACH_KIND(sleepers_behind_those_who_leave),
		EACH_KIND(a_timeout_does_not_eat_the_wake),
	};

	alarm(WATCHDOG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
