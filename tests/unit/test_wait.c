/* SPDX-License-Identifier: BSD-2-Clause */
/** test_wait.c: the one loop of all waits (core/wait.c), by a lock that exists for this test only and says what we want; and
 * the word that channels sleep on (core/event.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/event.h"
#include "core/wait.h"

/* ---- a lock made of questions and answers ---- */

static pawl__is_t says;
static unsigned looks, sleeps, takes, leaves;

static pawl__is_t is(uint32_t word)
{
	(void)word;
	looks++;
	return says;
}

static bool take(struct pawl__waiter *w, uint32_t v)
{
	(void)w;
	(void)v;
	takes++;
	return true;
}

/* Woken at once, for all we know. */
static bool sleep_shortly(struct pawl__waiter *w, uint32_t v, int64_t now, int64_t until)
{
	(void)v;
	(void)now;
	(void)until;
	sleeps++;
	w->add = 1;
	return true;
}

static int leave(struct pawl__waiter *w, int rc)
{
	(void)w;
	leaves++;
	return rc;
}

static int wait_for_it(pawl__is_t answer, pawl_deadline_t deadline)
{
	static const struct pawl__kind kind = {
		.is = is, .take = take, .sleep = sleep_shortly, .leave = leave, .patience = &pawl__own_patience
	};
	uint32_t word = 0;
	struct pawl__waiter w = { .kind = &kind, .word = &word, .me = 1, .deadline = deadline };

	says = answer;
	looks = sleeps = takes = leaves = 0;
	return pawl__wait(&w);
}

static void what_is_free_is_taken(void **state)
{
	(void)state;
	assert_int_equal(wait_for_it(PAWL__IS_FREE, PAWL_FOREVER), 0);
	assert_int_equal(takes, 1);
	assert_int_equal(sleeps, 0);
	assert_int_equal(wait_for_it(PAWL__IS_FREE, PAWL_TRY), 0);
	assert_int_equal(wait_for_it(PAWL__IS_FREE, 1), 0); /* a deadline that has passed, but one attempt */
}

/* A newcomer gives way at TURN, once. It may have been given the wake-up that was meant for the one whose turn it was: when
 * it went to sleep again, the lock was free, and nobody awake, until a millisecond had passed. */
static void who_may_have_been_woken_takes_the_turn(void **state)
{
	(void)state;
	assert_int_equal(wait_for_it(PAWL__IS_TURN, PAWL_FOREVER), 0);
	assert_int_equal(sleeps, 1);
	assert_int_equal(takes, 1);
}

static void a_try_does_not_wait_for_its_turn(void **state)
{
	(void)state;
	assert_int_equal(wait_for_it(PAWL__IS_TURN, PAWL_TRY), 0);
	assert_int_equal(sleeps, 0);
}

/* After 25 us of looking around it would be dozens. */
static void a_passed_deadline_is_not_looked_over(void **state)
{
	(void)state;
	assert_int_equal(wait_for_it(PAWL__IS_HELD, 1), ETIMEDOUT);
	assert_int_equal(leaves, 1);
	assert_int_equal(sleeps, 0);
	assert_in_range(looks, 1, 8);
	assert_int_equal(wait_for_it(PAWL__IS_HELD, PAWL_TRY), EBUSY);
	assert_int_equal(looks, 1);
}

/* ---- the event ---- */

/* Or of many who go to sleep at the same time each would keep the others awake. */
static void announcing_does_not_disturb_others(void **state)
{
	uint32_t event = 0, first = pawl__event_announce(&event);

	(void)state;
	assert_true(pawl__event_is_awaited(&event, false));
	assert_true(pawl__event_is_awaited(&event, true));
	assert_int_equal(pawl__event_announce(&event), first);
	assert_int_equal(event, first);
}

static void a_wake_of_nobody_ends_it_and_is_noticed(void **state)
{
	uint32_t event = 0, mine = pawl__event_announce(&event);

	(void)state;
	pawl__event_wake_one(&event);
	assert_false(pawl__event_is_awaited(&event, false));
	assert_int_not_equal(event, mine);
	assert_int_not_equal(pawl__event_announce(&event), mine); /* nor is it the old one again */
	mine = event;
	pawl__event_wake_for_all(&event);
	assert_false(pawl__event_is_awaited(&event, false));
	assert_int_not_equal(event, mine);
	mine = pawl__event_announce(&event);
	pawl__event_wake_all(&event);
	assert_int_not_equal(event, mine);
}

static void nobody_announced_nothing_changes(void **state)
{
	uint32_t event = 0;

	(void)state;
	pawl__event_wake_one(&event);
	pawl__event_wake_for_all(&event);
	assert_int_equal(event, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_free_is_taken),
		cmocka_unit_test(who_may_have_been_woken_takes_the_turn),
		cmocka_unit_test(a_try_does_not_wait_for_its_turn),
		cmocka_unit_test(a_passed_deadline_is_not_looked_over),
		cmocka_unit_test(announcing_does_not_disturb_others),
		cmocka_unit_test(a_wake_of_nobody_ends_it_and_is_noticed),
		cmocka_unit_test(nobody_announced_nothing_changes),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
