/* SPDX-License-Identifier: BSD-2-Clause */
/** test_tenure.c: the tenure machine, cell by cell: each state meets each event, with each kind of owner on this host where that
 * matters. The table below reads like the one in tenure.c; that no cell is missing is a test of its own. What depends on time is
 * in test_tenure_time.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "remote/tenure.h"

#define S    1000000000ll
#define MS   1000000ll
#define NOW  (1000 * S)
#define REQ  7u
#define HI   100u /* of the tenure */
#define MORE 200u /* of one after it */

static const struct pawl__tenure_rules rules = {
	.ttl = 10 * S,
	.min_use = S / 2,
	.max_tenure = 5 * MS,
	.max_handoffs = 8,
	.min_hold = MS,
	.idle_keep = S,
	.renews = true,
};

/* ---- the world before ---- */

enum { NONE = PAWL__T_NONE, ASKING, QUEUED, HELD, LOST, GIVING, DROPPING, STATES };

/* TIME is no event; LATE is a grant that may not be used any more, AGAIN one more grant of what is held. */
enum { TIME, GRANTED, LATE, AGAIN, QUEUE, CONTENDED, RELEASED, OVER, UNKNOWN, DOWN, UP, NEW, ALIVE, EVENTS };

static const pawl_remote_event_t events[EVENTS] = {
	[GRANTED] = { .what = PAWL_REMOTE_GRANTED, .hi = HI, .deadline_ns = NOW + 9 * S },
	[LATE] = { .what = PAWL_REMOTE_GRANTED, .hi = HI, .deadline_ns = NOW + S / 2 },
	[AGAIN] = { .what = PAWL_REMOTE_GRANTED, .hi = MORE, .deadline_ns = NOW + 9 * S },
	[QUEUE] = { .what = PAWL_REMOTE_QUEUED, .hint_ns = 300 * MS },
	[CONTENDED] = { .what = PAWL_REMOTE_CONTENDED },
	[RELEASED] = { .what = PAWL_REMOTE_RELEASED },
	[OVER] = { .what = PAWL_REMOTE_LOST },
	[UNKNOWN] = { .what = PAWL_REMOTE_UNKNOWN },
	[DOWN] = { .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_DOWN },
	[UP] = { .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_UP },
	[NEW] = { .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_NEW },
	[ALIVE] = { .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_ALIVE, .deadline_ns = NOW + 9 * S },
};

/* Nothing is due in any of them. */
static const struct pawl__tenure before[STATES] = {
	[NONE] = { .req = REQ, .floor = HI, .state = NONE },
	[ASKING] = { .req = REQ, .floor = 90, .next = NOW + 10 * MS, .backoff = 40 * MS, .state = ASKING },
	[QUEUED] = { .req = REQ, .floor = 90, .next = NOW + S, .backoff = 20 * MS, .state = QUEUED },
	[HELD] = { .req = REQ,
		.hi = HI,
		.floor = HI,
		.state = HELD,
		.open = true,
		.deadline = NOW + 6 * S,
		.granted_at = NOW - S,
		.next = NOW + S },
	[LOST] = { .req = REQ, .hi = HI, .floor = HI, .state = LOST },
	[GIVING] = { .req = REQ, .hi = HI, .floor = HI, .next = NOW + 10 * MS, .backoff = 40 * MS, .state = GIVING },
	[DROPPING] = { .req = REQ, .floor = HI, .next = NOW + 10 * MS, .backoff = 40 * MS, .state = DROPPING },
};

enum { NOBODY = PAWL__NOBODY, ASKER, INSIDE, CORPSE, COMING, WHO }; /* COMING: free, and somebody waits for it */

static struct pawl__look look_of(int who)
{
	return (struct pawl__look){ .who = who == COMING ? PAWL__NOBODY : (pawl__who_t)who, .more = who == COMING, .grants = 50 };
}

/* ---- the table ---- */

enum { ACQUIRE = PAWL_REMOTE_ACQUIRE, RELEASE, RENEW, CANCEL };
enum { TOLD = 1, DIED = 2, LOSS = 4 };

struct cell {
	int state, event, who;
	int next, op, flags; /* what is done beside it */
};

static const struct cell table[] = {
	/* nothing there that is ours: nothing the service says matters, and who asks starts a request */
	{ NONE, TIME, NOBODY, NONE, 0, 0 },
	{ NONE, TIME, ASKER, ASKING, ACQUIRE, TOLD },
	{ NONE, TIME, INSIDE, NONE, 0, 0 },
	{ NONE, TIME, CORPSE, NONE, 0, 0 },
	{ NONE, TIME, COMING, NONE, 0, 0 },
	{ NONE, GRANTED, NOBODY, NONE, 0, 0 },
	{ NONE, GRANTED, ASKER, ASKING, ACQUIRE, TOLD },
	{ NONE, LATE, NOBODY, NONE, 0, 0 },
	{ NONE, AGAIN, NOBODY, NONE, 0, 0 },
	{ NONE, QUEUE, NOBODY, NONE, 0, 0 },
	{ NONE, CONTENDED, NOBODY, NONE, 0, 0 },
	{ NONE, RELEASED, NOBODY, NONE, 0, 0 },
	{ NONE, OVER, NOBODY, NONE, 0, 0 },
	{ NONE, UNKNOWN, NOBODY, NONE, 0, 0 },
	{ NONE, DOWN, NOBODY, NONE, 0, 0 },
	{ NONE, UP, NOBODY, NONE, 0, 0 },
	{ NONE, UP, ASKER, ASKING, ACQUIRE, TOLD },
	{ NONE, NEW, NOBODY, NONE, 0, 0 },
	{ NONE, ALIVE, NOBODY, NONE, 0, 0 },

	/* asked, no answer yet */
	{ ASKING, TIME, ASKER, ASKING, 0, 0 },
	{ ASKING, TIME, COMING, ASKING, 0, 0 },
	{ ASKING, TIME, INSIDE, ASKING, 0, 0 }, /* an asker, for the moment in which it looks */
	{ ASKING, TIME, NOBODY, DROPPING, CANCEL, TOLD },
	{ ASKING, TIME, CORPSE, DROPPING, CANCEL, TOLD },
	{ ASKING, GRANTED, ASKER, HELD, 0, TOLD },
	{ ASKING, GRANTED, NOBODY, HELD, 0, TOLD },
	{ ASKING, LATE, ASKER, GIVING, RELEASE, TOLD },
	{ ASKING, LATE, NOBODY, GIVING, RELEASE, TOLD },
	{ ASKING, AGAIN, ASKER, HELD, 0, TOLD },
	{ ASKING, QUEUE, ASKER, QUEUED, 0, TOLD },
	{ ASKING, QUEUE, NOBODY, DROPPING, CANCEL, TOLD },
	{ ASKING, CONTENDED, ASKER, ASKING, 0, 0 },
	{ ASKING, RELEASED, ASKER, ASKING, 0, 0 },
	{ ASKING, OVER, ASKER, ASKING, ACQUIRE, TOLD },
	{ ASKING, OVER, NOBODY, NONE, 0, TOLD },
	{ ASKING, UNKNOWN, ASKER, ASKING, 0, 0 },
	{ ASKING, UNKNOWN, NOBODY, DROPPING, CANCEL, TOLD },
	{ ASKING, DOWN, ASKER, ASKING, 0, 0 },
	{ ASKING, UP, ASKER, ASKING, ACQUIRE, 0 },
	{ ASKING, UP, NOBODY, DROPPING, CANCEL, TOLD },
	{ ASKING, NEW, ASKER, ASKING, ACQUIRE, TOLD },
	{ ASKING, NEW, NOBODY, NONE, 0, TOLD },
	{ ASKING, ALIVE, ASKER, ASKING, 0, 0 },

	/* a place in the queue */
	{ QUEUED, TIME, ASKER, QUEUED, 0, 0 },
	{ QUEUED, TIME, COMING, QUEUED, 0, 0 },
	{ QUEUED, TIME, INSIDE, QUEUED, 0, 0 },
	{ QUEUED, TIME, NOBODY, DROPPING, CANCEL, TOLD },
	{ QUEUED, TIME, CORPSE, DROPPING, CANCEL, TOLD },
	{ QUEUED, GRANTED, ASKER, HELD, 0, TOLD },
	{ QUEUED, GRANTED, COMING, HELD, 0, TOLD },
	{ QUEUED, LATE, ASKER, GIVING, RELEASE, TOLD },
	{ QUEUED, AGAIN, ASKER, HELD, 0, TOLD },
	{ QUEUED, QUEUE, ASKER, QUEUED, 0, 0 },
	{ QUEUED, CONTENDED, ASKER, QUEUED, 0, 0 },
	{ QUEUED, RELEASED, ASKER, QUEUED, 0, 0 },
	{ QUEUED, OVER, ASKER, ASKING, ACQUIRE, TOLD },
	{ QUEUED, OVER, NOBODY, NONE, 0, TOLD },
	{ QUEUED, UNKNOWN, ASKER, ASKING, 0, 0 },
	{ QUEUED, DOWN, ASKER, QUEUED, 0, 0 },
	{ QUEUED, UP, ASKER, QUEUED, ACQUIRE, 0 },
	{ QUEUED, NEW, ASKER, ASKING, ACQUIRE, TOLD },
	{ QUEUED, NEW, NOBODY, NONE, 0, TOLD },
	{ QUEUED, ALIVE, ASKER, QUEUED, 0, 0 },

	/* ours */
	{ HELD, TIME, NOBODY, HELD, 0, 0 },
	{ HELD, TIME, ASKER, HELD, 0, TOLD },
	{ HELD, TIME, INSIDE, HELD, 0, 0 },
	{ HELD, TIME, CORPSE, HELD, 0, 0 },
	{ HELD, TIME, COMING, HELD, 0, 0 },
	{ HELD, GRANTED, INSIDE, HELD, 0, TOLD },
	{ HELD, LATE, INSIDE, HELD, 0, 0 }, /* an answer to a renewal that a later one has overtaken */
	{ HELD, AGAIN, INSIDE, LOST, 0, TOLD | LOSS },
	{ HELD, AGAIN, NOBODY, GIVING, RELEASE, TOLD | LOSS },
	{ HELD, QUEUE, INSIDE, HELD, 0, 0 },
	{ HELD, CONTENDED, INSIDE, HELD, 0, 0 },
	{ HELD, CONTENDED, ASKER, HELD, 0, TOLD },
	{ HELD, CONTENDED, COMING, HELD, 0, 0 },
	{ HELD, CONTENDED, NOBODY, GIVING, RELEASE, TOLD },
	{ HELD, CONTENDED, CORPSE, GIVING, RELEASE, TOLD | DIED },
	{ HELD, RELEASED, INSIDE, HELD, 0, 0 },
	{ HELD, OVER, INSIDE, LOST, 0, TOLD | LOSS },
	{ HELD, OVER, ASKER, GIVING, RELEASE, TOLD | LOSS },
	{ HELD, OVER, NOBODY, GIVING, RELEASE, TOLD | LOSS },
	{ HELD, OVER, CORPSE, GIVING, RELEASE, TOLD | LOSS | DIED },
	{ HELD, OVER, COMING, GIVING, RELEASE, TOLD | LOSS },
	{ HELD, UNKNOWN, INSIDE, HELD, 0, 0 },
	{ HELD, DOWN, INSIDE, HELD, 0, 0 },
	{ HELD, UP, INSIDE, HELD, RENEW, 0 },
	{ HELD, NEW, INSIDE, LOST, 0, TOLD | LOSS },
	{ HELD, NEW, NOBODY, GIVING, RELEASE, TOLD | LOSS },
	{ HELD, ALIVE, INSIDE, HELD, 0, TOLD },

	/* lost, with somebody inside; nothing helps it */
	{ LOST, TIME, INSIDE, LOST, 0, 0 },
	{ LOST, TIME, NOBODY, GIVING, RELEASE, TOLD },
	{ LOST, TIME, ASKER, GIVING, RELEASE, TOLD },
	{ LOST, TIME, CORPSE, GIVING, RELEASE, TOLD | DIED },
	{ LOST, TIME, COMING, GIVING, RELEASE, TOLD },
	{ LOST, GRANTED, INSIDE, LOST, 0, 0 },
	{ LOST, LATE, INSIDE, LOST, 0, 0 },
	{ LOST, AGAIN, INSIDE, LOST, 0, 0 },
	{ LOST, QUEUE, INSIDE, LOST, 0, 0 },
	{ LOST, CONTENDED, INSIDE, LOST, 0, 0 },
	{ LOST, RELEASED, INSIDE, LOST, 0, 0 },
	{ LOST, OVER, INSIDE, LOST, 0, 0 },
	{ LOST, UNKNOWN, INSIDE, LOST, 0, 0 },
	{ LOST, DOWN, INSIDE, LOST, 0, 0 },
	{ LOST, UP, INSIDE, LOST, 0, LOSS }, /* the keeper before this one may not have told it */
	{ LOST, NEW, INSIDE, LOST, 0, LOSS },
	{ LOST, ALIVE, INSIDE, LOST, 0, 0 },

	/* given back, no answer yet: who asks has to wait for it */
	{ GIVING, TIME, NOBODY, GIVING, 0, 0 },
	{ GIVING, TIME, ASKER, GIVING, 0, 0 },
	{ GIVING, GRANTED, ASKER, GIVING, 0, 0 },
	{ GIVING, LATE, ASKER, GIVING, 0, 0 },
	{ GIVING, AGAIN, ASKER, GIVING, 0, 0 },
	{ GIVING, QUEUE, ASKER, GIVING, 0, 0 },
	{ GIVING, CONTENDED, ASKER, GIVING, 0, 0 },
	{ GIVING, RELEASED, NOBODY, NONE, 0, TOLD },
	{ GIVING, RELEASED, ASKER, ASKING, ACQUIRE, TOLD },
	{ GIVING, OVER, NOBODY, NONE, 0, TOLD },
	{ GIVING, OVER, ASKER, ASKING, ACQUIRE, TOLD },
	{ GIVING, UNKNOWN, ASKER, GIVING, 0, 0 },
	{ GIVING, DOWN, ASKER, GIVING, 0, 0 },
	{ GIVING, UP, NOBODY, GIVING, RELEASE, 0 },
	{ GIVING, NEW, NOBODY, NONE, 0, TOLD },
	{ GIVING, NEW, ASKER, ASKING, ACQUIRE, TOLD },
	{ GIVING, ALIVE, ASKER, GIVING, 0, 0 },

	/* taken back, no answer yet: what it may have been granted meanwhile goes back with it */
	{ DROPPING, TIME, NOBODY, DROPPING, 0, 0 },
	{ DROPPING, TIME, ASKER, DROPPING, 0, 0 },
	{ DROPPING, GRANTED, ASKER, DROPPING, 0, 0 },
	{ DROPPING, LATE, ASKER, DROPPING, 0, 0 },
	{ DROPPING, AGAIN, ASKER, DROPPING, 0, 0 },
	{ DROPPING, QUEUE, ASKER, DROPPING, 0, 0 },
	{ DROPPING, CONTENDED, ASKER, DROPPING, 0, 0 },
	{ DROPPING, RELEASED, NOBODY, NONE, 0, TOLD },
	{ DROPPING, RELEASED, ASKER, ASKING, ACQUIRE, TOLD },
	{ DROPPING, OVER, NOBODY, NONE, 0, TOLD },
	{ DROPPING, UNKNOWN, ASKER, DROPPING, 0, 0 },
	{ DROPPING, DOWN, ASKER, DROPPING, 0, 0 },
	{ DROPPING, UP, NOBODY, DROPPING, CANCEL, 0 },
	{ DROPPING, NEW, NOBODY, NONE, 0, TOLD },
	{ DROPPING, NEW, ASKER, ASKING, ACQUIRE, TOLD },
	{ DROPPING, ALIVE, ASKER, DROPPING, 0, 0 },
};

#define CELLS (sizeof(table) / sizeof(table[0]))

/* ---- steps ---- */

struct outcome {
	struct pawl__tenure t;
	struct pawl__tenure_move m; /* of all steps together */
};

/* As the keeper does it: what did not change is not written down; a second look follows where one is asked for. */
static struct outcome take(const struct pawl__tenure *t, int event, uint64_t req, int who, bool up)
{
	struct outcome o = { .t = *t };
	struct pawl__tenure_view v = { .now = NOW, .up = up, .look = look_of(who), .rules = &rules };
	pawl_remote_event_t e = events[event];
	struct pawl__tenure_move m = { .again = true };

	e.req = req;
	for (bool first = true; m.again; first = false) {
		struct pawl__tenure next = o.t;

		pawl__tenure_step(&next, &v, first && event != TIME ? &e : NULL, &m);
		if (m.changed)
			o.t = next;
		assert_false(m.again && m.op.kind != 0); /* nothing is sent on a look that is to be made again */
		o.m.changed |= m.changed;
		o.m.told |= m.told;
		o.m.lost |= m.lost;
		o.m.died |= m.died;
		o.m.jeopardy |= m.jeopardy;
		o.m.op = m.op;
		o.m.wake_at = m.wake_at;
	}
	return o;
}

static const char *cell_name(const struct cell *c)
{
	static const char *const names[EVENTS] = { "time", "GRANTED", "GRANTED late", "GRANTED again", "QUEUED",
		"CONTENDED", "RELEASED", "LOST", "UNKNOWN", "DOWN", "UP", "NEW", "ALIVE" };
	static const char *const whos[WHO] = { "nobody", "asker", "inside", "corpse", "coming" };
	static char text[80];

	snprintf(text, sizeof(text), "%s, %s, %s", pawl__tenure_state_name((unsigned)c->state), names[c->event],
		whos[c->who]);
	return text;
}

/* What an operation must carry, whatever led to it. */
static void check_op(const struct cell *c, const struct outcome *o)
{
	bool asked_anew = o->m.op.kind == PAWL_REMOTE_ACQUIRE &&
			  (c->state == NONE || c->event == OVER || c->event == NEW || c->event == RELEASED);

	if (o->m.op.kind == 0)
		return;
	assert_true(o->m.changed); /* written down before it is sent */
	assert_int_equal(o->m.op.req, o->t.req);
	assert_int_equal(o->t.req, asked_anew ? REQ + 1 : REQ);
	assert_int_equal(o->m.op.ttl_ns, rules.ttl);
	if (o->m.op.kind == PAWL_REMOTE_RELEASE || o->m.op.kind == PAWL_REMOTE_RENEW)
		assert_int_equal(o->m.op.hi, HI);
	if (o->m.op.kind == PAWL_REMOTE_ACQUIRE)
		assert_int_equal(o->m.op.floor, o->t.floor);
	if (o->m.op.kind == PAWL_REMOTE_RELEASE)
		assert_int_equal(o->m.op.clean, !(c->flags & DIED));
}

static void check_cell(const struct cell *c)
{
	struct outcome o = take(&before[c->state], c->event, REQ, c->who, c->event != DOWN);
	struct pawl__tenure was = before[c->state];

	assert_int_equal(o.t.state, c->next);
	assert_int_equal(o.m.op.kind, c->op);
	assert_int_equal(o.m.told, (c->flags & TOLD) != 0);
	assert_int_equal(o.m.lost, (c->flags & LOSS) != 0);
	assert_false(o.m.jeopardy);
	assert_true(o.m.wake_at > NOW);
	assert_true(o.t.floor >= was.floor);
	assert_int_equal(o.t.open, c->next == HELD);
	if (!o.m.changed)
		assert_memory_equal(&o.t, &was, sizeof(was));
	check_op(c, &o);
}

static void cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < CELLS; i++) {
		print_message("# %s\n", cell_name(&table[i]));
		check_cell(&table[i]);
	}
}

static void no_cell_is_missing(void **state)
{
	bool seen[STATES][EVENTS] = { { false } };

	(void)state;
	for (size_t i = 0; i < CELLS; i++)
		seen[table[i].state][table[i].event] = true;
	for (int s = 0; s < STATES; s++)
		for (int e = 0; e < EVENTS; e++)
			if (!seen[s][e])
				fail_msg("%s", cell_name(&(struct cell){ .state = s, .event = e }));
}

/* Every look in every state, at the passing of time: each is in the table, or the state lets it be. */
static void nothing_is_unheard_of(void **state)
{
	(void)state;
	for (int s = 0; s < STATES; s++)
		for (int e = 0; e < EVENTS; e++)
			for (int who = 0; who < WHO; who++)
				for (int up = 0; up < 2; up++) {
					struct outcome o = take(&before[s], e, REQ, who, up);

					assert_true(o.t.state < STATES);
					assert_true(o.m.wake_at > NOW);
					assert_true(up || e == UP || o.m.op.kind == 0);
					assert_true(o.t.req >= REQ && o.t.req <= REQ + 1);
				}
}

/* ---- of whom the event is ---- */

static void other_requests_change_nothing(void **state)
{
	(void)state;
	for (int s = 0; s < STATES; s++)
		for (int e = GRANTED; e <= UNKNOWN; e++)
			for (int who = 0; who < WHO; who++)
				for (uint64_t req = REQ - 1; req <= REQ + 1; req += 2) {
					struct outcome heard = take(&before[s], e, req, who, true);
					struct outcome not = take(&before[s], TIME, REQ, who, true);

					assert_memory_equal(&heard, &not, sizeof(heard));
				}
}

static void nothing_is_sent_while_down(void **state)
{
	(void)state;
	for (int s = 0; s < STATES; s++) {
		struct pawl__tenure t = before[s];
		struct outcome o;

		t.next = NOW - S;
		o = take(&t, TIME, REQ, s == HELD ? INSIDE : ASKER, false);
		assert_int_equal(o.m.op.kind, 0);
		assert_int_equal(o.t.req, REQ);
	}
}

/* ---- what a grant carries ---- */

static struct outcome granted(const struct pawl__tenure *t, int who, int64_t deadline, bool contended, bool owner_died)
{
	struct pawl__tenure_view v = { .now = NOW, .up = true, .look = look_of(who), .rules = &rules };
	pawl_remote_event_t e = {
		.what = PAWL_REMOTE_GRANTED, .req = REQ, .hi = HI, .deadline_ns = deadline, .contended = contended, .owner_died = owner_died
	};
	struct outcome o = { .t = *t };

	pawl__tenure_step(&o.t, &v, &e, &o.m);
	return o;
}

static void a_grant_is_taken_down(void **state)
{
	struct outcome o = granted(&before[QUEUED], ASKER, NOW + 9 * S, false, false);

	(void)state;
	assert_int_equal(o.t.state, HELD);
	assert_int_equal(o.t.hi, HI);
	assert_int_equal(o.t.floor, HI);
	assert_int_equal(o.t.deadline, NOW + 9 * S);
	assert_int_equal(o.t.revoked_at, 0);
	assert_int_equal(o.t.stop_at, 0);
	assert_true(o.t.open);
	assert_true(o.m.changed && o.m.told && !o.m.died);
}

static void a_smaller_token_leaves_the_floor(void **state)
{
	struct pawl__tenure t = before[ASKING];

	(void)state;
	t.floor = MORE;
	assert_int_equal(granted(&t, ASKER, NOW + 9 * S, false, false).t.floor, MORE);
}

static void a_contended_grant_is_born_revoked(void **state)
{
	struct outcome o = granted(&before[ASKING], ASKER, NOW + 9 * S, true, false);

	(void)state;
	assert_int_equal(o.t.revoked_at, NOW);
	assert_int_equal(o.t.stop_at, 50 + 8);
	assert_true(o.t.open);
}

/* On another line than replies come, the news that somebody waits behind us may overtake the grant. */
static void a_grant_that_was_overtaken_is_born_revoked(void **state)
{
	struct outcome o = take(&before[QUEUED], CONTENDED, REQ, ASKER, true);

	(void)state;
	o = granted(&o.t, ASKER, NOW + 9 * S, false, false);
	assert_int_equal(o.t.state, HELD);
	assert_int_equal(o.t.revoked_at, NOW);
	assert_int_equal(o.t.stop_at, 50 + 8);
	o = take(&o.t, OVER, REQ, NOBODY, true);
	o = take(&o.t, RELEASED, REQ, ASKER, true);
	assert_int_equal(o.t.state, ASKING);
	assert_int_equal(o.t.revoked_at, 0); /* of another request */
}

/* stop_at 0 means none; and so the first grant of all must not be bounded by it. */
static void the_first_grant_can_be_the_last(void **state)
{
	struct pawl__tenure_rules alternate = rules;
	struct pawl__tenure_view v = { .now = NOW, .up = true, .look = { .who = PAWL__ASKER }, .rules = &alternate };
	pawl_remote_event_t e = {
		.what = PAWL_REMOTE_GRANTED, .req = REQ, .hi = HI, .deadline_ns = NOW + 9 * S, .contended = true
	};
	struct pawl__tenure t = before[ASKING];
	struct pawl__tenure_move m;

	(void)state;
	alternate.max_handoffs = 0;
	pawl__tenure_step(&t, &v, &e, &m);
	assert_int_equal(t.stop_at, 1);
}

static void a_death_elsewhere_is_told_here(void **state)
{
	struct outcome o = granted(&before[ASKING], ASKER, NOW + 9 * S, false, true);

	(void)state;
	assert_true(o.m.died);
	assert_false(o.t.unclean);
}

static void a_death_elsewhere_is_handed_on(void **state)
{
	struct outcome o = granted(&before[ASKING], ASKER, NOW + S / 2, false, true);

	(void)state;
	assert_int_equal(o.t.state, GIVING);
	assert_false(o.m.died);
	assert_int_equal(o.m.op.kind, PAWL_REMOTE_RELEASE);
	assert_int_equal(o.m.op.hi, HI);
	assert_false(o.m.op.clean);
	o = take(&o.t, UP, REQ, NOBODY, true); /* also when it is sent again, by another keeper */
	assert_int_equal(o.m.op.kind, PAWL_REMOTE_RELEASE);
	assert_false(o.m.op.clean);
}

/* Nobody has been told of a death, and the one who waits does not know of it: the next host has to. */
static void a_death_that_nobody_was_told_of_is_handed_on(void **state)
{
	struct pawl__tenure_view v = {
		.now = NOW, .up = true, .look = { .who = PAWL__ASKER, .untold = true, .grants = 50 }, .rules = &rules
	};
	struct pawl__tenure t = before[HELD];
	struct pawl__tenure_move m;

	(void)state;
	t.open = false;
	t.revoked_at = NOW - MS;
	pawl__tenure_step(&t, &v, NULL, &m);
	assert_int_equal(t.state, GIVING);
	assert_false(m.op.clean);
	assert_true(m.handed_on);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(pawl__tenure_state_name(PAWL__T_HELD), "held");
	assert_string_equal(pawl__tenure_state_name(PAWL__T_STATES), "odd");
	for (unsigned a = 0; a < PAWL__T_STATES; a++)
		for (unsigned b = 0; b < a; b++)
			assert_string_not_equal(pawl__tenure_state_name(a), pawl__tenure_state_name(b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells),
		cmocka_unit_test(no_cell_is_missing),
		cmocka_unit_test(nothing_is_unheard_of),
		cmocka_unit_test(other_requests_change_nothing),
		cmocka_unit_test(nothing_is_sent_while_down),
		cmocka_unit_test(a_grant_is_taken_down),
		cmocka_unit_test(a_smaller_token_leaves_the_floor),
		cmocka_unit_test(a_contended_grant_is_born_revoked),
		cmocka_unit_test(a_grant_that_was_overtaken_is_born_revoked),
		cmocka_unit_test(the_first_grant_can_be_the_last),
		cmocka_unit_test(a_death_elsewhere_is_told_here),
		cmocka_unit_test(a_death_elsewhere_is_handed_on),
		cmocka_unit_test(a_death_that_nobody_was_told_of_is_handed_on),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
