/* SPDX-License-Identifier: BSD-2-Clause */
/** test_tokens.c: as many permits as there are and not one more; as many waiters as there may be and not one more; and
 * whoever waits is woken. Storms are in test_tokens_storm.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include <pawl/chan.h>

#include "../lib/mates.h"

enum { WATCHDOG_S = 240, WAITERS = 5 };

static pawl_tokens_t t;

static int take_it(void *unused)
{
	(void)unused;
	return pawl_tokens_take(&t, PAWL_FOREVER);
}

static int try_it(void *unused)
{
	(void)unused;
	return pawl_tokens_take(&t, PAWL_TRY);
}

static int take_until(void *deadline)
{
	return pawl_tokens_take(&t, *(const pawl_deadline_t *)deadline);
}

static int put_it(void *unused)
{
	(void)unused;
	return pawl_tokens_put(&t);
}

static unsigned waiting(void)
{
	return t.word >> 16; /* the upper half, says chan.h */
}

/* All `n` are there: each can be taken, no more can, and none can be put; and nobody is counted as waiting. */
static void assert_all_there(unsigned n)
{
	assert_int_equal(pawl_tokens_free(&t), n);
	assert_int_equal(waiting(), 0);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), EBUSY);
	assert_int_equal(pawl_tokens_free(&t), 0);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(pawl_tokens_put(&t), 0);
	assert_int_equal(pawl_tokens_put(&t), EINVAL);
	assert_int_equal(t.word, n); /* whatever a storm has left in it, the first to pass has put in order */
}

/* ---- one thread ---- */

static void init_has_bounds(void **state)
{
	const unsigned max = PAWL_TOKENS_MAX;

	(void)state;
	assert_int_equal(pawl_tokens_init(&t, 0, 1), EINVAL);
	assert_int_equal(pawl_tokens_init(&t, max + 1, 1), EINVAL);
	assert_int_equal(pawl_tokens_init(&t, 1, max + 1), EINVAL);
	assert_int_equal(pawl_tokens_init(&t, 65537, 1), EINVAL);
	assert_int_equal(pawl_tokens_init(&t, 1, 65536), EINVAL);
	memset(&t, 0xff, sizeof(t));
	assert_int_equal(pawl_tokens_init(&t, 1, 0), 0);
	assert_all_there(1);
	assert_int_equal(pawl_tokens_init(&t, 5, 3), 0);
	assert_all_there(5);
	assert_int_equal(pawl_tokens_init(&t, max, max), 0);
	assert_all_there(max);
}

static void zero_has_none(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	assert_int_equal(pawl_tokens_free(&t), 0);
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), EBUSY);
	assert_int_equal(pawl_tokens_take(&t, PAWL_FOREVER), EAGAIN); /* nor may anybody wait */
	assert_int_equal(pawl_tokens_put(&t), EINVAL);
	assert_int_equal(t.word, 0);
}

static void free_counts(void **state)
{
	(void)state;
	assert_int_equal(pawl_tokens_init(&t, 5, 3), 0);
	for (unsigned i = 5; i > 0; i--) {
		assert_int_equal(pawl_tokens_free(&t), i);
		assert_int_equal(pawl_tokens_take(&t, i % 2 ? PAWL_FOREVER : 1), 0);
	}
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(pawl_tokens_free(&t), i);
		assert_int_equal(pawl_tokens_put(&t), 0);
	}
	assert_all_there(5);
}

static void a_put_too_many_changes_nothing(void **state)
{
	pawl_tokens_t before;

	(void)state;
	assert_int_equal(pawl_tokens_init(&t, 2, 3), 0);
	before = t;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pawl_tokens_put(&t), EINVAL);
	assert_memory_equal(&t, &before, sizeof(t));
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	assert_int_equal(pawl_tokens_put(&t), 0);
	assert_int_equal(pawl_tokens_put(&t), EINVAL);
	assert_memory_equal(&t, &before, sizeof(t));
}

/* ---- deadlines ---- */

static void deadlines(void **state)
{
	(void)state;
	assert_int_equal(pawl_tokens_init(&t, 1, 1), 0);
	assert_int_equal(pawl_tokens_take(&t, 1), 0); /* long past, and it need not wait */
	assert_int_equal(pawl_tokens_take(&t, 1), ETIMEDOUT);
	assert_int_equal(pawl_tokens_take(&t, -1), ETIMEDOUT);
	assert_int_equal(pawl_tokens_take(&t, INT64_MIN), ETIMEDOUT);
	for (int64_t ns = 1000; ns <= 20000000; ns *= 3) {
		pawl_deadline_t deadline = pawl_in_ns(ns);

		assert_int_equal(pawl_tokens_take(&t, deadline), ETIMEDOUT);
		assert_true(now_ns() >= deadline);
		assert_int_equal(waiting(), 0);
	}
	assert_int_equal(pawl_tokens_put(&t), 0);
	assert_all_there(1);
}

/* ---- others put it back ---- */

static void anybody_may_put(void **state)
{
	mate_t *mate = mate_new();

	(void)state;
	assert_int_equal(pawl_tokens_init(&t, 1, 1), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
		assert_int_equal(mate_do(mate, try_it, NULL), EBUSY);
		mate_ask(mate, take_it, NULL);
		assert_true(mate_asleep(mate));
		assert_int_equal(in_a_thread(put_it, NULL), 0); /* a third one */
		assert_int_equal(mate_answer(mate), 0);
		assert_int_equal(pawl_tokens_put(&t), 0); /* what the mate has taken */
	}
	mate_end(mate);
	assert_all_there(1);
}

/* `n` of them are told to do `act`, and are asleep in it. */
static void all_asleep(mate_t **mates, unsigned n, mate_act *act, void *arg)
{
	for (unsigned i = 0; i < n; i++) {
		mates[i] = mate_new();
		mate_ask(mates[i], act, arg);
		assert_true(mate_asleep(mates[i]));
	}
}

/* One of them has a token now; he goes, and keeps it. */
static void one_has_it(mate_t **mates, unsigned n)
{
	mate_t *one = mate_first(mates, n);

	assert_non_null(one);
	assert_int_equal(mate_answer(one), 0);
	mate_end(one);
}

static void every_sleeper_gets_one(void **state)
{
	mate_t *mates[WAITERS];

	(void)state;
	for (unsigned n = 1; n <= WAITERS; n += WAITERS - 1) {
		unsigned out = 0;

		assert_int_equal(pawl_tokens_init(&t, n, WAITERS), 0);
		while (pawl_tokens_take(&t, PAWL_TRY) == 0)
			out++;
		assert_int_equal(out, n);
		all_asleep(mates, WAITERS, take_it, NULL);
		for (unsigned i = 0; i < WAITERS; i++)
			assert_true(mate_asleep(mates[i]));
		for (unsigned given = 0; given < WAITERS;) { /* as many at once as there can be */
			for (unsigned i = 0; i < n && given + i < WAITERS; i++)
				assert_int_equal(pawl_tokens_put(&t), 0);
			for (unsigned i = 0; i < n && given < WAITERS; i++, given++)
				one_has_it(mates, WAITERS);
		}
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(pawl_tokens_put(&t), 0);
		assert_all_there(n);
	}
}

/* ---- the bounded queue ---- */

static void no_more_may_wait_than_may(void **state)
{
	pawl_deadline_t soon;
	mate_t *mates[WAITERS];

	(void)state;
	for (unsigned most = 0; most <= WAITERS; most++) {
		assert_int_equal(pawl_tokens_init(&t, 1, most), 0);
		assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
		all_asleep(mates, most, take_it, NULL);
		assert_int_equal(pawl_tokens_take(&t, PAWL_FOREVER), EAGAIN);
		assert_int_equal(pawl_tokens_take(&t, pawl_in_ms(100000)), EAGAIN);
		assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), EBUSY);
		for (unsigned i = 0; i < most; i++) {
			assert_int_equal(pawl_tokens_put(&t), 0);
			one_has_it(mates, most);
			soon = pawl_in_ms(1); /* his place is free again, while he has the token */
			assert_int_equal(pawl_tokens_take(&t, soon), ETIMEDOUT);
		}
		assert_int_equal(pawl_tokens_put(&t), 0);
		assert_all_there(1);
	}
}

/* Places of those who have given up waiting are free again. */
static void a_timeout_gives_its_place_back(void **state)
{
	mate_t *mates[WAITERS];
	pawl_deadline_t soon;

	(void)state;
	assert_int_equal(pawl_tokens_init(&t, 1, WAITERS), 0);
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	for (int round = 0; round < 3; round++) {
		soon = pawl_in_ms(5);
		for (unsigned i = 0; i < WAITERS; i++) {
			mates[i] = mate_new();
			mate_ask(mates[i], take_until, &soon);
		}
		for (unsigned i = 0; i < WAITERS; i++) {
			assert_int_equal(mate_answer(mates[i]), ETIMEDOUT);
			mate_end(mates[i]);
		}
		assert_int_equal(waiting(), 0);
	}
	all_asleep(mates, WAITERS, take_it, NULL);
	assert_int_equal(pawl_tokens_take(&t, PAWL_FOREVER), EAGAIN);
	for (unsigned i = 0; i < WAITERS; i++) {
		assert_int_equal(pawl_tokens_put(&t), 0);
		one_has_it(mates, WAITERS);
	}
	assert_int_equal(pawl_tokens_put(&t), 0);
	assert_all_there(1);
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

/* One sleeper's time is up just as a token comes back, and in every other round it is taken away again at once. Whichever of
 * them the wake-up meets, and whatever he finds: the other sleeper is not forgotten. */
static void a_timeout_does_not_eat_the_wake(void **state)
{
	mate_t *brief = mate_new(), *patient = mate_new();
	uint64_t rng = 1;
	unsigned late = 0;

	(void)state;
	sleep_at_once(true);
	assert_int_equal(pawl_tokens_init(&t, 1, 2), 0);
	for (int round = 0; round < 200; round++) {
		pawl_deadline_t deadline;
		int rc;

		assert_int_equal(pawl_tokens_take(&t, PAWL_FOREVER), 0);
		deadline = pawl_in_ns(500000);
		mate_ask(brief, take_until, &deadline);
		mate_asleep(brief); /* so that the wake-up meets him first */
		mate_ask(patient, take_it, NULL);
		spin_until(deadline + about_then(&rng, round));
		assert_int_equal(pawl_tokens_put(&t), 0);
		if (round % 2 && pawl_tokens_take(&t, PAWL_TRY) == 0) {
			spin_until(deadline + 200000);
			assert_int_equal(pawl_tokens_put(&t), 0);
		}
		rc = mate_answer(brief);
		assert_true(rc == 0 || rc == ETIMEDOUT);
		late += rc == ETIMEDOUT;
		if (rc == 0)
			assert_int_equal(pawl_tokens_put(&t), 0);
		assert_int_equal(mate_answer(patient), 0);
		assert_int_equal(pawl_tokens_put(&t), 0);
	}
	sleep_at_once(false);
	assert_true(late > 0);
	mate_end(brief);
	mate_end(patient);
	assert_all_there(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_has_bounds),
		cmocka_unit_test(zero_has_none),
		cmocka_unit_test(free_counts),
		cmocka_unit_test(a_put_too_many_changes_nothing),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(anybody_may_put),
		cmocka_unit_test(every_sleeper_gets_one),
		cmocka_unit_test(no_more_may_wait_than_may),
		cmocka_unit_test(a_timeout_gives_its_place_back),
		cmocka_unit_test(a_timeout_does_not_eat_the_wake),
	};

	alarm(WATCHDOG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
