/* SPDX-License-Identifier: BSD-2-Clause */
/** test_seat.c: the seat between a keeper that may die between any two of its stores and those who take and leave the lock: after
 * each death the next keeper finds a whole tenure, and nobody is inside whose lease is given back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/point.h"
#include "remote/seat.h"

#define S    1000000000ll
#define MS   1000000ll
#define NOW  (1000 * S)
#define ME   0x10001u
#define NAME 7u

static const struct pawl__tenure_rules rules = {
	.ttl = 9 * S,
	.min_use = S / 2,
	.max_tenure = 8 * MS,
	.max_handoffs = 10,
	.min_hold = 2 * MS,
	.idle_keep = S,
	.renews = true,
};

/* A host with one lock, and what the keeper has done in its last serve(). */
static struct {
	struct pawl__seat seat;
	uint32_t word; /* who owns the slot: 0, ME */
	bool dead, more;
	uint64_t grants;
	int64_t now;
	pawl_remote_op_t op;
	unsigned sent, told, lost, jeopardy;
	void (*between)(void); /* when the keeper has looked, once */
	int64_t wake_at;
} a;

/* ---- the keeper ---- */

static void look(void *arg, struct pawl__look *l)
{
	void (*between)(void) = a.between;

	(void)arg;
	l->grants = a.grants;
	l->more = a.more;
	l->who = a.word == 0               ? PAWL__NOBODY
		 : a.dead                  ? PAWL__CORPSE
		 : a.seat.asking == a.word ? PAWL__ASKER
					   : PAWL__INSIDE;
	a.between = NULL;
	if (between)
		between();
}

static bool submit(void *arg, const pawl_remote_op_t *op)
{
	(void)arg;
	a.op = *op;
	a.sent++;
	return true;
}

static void tell(void *arg)
{
	(void)arg;
	a.told++;
}

static void lose(void *arg)
{
	(void)arg;
	a.lost++;
}

static void worry(void *arg)
{
	(void)arg;
	a.jeopardy++;
}

static void serve(const pawl_remote_event_t *e)
{
	struct pawl__seat_world w = {
		.now = a.now, .up = true, .rules = &rules, .look = look, .submit = submit, .tell = tell, .lost = lose, .jeopardy = worry
	};

	a.op.kind = 0;
	a.sent = a.told = a.lost = a.jeopardy = 0;
	a.wake_at = pawl__seat_serve(&a.seat, &w, e);
}

static pawl_remote_event_t granted(int64_t until)
{
	return (pawl_remote_event_t){
		.what = PAWL_REMOTE_GRANTED, .req = pawl__seat_tenure(&a.seat)->req, .hi = 5, .deadline_ns = until
	};
}

static void hear(pawl_remote_what_t what)
{
	serve(&(pawl_remote_event_t){ .what = what, .req = pawl__seat_tenure(&a.seat)->req });
}

static void take_over(void)
{
	pawl__seat_adopt(&a.seat);
	serve(&(pawl_remote_event_t){ .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_UP });
}

/* ---- who takes and leaves ---- */

static bool try_enter(void)
{
	a.word = ME;
	a.seat.asking = 0;
	if (!pawl__seat_is_open(&a.seat, a.now)) {
		a.seat.asking = ME;
		return false;
	}
	a.grants++;
	return true;
}

static bool leave(void)
{
	bool closes = pawl__seat_leave(&a.seat, a.grants);

	a.word = 0;
	return closes;
}

static void state_is(unsigned state)
{
	assert_string_equal(pawl__tenure_state_name(pawl__seat_tenure(&a.seat)->state), pawl__tenure_state_name(state));
}

static int setup(void **state)
{
	(void)state;
	memset(&a, 0, sizeof(a));
	a.now = NOW;
	return 0;
}

/* Somebody is inside with a lease until 8 s from now. */
static void hold(void)
{
	pawl_remote_event_t e;

	assert_false(try_enter());
	serve(NULL);
	e = granted(NOW + 8 * S);
	serve(&e);
	assert_true(try_enter());
	state_is(PAWL__T_HELD);
}

/* ---- taking, leaving ---- */

static void a_new_seat_is_closed(void **state)
{
	(void)state;
	assert_false(try_enter());
	serve(NULL);
	state_is(PAWL__T_ASKING);
	assert_int_equal(a.op.kind, PAWL_REMOTE_ACQUIRE);
	assert_int_equal(a.op.req, 1);
	assert_int_equal(a.seat.state, PAWL__T_ASKING);
	assert_false(pawl__seat_is_open(&a.seat, NOW));
}

static void a_grant_opens_it(void **state)
{
	uint32_t bell;

	(void)state;
	try_enter();
	serve(NULL);
	bell = a.seat.bell;
	pawl_remote_event_t e = granted(NOW + 8 * S);
	serve(&e);
	assert_int_equal(a.seat.bell, bell + 1);
	assert_int_equal(a.told, 1);
	assert_int_equal(a.seat.hi, 5);
	assert_true(pawl__seat_is_open(&a.seat, NOW + 8 * S - rules.min_use - 1));
	assert_false(pawl__seat_is_open(&a.seat, NOW + 8 * S - rules.min_use));
	assert_true(pawl__seat_is_valid(&a.seat, NOW + 8 * S - 1));
	assert_false(pawl__seat_is_valid(&a.seat, NOW + 8 * S));
	assert_true(try_enter());
	assert_false(leave());
}

static void the_last_hand_off_closes_it(void **state)
{
	(void)state;
	hold();
	hear(PAWL_REMOTE_CONTENDED);
	assert_int_equal(a.seat.stop_at, a.grants + rules.max_handoffs);
	for (unsigned i = 0; i < rules.max_handoffs; i++) {
		assert_false(leave());
		assert_true(try_enter());
	}
	assert_true(leave());
	assert_false(try_enter());
	serve(NULL);
	state_is(PAWL__T_GIVING);
	assert_int_equal(a.op.kind, PAWL_REMOTE_RELEASE);
}

/* The keeper knows nothing of it yet. */
static void a_renewal_does_not_open_what_a_leaver_closed(void **state)
{
	pawl_remote_event_t e = { .what = PAWL_REMOTE_GRANTED, .req = 1, .hi = 5, .deadline_ns = NOW + 11 * S };

	(void)state;
	hold();
	hear(PAWL_REMOTE_CONTENDED);
	a.grants = a.seat.stop_at;
	a.seat.good = 0; /* it is about to leave: still inside */
	serve(&e);
	assert_false(pawl__seat_is_open(&a.seat, NOW));
	assert_true(pawl__seat_is_valid(&a.seat, NOW + 10 * S)); /* its own time is longer by it */
	leave();
	serve(NULL);
	state_is(PAWL__T_GIVING);
}

static void closes_behind_the_keeper(void)
{
	a.seat.good = 0;
}

/* Closed by a leaver after the keeper has looked: what it then publishes does not open it. */
static void a_renewal_does_not_open_what_is_closed_meanwhile(void **state)
{
	pawl_remote_event_t e = { .what = PAWL_REMOTE_GRANTED, .req = 1, .hi = 5, .deadline_ns = NOW + 11 * S };

	(void)state;
	hold();
	hear(PAWL_REMOTE_CONTENDED);
	a.between = closes_behind_the_keeper;
	serve(&e);
	assert_false(pawl__seat_is_open(&a.seat, NOW));
}

static void a_renewal_moves_both_ends(void **state)
{
	pawl_remote_event_t e = { .what = PAWL_REMOTE_GRANTED, .req = 1, .hi = 5, .deadline_ns = NOW + 11 * S };

	(void)state;
	hold();
	serve(&e);
	assert_true(pawl__seat_is_open(&a.seat, NOW + 10 * S));
	assert_true(pawl__seat_is_valid(&a.seat, NOW + 11 * S - 1));
}

static void comes_in(void)
{
	assert_true(try_enter());
}

/* Between the keeper's look and its closing: the second look finds it, and it stays inside. */
static void who_comes_in_while_it_closes_stays(void **state)
{
	(void)state;
	hold();
	hear(PAWL_REMOTE_CONTENDED);
	leave();
	a.now += 8 * MS;
	a.between = comes_in;
	serve(NULL);
	state_is(PAWL__T_HELD);
	assert_int_equal(a.sent, 0);
	assert_false(pawl__seat_is_open(&a.seat, a.now));
	assert_true(pawl__seat_is_valid(&a.seat, a.now));
	assert_true(leave());
	serve(NULL);
	state_is(PAWL__T_GIVING);
}

static void who_is_inside_is_told_of_the_loss(void **state)
{
	(void)state;
	hold();
	hear(PAWL_REMOTE_LOST);
	state_is(PAWL__T_LOST);
	assert_int_equal(a.lost, 1);
	assert_false(pawl__seat_is_valid(&a.seat, NOW));
	assert_false(pawl__seat_is_open(&a.seat, NOW));
	assert_true(leave());
	serve(NULL);
	assert_int_equal(a.op.kind, PAWL_REMOTE_RELEASE);
}

static void who_comes_in_while_it_is_lost_is_told(void **state)
{
	(void)state;
	hold();
	leave();
	a.between = comes_in;
	hear(PAWL_REMOTE_LOST);
	state_is(PAWL__T_LOST);
	assert_int_equal(a.lost, 1);
	assert_int_equal(a.sent, 0);
	assert_false(pawl__seat_is_valid(&a.seat, NOW));
}

/* ---- deaths of owners ---- */

static void a_death_elsewhere_is_owed(void **state)
{
	pawl_remote_event_t e;

	(void)state;
	try_enter();
	serve(NULL);
	e = granted(NOW + 8 * S);
	e.owner_died = true;
	serve(&e);
	assert_int_equal(a.seat.died, 1);
	assert_true(pawl__seat_is_open(&a.seat, NOW));
}

static void a_death_that_is_owed_is_handed_on(void **state)
{
	(void)state;
	a_death_elsewhere_is_owed(state);
	a.word = 0; /* its time is up */
	hear(PAWL_REMOTE_CONTENDED);
	a.now += 2 * MS;
	serve(NULL);
	state_is(PAWL__T_GIVING);
	assert_false(a.op.clean);
	assert_int_equal(a.seat.died, 0);
}

static void an_owner_who_died_is_handed_on(void **state)
{
	(void)state;
	hold();
	a.dead = true;
	hear(PAWL_REMOTE_CONTENDED);
	a.now += 2 * MS;
	serve(NULL);
	assert_int_equal(a.op.kind, PAWL_REMOTE_RELEASE);
	assert_false(a.op.clean);
}

/* ---- another name ---- */

static void another_name_goes_on_counting(void **state)
{
	(void)state;
	hold();
	leave();
	hear(PAWL_REMOTE_LOST);
	hear(PAWL_REMOTE_RELEASED);
	state_is(PAWL__T_NONE);
	pawl__seat_rename(&a.seat, NAME, 0);
	assert_true(pawl__seat_is_of(&a.seat, NAME));
	assert_false(pawl__seat_is_of(&a.seat, NAME + 4));
	assert_false(try_enter());
	serve(NULL);
	assert_int_equal(a.op.req, 2);
	assert_int_equal(a.op.floor, 0); /* of this name none was seen */
}

/* ---- deaths of keepers ---- */

#ifdef PAWL_POINTS
static jmp_buf death;

static void die(const char *label)
{
	(void)label;
	longjmp(death, 1);
}

/* serve() as it goes when the keeper dies at the `nth` point it passes. Returns whether there were as many. */
static bool serve_and_die(const pawl_remote_event_t *e, unsigned nth)
{
	pawl__point_hook = die;
	pawl__point_arm(NULL, nth, PAWL__POINT_CALL);
	if (setjmp(death) == 0) {
		serve(e);
		pawl__point_arm(NULL, 0, PAWL__POINT_NOTHING);
		return false;
	}
	pawl__point_arm(NULL, 0, PAWL__POINT_NOTHING);
	return true;
}

/* A story: what leads up to the serve() in which the keeper dies, that one, and what must hold when another has taken over. */
struct story {
	void (*before)(void);
	const pawl_remote_event_t *event;
	unsigned state; /* in the end, */
	bool inside;    /* and whether somebody may be inside */
};

static void asks(void)
{
	try_enter();
}

static void has_asked(void)
{
	try_enter();
	serve(NULL);
}

static void is_inside(void)
{
	hold();
}

static void has_left(void)
{
	hold();
	hear(PAWL_REMOTE_CONTENDED);
	a.grants = a.seat.stop_at;
	leave();
}

static void has_given_back(void)
{
	has_left();
	serve(NULL);
}

static const pawl_remote_event_t grant = {
	.what = PAWL_REMOTE_GRANTED, .req = 1, .hi = 5, .deadline_ns = NOW + 8 * S, .owner_died = true
};
static const pawl_remote_event_t late = { .what = PAWL_REMOTE_GRANTED, .req = 1, .hi = 5, .deadline_ns = NOW };
static const pawl_remote_event_t renewal = { .what = PAWL_REMOTE_GRANTED, .req = 1, .hi = 5, .deadline_ns = NOW + 9 * S };
static const pawl_remote_event_t loss = { .what = PAWL_REMOTE_LOST, .req = 1 };
static const pawl_remote_event_t done = { .what = PAWL_REMOTE_RELEASED, .req = 1 };

static const struct story stories[] = {
	{ asks, NULL, PAWL__T_ASKING, false },
	{ has_asked, &grant, PAWL__T_HELD, true },
	{ has_asked, &late, PAWL__T_GIVING, false },
	{ is_inside, &renewal, PAWL__T_HELD, true },
	{ is_inside, &loss, PAWL__T_LOST, false },
	{ has_left, NULL, PAWL__T_GIVING, false },
	{ has_given_back, &done, PAWL__T_NONE, false },
};

/* Whatever the one before has sent or not, the next keeper sends what belongs to the state. */
static const unsigned belongs_to[PAWL__T_STATES] = {
	[PAWL__T_ASKING] = PAWL_REMOTE_ACQUIRE, [PAWL__T_HELD] = PAWL_REMOTE_RENEW, [PAWL__T_GIVING] = PAWL_REMOTE_RELEASE, [PAWL__T_DROPPING] = PAWL_REMOTE_CANCEL
};

/* The next keeper, and what the service says again if it was not written down. */
static void go_on(const struct story *s)
{
	unsigned state;

	take_over();
	state = pawl__seat_tenure(&a.seat)->state;
	assert_int_equal(a.op.kind, belongs_to[state]);
	assert_int_equal(a.sent, belongs_to[state] != 0);
	if (s->event && pawl__seat_tenure(&a.seat)->state != s->state)
		serve(s->event);
}

static void check_story(const struct story *s)
{
	const struct pawl__tenure *t = pawl__seat_tenure(&a.seat);

	state_is(s->state);
	assert_true(t->req == 1);
	assert_true(pawl__seat_is_open(&a.seat, NOW) == (s->inside && t->open));
	assert_true(pawl__seat_is_valid(&a.seat, NOW) == s->inside);
	if (s->event == &grant) {
		assert_int_equal(a.seat.died, 1);
		assert_true(pawl__seat_is_open(&a.seat, NOW));
		assert_int_equal(a.seat.hi, 5);
	}
	if (s->event == &loss)
		assert_true(a.lost > 0);
	assert_int_equal(a.seat.state, t->state);
}

static void killed_anywhere(void **state)
{
	unsigned deaths = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++)
		for (unsigned nth = 1;; nth++) {
			setup(NULL);
			stories[i].before();
			if (!serve_and_die(stories[i].event, nth))
				break;
			deaths++;
			go_on(&stories[i]);
			check_story(&stories[i]);
		}
	assert_true(deaths >= 3 * sizeof(stories) / sizeof(stories[0]));
}

/* Between each two stores of a closing, somebody looks whether it may come in: never into what is given back. */
static void looked_at_anywhere(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth++) {
		bool in;

		setup(NULL);
		hold();
		hear(PAWL_REMOTE_CONTENDED);
		leave();
		a.now += 8 * MS;
		if (!serve_and_die(NULL, nth))
			break;
		in = try_enter();
		take_over();
		state_is(in ? PAWL__T_HELD : PAWL__T_GIVING);
		assert_int_equal(pawl__seat_is_valid(&a.seat, a.now), in);
		if (!in)
			continue;
		assert_true(leave());
		serve(NULL);
		state_is(PAWL__T_GIVING);
	}
}

/* Revoked, written down, not published: the next keeper's seat has the bound all the same. */
static void a_revocation_outlives_its_keeper(void **state)
{
	const pawl_remote_event_t contended = { .what = PAWL_REMOTE_CONTENDED, .req = 1 };

	(void)state;
	for (unsigned nth = 1;; nth++) {
		setup(NULL);
		hold();
		if (!serve_and_die(&contended, nth))
			break;
		pawl__seat_adopt(&a.seat);
		assert_int_equal(a.seat.stop_at, pawl__seat_tenure(&a.seat)->stop_at);
	}
}

/* A deadline that was only written down: the seat may not stay open to an older one, with a keeper that thinks it is the newer. */
static void a_renewal_outlives_its_keeper(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth++) {
		setup(NULL);
		hold();
		if (!serve_and_die(&renewal, nth))
			break;
		pawl__seat_adopt(&a.seat);
		serve(NULL);
		assert_int_equal(a.seat.until, pawl__seat_tenure(&a.seat)->deadline);
		assert_int_equal(a.seat.good, a.seat.until - rules.min_use);
	}
}

/* The copy that counts is whole, whenever the other one is being written. */
static void the_copy_that_counts_is_whole(void **state)
{
	(void)state;
	for (unsigned nth = 1; nth < 20; nth++) {
		setup(NULL);
		hold();
		if (!serve_and_die(&renewal, nth))
			break;
		a.seat.copy[~a.seat.current & 1] = (struct pawl__tenure){ .state = 250, .req = ~0ull };
		take_over();
		state_is(PAWL__T_HELD);
		assert_int_equal(pawl__seat_tenure(&a.seat)->req, 1);
	}
}
#endif

/* ---- bounds ---- */

static void bounds_fit_into_a_word(void **state)
{
	static const struct pawl__tenure_rules space = {
		.max_tenure = 5000000, .max_handoffs = 100, .min_hold = 7, .idle_keep = 1
	};
	struct pawl__tenure_rules r = space;

	(void)state;
	pawl__bounds_apply(pawl__bounds_pack(&(struct pawl__bounds){ 0 }), &r);
	assert_memory_equal(&r, &space, sizeof(r));
	pawl__bounds_apply(
		pawl__bounds_pack(&(struct pawl__bounds){ .max_tenure = 6500000000, .idle_keep = 600000000000 }), &r);
	assert_true(r.max_tenure == 6500000000 && r.idle_keep == 600000000000 && r.max_handoffs == 100 && r.min_hold == 7);
	pawl__bounds_apply(pawl__bounds_pack(&(struct pawl__bounds){ .max_tenure = 1, .idle_keep = 1, .handoffs = 4 }), &r);
	assert_true(r.max_tenure == 100000 && r.idle_keep == 10000000 && r.max_handoffs == 3); /* rounded up, never to none */
	pawl__bounds_apply(pawl__bounds_pack(&(struct pawl__bounds){ .handoffs = 1 }), &r);
	assert_true(r.max_handoffs == 0 && r.min_hold == 0); /* hosts alternate */
	assert_true(pawl__bounds_pack(&(struct pawl__bounds){ .max_tenure = 7000000000 }) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_new_seat_is_closed, setup),
		cmocka_unit_test_setup(a_grant_opens_it, setup),
		cmocka_unit_test_setup(the_last_hand_off_closes_it, setup),
		cmocka_unit_test_setup(a_renewal_does_not_open_what_a_leaver_closed, setup),
		cmocka_unit_test_setup(a_renewal_does_not_open_what_is_closed_meanwhile, setup),
		cmocka_unit_test_setup(a_renewal_moves_both_ends, setup),
		cmocka_unit_test_setup(who_comes_in_while_it_closes_stays, setup),
		cmocka_unit_test_setup(who_is_inside_is_told_of_the_loss, setup),
		cmocka_unit_test_setup(who_comes_in_while_it_is_lost_is_told, setup),
		cmocka_unit_test_setup(a_death_elsewhere_is_owed, setup),
		cmocka_unit_test_setup(a_death_that_is_owed_is_handed_on, setup),
		cmocka_unit_test_setup(an_owner_who_died_is_handed_on, setup),
		cmocka_unit_test_setup(another_name_goes_on_counting, setup),
		cmocka_unit_test(bounds_fit_into_a_word),
#ifdef PAWL_POINTS
		cmocka_unit_test_setup(killed_anywhere, setup),
		cmocka_unit_test_setup(looked_at_anywhere, setup),
		cmocka_unit_test_setup(a_revocation_outlives_its_keeper, setup),
		cmocka_unit_test_setup(a_renewal_outlives_its_keeper, setup),
		cmocka_unit_test_setup(the_copy_that_counts_is_whole, setup),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
