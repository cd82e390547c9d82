/* SPDX-License-Identifier: BSD-2-Clause */
/** wait.c: waiting for a lock, whatever its kind (wait.h): look for a while, say so and sleep, again.
 *
 * Bypass: a newcomer may take a free lock before the woken sleeper gets there, which is what makes locks fast. A waiter
 * that has waited a millisecond says so (`hungry`, by its kind's sleep); the next contended release then leaves the word at
 * TURN, which the compare-and-swap of the hot path cannot take: sleepers take it at once, newcomers respect it for a
 * millisecond (tune.h) and leave the sleeper their CPU. Nobody owns that promise, so nobody's death can break it.
 *
 * A waiter behind a lock that is given back and taken again faster than one can fall asleep rests instead: nap().
 */
#include <errno.h>

#include "core/clock.h"
#include "core/park.h"
#include "core/tune.h"
#include "core/wait.h"

const struct pawl__patience pawl__own_patience = {
	.spin_ns = &pawl__tune.own_spin_ns,
	.crowd_ns = &pawl__tune.crowd_spin_ns,
	.nap_ns = &pawl__tune.nap_ns,
	.rest_ns = 800,
	.yields = true,
};

/* ---- looking ---- */

#define REST_FIRST_NS 400

/* A rest is measured by the clock, not counted: the length of a pause differs tenfold between CPUs. */
static int64_t rest_until(int64_t until)
{
	int64_t now;

	do {
		pawl__rest(8);
		now = pawl__now();
	} while (now < until);
	return now;
}

static bool rest_long(struct pawl__spin *s)
{
	int64_t now = pawl__now();

	if (s->rest == 0) { /* from here on by the clock: until now `until` was a length */
		s->rest = REST_FIRST_NS;
		s->until = pawl__sooner(s->until + now, s->deadline);
	}
	if (now >= s->until)
		return false;
	if (s->yields)
		pawl__yield();
	rest_until(now + s->rest < s->until ? now + s->rest : s->until);
	s->rest = s->rest * 2 < s->longest ? s->rest * 2 : s->longest;
	return true;
}

bool pawl__spin_on(struct pawl__spin *s)
{
	if (s->until == 0)
		return false;
	if (s->run > 3) /* a short section is over by then: do not even read the clock before */
		return rest_long(s);
	pawl__rest(1u << s->run++);
	return true;
}

static uint32_t load_word(const struct pawl__waiter *w)
{
	/* For the robust kind; the others need no order here. RB3 acquire: pairs with LV4 (join's, before any RB1) and RB2 (RB1 is a read-modify-write, which goes on with its
	 * release): whoever an id in the word is, its membership and what the owners before it wrote were there first */
	return PAWL_LOAD(w->word, ACQUIRE);
}

static int64_t budget(const struct pawl__waiter *w)
{
	const struct pawl__kind *k = w->kind;

	return !w->rested && k->is_crowded && k->is_crowded(w) ? *k->patience->crowd_ns : *k->patience->spin_ns;
}

/* Look for a while. True if the lock was taken. Loads only, until there is something to take. */
static bool spin(struct pawl__waiter *w)
{
	struct pawl__spin s;

	pawl__spin_begin(&s, w->kind->patience, budget(w), w->kind->patience->yields && w->rested, w->deadline);
	do {
		uint32_t v = load_word(w);

		switch (w->kind->is(v)) {
		case PAWL__IS_FREE:
			if (w->kind->take(w, v))
				return true;
			break;
		case PAWL__IS_TURN:
			return w->add && w->kind->take(w, v);
		case PAWL__IS_HELD:
			break;
		case PAWL__IS_ODD:
			return false;
		}
	} while (pawl__spin_on(&s));
	return false;
}

/* ---- sleeping ---- */

/* It is the sleepers' turn. True if the lock was taken: by one of them, that is by anybody who may have been woken for it; or
 * by one who has been patient long enough. A newcomer sleeps meanwhile, so that the sleeper finds a CPU: short enough to bind nobody when that sleeper is gone. */
static bool take_turn(struct pawl__waiter *w, uint32_t v, int64_t now)
{
	int64_t until;

	if (w->turn_seen == 0)
		w->turn_seen = now;
	until = pawl__sooner(w->turn_seen + pawl__tune.turn_ns, w->deadline);
	if (w->add || now >= until)
		return w->kind->take(w, v);
	w->kind->sleep(w, v, now, until);
	return false;
}

/* It is given back and taken again faster than one can fall asleep behind it, and each attempt costs the owner a system
 * call. To leave it alone for a while is better for all; if it were to become free and stay so, it would not be for long.
 * Three lengths: 50, 100, 200 us. */
static void nap(struct pawl__waiter *w, int64_t now)
{
	static const uint32_t nothing;
	struct pawl__watch watch = { .word = &nothing, .is_private = true };

	pawl__park(&watch, 1, pawl__sooner(now + (*w->kind->patience->nap_ns << (w->naps < 2 ? w->naps++ : 2)), w->deadline));
	w->spun = false;
}

/* Somebody holds it, or it needs more than waiting. Returns PAWL__AGAIN, or what ends the waiting. */
static int wait_for_owner(struct pawl__waiter *w, uint32_t v, int64_t now)
{
	int rc = w->kind->owner ? w->kind->owner(w, v) : PAWL__ALIVE;

	if (rc != PAWL__ALIVE)
		return rc;
	if (w->deadline == PAWL_TRY)
		return w->kind->leave(w, EBUSY);
	if (now >= w->deadline)
		return w->kind->leave(w, ETIMEDOUT);
	if (w->hot && w->kind->patience->nap_ns && *w->kind->patience->nap_ns > 0) {
		w->hot = false;
		nap(w, now);
	} else {
		w->hot = !w->kind->sleep(w, v, now, w->deadline);
	}
	return PAWL__AGAIN;
}

int pawl__wait(struct pawl__waiter *w)
{
	for (;;) {
		uint32_t v;
		int64_t now;
		int rc;

		if (w->kind->look_back) /* before anything that may end the waiting */
			w->kind->look_back(w);
		if (!w->spun && w->deadline != PAWL_TRY && spin(w))
			return 0;
		w->spun = true;
		v = load_word(w);
		now = w->deadline == PAWL_TRY ? 0 : pawl__now();
		if (w->arrived == 0)
			w->arrived = now;
		switch (w->kind->is(v)) {
		case PAWL__IS_FREE:
			if (w->kind->take(w, v))
				return 0;
			break;
		case PAWL__IS_TURN:
			if (take_turn(w, v, now))
				return 0;
			break;
		case PAWL__IS_HELD:
		case PAWL__IS_ODD:
			rc = wait_for_owner(w, v, now);
			if (rc != PAWL__AGAIN)
				return rc;
		}
	}
}
