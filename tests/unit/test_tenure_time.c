/* SPDX-License-Identifier: BSD-2-Clause */
/** test_tenure_time.c: what the tenure machine does as time passes: when a lease is renewed, in jeopardy, lost, given back, how
 * long it is kept and for whom, when a request is sent again. Each test is a short story about one tenure, `a`.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "remote/tenure.h"

#define S  1000000000ll
#define MS 1000000ll
#define T0 (1000 * S)

/* A tenure and its world. `move` is all that the last doing came to. */
static struct {
	struct pawl__tenure t;
	struct pawl__tenure_rules rules;
	struct pawl__tenure_view view;
	struct pawl__tenure_move move;
} a;

/* ---- telling the story ---- */

static int setup(void **state)
{
	(void)state;
	memset(&a, 0, sizeof(a));
	a.rules = (struct pawl__tenure_rules){ .ttl = 9 * S,
		.min_use = S / 2,
		.max_tenure = 8 * MS,
		.max_handoffs = 10,
		.min_hold = 2 * MS,
		.idle_keep = S,
		.renews = true };
	a.view = (struct pawl__tenure_view){ .now = T0, .up = true, .rules = &a.rules };
	return 0;
}

static void step(const pawl_remote_event_t *e)
{
	struct pawl__tenure_move *m = &a.move;
	bool told = false, lost = false, jeopardy = false;

	do {
		struct pawl__tenure next = a.t;

		pawl__tenure_step(&next, &a.view, e, m);
		if (m->changed)
			a.t = next;
		told |= m->told;
		lost |= m->lost;
		jeopardy |= m->jeopardy;
		a.view.look.closed = false;
		e = NULL;
	} while (m->again);
	m->told = told;
	m->lost = lost;
	m->jeopardy = jeopardy;
}

static void look(pawl__who_t who)
{
	a.view.look.who = who;
	step(NULL);
}

static void more(bool more)
{
	a.view.look.more = more;
}

static void at(int64_t ns)
{
	a.view.now = T0 + ns;
	step(NULL);
}

static void hear(pawl_remote_event_t e)
{
	e.req = a.t.req;
	step(&e);
}

static void hear_session(pawl_remote_state_t state)
{
	step(&(pawl_remote_event_t){ .what = PAWL_REMOTE_SESSION, .state = state });
}

static void hear_granted(uint64_t hi, int64_t until, bool contended)
{
	hear((pawl_remote_event_t){ .what = PAWL_REMOTE_GRANTED, .hi = hi, .deadline_ns = T0 + until, .contended = contended });
}

static void state_is(unsigned state)
{
	assert_string_equal(pawl__tenure_state_name(a.t.state), pawl__tenure_state_name(state));
}

static void sent(unsigned kind)
{
	assert_int_equal(a.move.op.kind, kind);
	assert_true(kind == 0 || a.move.op.req == a.t.req);
}

static void comes_again(int64_t ns)
{
	assert_int_equal(a.move.wake_at - T0, ns);
}

/* At T0: granted, until 8 s later, to somebody who is inside now. */
static void hold(bool contended)
{
	look(PAWL__ASKER);
	sent(PAWL_REMOTE_ACQUIRE);
	hear_granted(1, 8 * S, contended);
	look(PAWL__INSIDE);
	state_is(PAWL__T_HELD);
}

/* ---- asking ---- */

static void asked_again_later_and_later(void **state)
{
	int64_t at_ms[] = { 20, 60, 140, 300, 620, 1260, 2260, 3260, 4260 };

	(void)state;
	look(PAWL__ASKER);
	sent(PAWL_REMOTE_ACQUIRE);
	for (unsigned i = 0; i < sizeof(at_ms) / sizeof(at_ms[0]); i++) {
		comes_again(at_ms[i] * MS);
		at(at_ms[i] * MS - 1);
		sent(0);
		at(at_ms[i] * MS);
		sent(PAWL_REMOTE_ACQUIRE);
		assert_int_equal(a.t.req, 1);
	}
}

static void given_back_again_later_and_later(void **state)
{
	(void)state;
	hold(true);
	look(PAWL__NOBODY);
	at(2 * MS);
	sent(PAWL_REMOTE_RELEASE);
	for (int64_t wait = 20 * MS, when = 2 * MS; wait <= 640 * MS; wait *= 2) {
		when += wait;
		at(when - 1);
		sent(0);
		at(when);
		sent(PAWL_REMOTE_RELEASE);
		assert_int_equal(a.move.op.hi, 1);
	}
}

static void a_place_is_asked_for_again(void **state)
{
	(void)state;
	look(PAWL__ASKER);
	hear((pawl_remote_event_t){ .what = PAWL_REMOTE_QUEUED, .hint_ns = 700 * MS });
	comes_again(700 * MS);
	at(700 * MS);
	sent(PAWL_REMOTE_ACQUIRE);
	assert_int_equal(a.t.req, 1);
	hear((pawl_remote_event_t){ .what = PAWL_REMOTE_QUEUED, .hint_ns = 60 * S }); /* a lost hint costs a third of the lease */
	comes_again(700 * MS + 3 * S);
	hear((pawl_remote_event_t){ .what = PAWL_REMOTE_QUEUED }); /* not at once, for ever */
	comes_again(701 * MS);
}

static void an_unknown_outcome_is_asked_for(void **state)
{
	(void)state;
	look(PAWL__ASKER);
	at(5 * MS);
	hear((pawl_remote_event_t){ .what = PAWL_REMOTE_UNKNOWN });
	state_is(PAWL__T_ASKING);
	comes_again(45 * MS);
	at(45 * MS);
	sent(PAWL_REMOTE_ACQUIRE);
	assert_int_equal(a.t.req, 1);
}

static void not_before_holds_back_new_requests(void **state)
{
	(void)state;
	a.view.not_before = T0 + S;
	look(PAWL__ASKER);
	sent(0);
	comes_again(S);
	at(S - 1);
	sent(0);
	at(S);
	sent(PAWL_REMOTE_ACQUIRE);
}

static void not_before_holds_back_repeated_requests(void **state)
{
	(void)state;
	look(PAWL__ASKER);
	a.view.not_before = T0 + S;
	hear_session(PAWL_REMOTE_UP);
	sent(0);
	comes_again(S);
	at(S);
	sent(PAWL_REMOTE_ACQUIRE);
	assert_int_equal(a.t.req, 1);
}

static void not_before_holds_nothing_else_back(void **state)
{
	(void)state;
	hold(false);
	a.view.not_before = T0 + 5 * S;
	at(3 * S);
	sent(PAWL_REMOTE_RENEW);
	hear((pawl_remote_event_t){ .what = PAWL_REMOTE_LOST });
	look(PAWL__NOBODY);
	sent(PAWL_REMOTE_RELEASE);
}

static void nobody_asks_where_others_cannot_be_seen(void **state)
{
	(void)state;
	a.rules.pause = 10 * MS;
	hold(true);
	look(PAWL__NOBODY);
	at(2 * MS);
	hear((pawl_remote_event_t){ .what = PAWL_REMOTE_RELEASED });
	look(PAWL__ASKER);
	state_is(PAWL__T_NONE);
	comes_again(12 * MS);
	at(12 * MS);
	sent(PAWL_REMOTE_ACQUIRE);
	assert_int_equal(a.t.req, 2);
}

static void a_session_that_is_down_is_waited_for(void **state)
{
	(void)state;
	a.view.up = false;
	look(PAWL__ASKER);
	sent(0);
	assert_int_equal(a.move.wake_at, INT64_MAX);
	a.view.up = true;
	hear_session(PAWL_REMOTE_UP);
	sent(PAWL_REMOTE_ACQUIRE);
	a.view.up = false;
	at(S);
	sent(0);
	assert_int_equal(a.move.wake_at, INT64_MAX);
	a.view.up = true;
	hear_session(PAWL_REMOTE_UP);
	sent(PAWL_REMOTE_ACQUIRE);
	assert_int_equal(a.t.req, 1);
	comes_again(S + 20 * MS); /* the back-off begins anew */
}

/* ---- time running out ---- */

static void renewed_at_a_third(void **state)
{
	(void)state;
	hold(false);
	at(3 * S - 1);
	sent(0);
	at(3 * S);
	sent(PAWL_REMOTE_RENEW);
	assert_int_equal(a.move.op.hi, 1);
	at(3 * S + 1500 * MS - 1);
	sent(0);
	at(3 * S + 1500 * MS); /* no answer: each sixth */
	sent(PAWL_REMOTE_RENEW);
	hear_granted(1, 12 * S, false);
	assert_int_equal(a.t.deadline, T0 + 12 * S);
	at(7500 * MS - 1);
	sent(0);
	at(7500 * MS);
	sent(PAWL_REMOTE_RENEW);
}

static void never_renewed_where_a_session_carries_it(void **state)
{
	(void)state;
	a.rules.renews = false;
	hold(false);
	for (int64_t t = 0; t < 8 * S; t += 100 * MS) {
		at(t);
		sent(0);
		assert_true(a.move.wake_at <= T0 + 8 * S);
	}
	step(&(pawl_remote_event_t){ .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_ALIVE, .deadline_ns = T0 + 20 * S });
	assert_int_equal(a.t.deadline, T0 + 20 * S);
	at(8 * S);
	state_is(PAWL__T_HELD);
}

static void the_deadline_never_goes_back(void **state)
{
	(void)state;
	hold(false);
	hear_granted(1, 7 * S, false);
	assert_int_equal(a.t.deadline, T0 + 8 * S);
	step(&(pawl_remote_event_t){ .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_ALIVE, .deadline_ns = T0 + 7 * S });
	assert_int_equal(a.t.deadline, T0 + 8 * S);
}

static void jeopardy_is_said_once(void **state)
{
	(void)state;
	hold(false);
	a.view.up = false;
	at(5 * S - 1);
	assert_false(a.move.jeopardy);
	comes_again(5 * S);
	at(5 * S);
	assert_true(a.move.jeopardy);
	at(6 * S);
	assert_false(a.move.jeopardy);
	hear_granted(1, 12 * S, false); /* over, until the next time */
	at(9 * S);
	assert_true(a.move.jeopardy);
}

static void lost_at_the_deadline(void **state)
{
	(void)state;
	hold(false);
	a.view.up = false;
	at(8 * S - 1);
	state_is(PAWL__T_HELD);
	comes_again(8 * S);
	at(8 * S);
	state_is(PAWL__T_LOST);
	assert_true(a.move.lost);
	assert_false(a.t.open);
	hear_granted(1, 20 * S, false); /* too late */
	state_is(PAWL__T_LOST);
	assert_false(a.move.lost);
	comes_again(8 * S + 8 * MS); /* it may have died */
	look(PAWL__NOBODY);
	state_is(PAWL__T_GIVING);
	sent(0);
	a.view.up = true;
	hear_session(PAWL_REMOTE_UP);
	sent(PAWL_REMOTE_RELEASE);
}

/* What a backend makes of a time that is none: further in the past than one can subtract from. */
static void an_answer_that_was_never_good_is_given_back(void **state)
{
	(void)state;
	look(PAWL__ASKER);
	hear((pawl_remote_event_t){ .what = PAWL_REMOTE_GRANTED, .hi = 1, .deadline_ns = INT64_MIN });
	state_is(PAWL__T_GIVING);
	sent(PAWL_REMOTE_RELEASE);
	assert_false(a.move.lost); /* nobody was told that it was there */
}

static void a_late_answer_is_given_back(void **state)
{
	(void)state;
	look(PAWL__ASKER);
	a.view.now = T0 + 3 * S;
	hear_granted(5, 3 * S + S / 2, false);
	state_is(PAWL__T_GIVING);
	sent(PAWL_REMOTE_RELEASE);
	assert_int_equal(a.move.op.hi, 5);
	hear((pawl_remote_event_t){ .what = PAWL_REMOTE_RELEASED });
	sent(PAWL_REMOTE_ACQUIRE);
	assert_int_equal(a.move.op.floor, 5);
}

static void an_answer_that_is_hardly_in_time_is_taken(void **state)
{
	(void)state;
	look(PAWL__ASKER);
	hear_granted(5, S / 2 + 1, false);
	state_is(PAWL__T_HELD);
}

static void an_asker_is_not_called_for_too_little(void **state)
{
	(void)state;
	hold(false);
	at(7500 * MS - 1);
	look(PAWL__ASKER);
	assert_true(a.move.told);
	at(7500 * MS);
	assert_false(a.move.told);
	hear_granted(1, 12 * S, false);
	assert_true(a.move.told);
}

/* ---- how long it is kept ---- */

static void kept_when_idle(void **state)
{
	(void)state;
	hold(false);
	look(PAWL__NOBODY);
	comes_again(S);
	at(S - 1);
	state_is(PAWL__T_HELD);
	at(S);
	state_is(PAWL__T_GIVING);
	sent(PAWL_REMOTE_RELEASE);
	assert_true(a.move.op.clean);
}

static void not_looked_at_all_the_time(void **state)
{
	(void)state;
	a.rules.idle_keep = 0;
	hold(false);
	comes_again(MS);
	look(PAWL__NOBODY);
	state_is(PAWL__T_GIVING);
}

static void not_idle_when_somebody_has_come_by(void **state)
{
	(void)state;
	hold(false);
	look(PAWL__NOBODY);
	a.view.look.grants++;
	at(S);
	state_is(PAWL__T_HELD);
	comes_again(2 * S);
	at(2 * S);
	state_is(PAWL__T_GIVING);
}

static void not_idle_while_somebody_is_inside(void **state)
{
	(void)state;
	hold(false);
	at(5 * S);
	state_is(PAWL__T_HELD);
	at(5 * S + 100 * MS);
	look(PAWL__NOBODY); /* it is idle since now */
	comes_again(6100 * MS);
	at(6100 * MS - 1);
	state_is(PAWL__T_HELD);
	at(6100 * MS);
	state_is(PAWL__T_GIVING);
}

static void an_owner_who_died_and_is_not_missed(void **state)
{
	(void)state;
	hold(false);
	look(PAWL__CORPSE);
	at(S);
	sent(PAWL_REMOTE_RELEASE);
	assert_false(a.move.op.clean);
	at(2 * S);
	sent(PAWL_REMOTE_RELEASE); /* again, the same */
	assert_false(a.move.op.clean);
}

static void kept_for_max_tenure(void **state)
{
	(void)state;
	hold(false);
	at(100 * MS);
	hear((pawl_remote_event_t){ .what = PAWL_REMOTE_CONTENDED });
	assert_int_equal(a.t.revoked_at, T0 + 100 * MS);
	at(104 * MS);
	hear((pawl_remote_event_t){ .what = PAWL_REMOTE_CONTENDED }); /* the first one counts */
	assert_int_equal(a.t.revoked_at, T0 + 100 * MS);
	at(108 * MS - 1);
	assert_true(a.t.open);
	at(108 * MS);
	assert_false(a.t.open);
	state_is(PAWL__T_HELD);
	sent(0);
	look(PAWL__ASKER); /* the owner inside has left, the next one is too late */
	sent(PAWL_REMOTE_RELEASE);
}

static void closed_by_the_last_hand_off(void **state)
{
	(void)state;
	hold(true);
	assert_int_equal(a.t.stop_at, 10);
	a.view.look.closed = true;
	look(PAWL__ASKER);
	state_is(PAWL__T_GIVING);
	sent(PAWL_REMOTE_RELEASE);
}

static void closed_while_the_next_one_came_in(void **state)
{
	(void)state;
	hold(true);
	a.view.look.closed = true;
	look(PAWL__INSIDE);
	state_is(PAWL__T_HELD);
	assert_false(a.t.open);
	sent(0);
	look(PAWL__NOBODY);
	sent(PAWL_REMOTE_RELEASE);
}

static void opened_again_where_nobody_else_waits(void **state)
{
	(void)state;
	hold(false);
	a.view.look.closed = true;
	look(PAWL__ASKER);
	state_is(PAWL__T_HELD);
	assert_true(a.t.open);
	assert_true(a.move.told);
}

static void given_back_when_empty_and_revoked(void **state)
{
	(void)state;
	hold(false);
	at(100 * MS);
	hear((pawl_remote_event_t){ .what = PAWL_REMOTE_CONTENDED });
	more(true);
	look(PAWL__NOBODY); /* one is about to come in */
	state_is(PAWL__T_HELD);
	assert_true(a.t.open);
	comes_again(101 * MS);
	more(false);
	at(101 * MS);
	state_is(PAWL__T_GIVING);
}

static void kept_for_min_hold(void **state)
{
	(void)state;
	hold(true);
	look(PAWL__NOBODY);
	state_is(PAWL__T_HELD);
	comes_again(2 * MS);
	at(2 * MS - 1);
	state_is(PAWL__T_HELD);
	at(2 * MS);
	state_is(PAWL__T_GIVING);
}

/* However short a tenure may be: who has waited for it gets in. */
static void kept_for_min_hold_beyond_max_tenure(void **state)
{
	(void)state;
	a.rules.max_tenure = 1;
	look(PAWL__ASKER);
	hear_granted(1, 8 * S, true);
	at(2 * MS - 1);
	assert_true(a.t.open);
	at(2 * MS);
	state_is(PAWL__T_GIVING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(asked_again_later_and_later, setup),
		cmocka_unit_test_setup(given_back_again_later_and_later, setup),
		cmocka_unit_test_setup(a_place_is_asked_for_again, setup),
		cmocka_unit_test_setup(an_unknown_outcome_is_asked_for, setup),
		cmocka_unit_test_setup(not_before_holds_back_new_requests, setup),
		cmocka_unit_test_setup(not_before_holds_back_repeated_requests, setup),
		cmocka_unit_test_setup(not_before_holds_nothing_else_back, setup),
		cmocka_unit_test_setup(nobody_asks_where_others_cannot_be_seen, setup),
		cmocka_unit_test_setup(a_session_that_is_down_is_waited_for, setup),
		cmocka_unit_test_setup(renewed_at_a_third, setup),
		cmocka_unit_test_setup(never_renewed_where_a_session_carries_it, setup),
		cmocka_unit_test_setup(the_deadline_never_goes_back, setup),
		cmocka_unit_test_setup(jeopardy_is_said_once, setup),
		cmocka_unit_test_setup(lost_at_the_deadline, setup),
		cmocka_unit_test_setup(a_late_answer_is_given_back, setup),
		cmocka_unit_test_setup(an_answer_that_was_never_good_is_given_back, setup),
		cmocka_unit_test_setup(an_answer_that_is_hardly_in_time_is_taken, setup),
		cmocka_unit_test_setup(an_asker_is_not_called_for_too_little, setup),
		cmocka_unit_test_setup(kept_when_idle, setup),
		cmocka_unit_test_setup(not_looked_at_all_the_time, setup),
		cmocka_unit_test_setup(not_idle_when_somebody_has_come_by, setup),
		cmocka_unit_test_setup(not_idle_while_somebody_is_inside, setup),
		cmocka_unit_test_setup(an_owner_who_died_and_is_not_missed, setup),
		cmocka_unit_test_setup(kept_for_max_tenure, setup),
		cmocka_unit_test_setup(closed_by_the_last_hand_off, setup),
		cmocka_unit_test_setup(closed_while_the_next_one_came_in, setup),
		cmocka_unit_test_setup(opened_again_where_nobody_else_waits, setup),
		cmocka_unit_test_setup(given_back_when_empty_and_revoked, setup),
		cmocka_unit_test_setup(kept_for_min_hold, setup),
		cmocka_unit_test_setup(kept_for_min_hold_beyond_max_tenure, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
