/* SPDX-License-Identifier: BSD-2-Clause */
/** wait.c: waiting for a crash-robust lock: looking, sleeping, taking over from the dead.
 *
 * Taking a free lock is one CAS and giving it up another: no list, no system call. Everything below is about waiting so
 * that nobody sleeps for ever, whoever is killed wherever. A waiter sleeps on two words at once, the lock's and the
 * owner's token (live.c), and the kernel writes the token when the owner dies.
 *
 *   word                sleepers     bound to act                         if that one is killed
 *   FREE, TURN          none         nobody                               -
 *   FREE, TURN          some         the two woken ones, or the releaser  the other one; the releaser's token wakes one
 *                                    before its wake
 *   owner               some woken   the woken set WAITERS again and      the other one does
 *                                    sleep on *this* owner's token
 *   owner + WAITERS     some         the owner, at release                its token wakes one, who takes over
 *   dead owner, ORPHAN  any          whoever looks: wake all on the       the next one who looks
 *                                    token, one on the word, take over
 *   POISON              none         whoever looks wakes all, who leave   the next one who looks
 *
 * What makes that true, each measured as a hole without it (tests/unit/test_wakes.c, tests/crash):
 *   - a release wakes two: one takes the lock, the other registers on the new owner's token;
 *   - look back: who slept on a token that has died since wakes all who sleep on it (I3), because the kernel woke one only;
 *   - who sees a dead owner wakes before it takes over, and takes over with WAITERS set;
 *   - who has slept takes the lock with WAITERS set, since it cannot know whether it was the last sleeper;
 *   - I4: who was woken, or may have been, and leaves without the lock passes the wake on;
 *   - F1: a waiter whose owner is a thread of its own process does not use up the one wake-up of the owner's token, as one
 *     SIGKILL takes both: it sleeps on a private word instead, which the owner's own exit wakes;
 *   - F2: a woken waiter that finds such an owner wakes one more, so that a waiter of another process comes to register;
 *   - I5: and should all of this fail, nobody sleeps longer than a slice without looking: counted as `rescued_by_slice`.
 *
 * Two deaths in a row, or one process killed in the microseconds after both wake-ups of a release went to its threads,
 * are left to the slice.
 *
 * Bypass: a newcomer may take a free lock before the woken sleeper gets there, which is what makes it fast. A waiter that
 * has waited a millisecond says so (`hungry`); the next release then leaves the word at TURN, which the hot path's CAS
 * cannot take: sleepers take it at once, newcomers respect it for a millisecond (tune.h) and leave the sleeper their CPU,
 * so that it binds nobody who is dead. Nobody owns that promise, so nobody's death can break it.
 *
 * Labels: RB1/RB2 order owner after owner, RB3 is for those who look; what waiters change in the word is relaxed, because
 * the kernel compares both words again, atomically, as a sleep begins: a change in between is "look again", never a lost
 * wake-up.
 */
#include <errno.h>

#include "core/clock.h"
#include "core/park.h"
#include "core/point.h"
#include "core/tune.h"
#include "space/member.h"
#include "space/robust.h"
#include "space/segment.h"

/* A waiter's state of mind. */
struct waiter {
	struct pawl__taking *t;
	uint32_t me;
	uint32_t add;     /* WAITERS once we may have slept: others may sleep too, and nobody else will say so */
	uint32_t slept;   /* the slot whose token we slept on, until we have looked back; 0 */
	uint32_t last_id; /* the owner and grant we slept behind: to pass F2's wake on once for each */
	uint64_t last_grant;
	int64_t arrived;   /* when the waiting began; 0: the clock has not been read yet */
	int64_t turn_seen; /* when we first met TURN; 0 */
	bool rested;       /* we have slept behind an owner: TURN is ours to take */
	bool spun;         /* we have looked long enough since we arrived, or woke */
	bool by_slice;     /* the last sleep ended by its slice, not by a wake */
};

static uint32_t load_word(const struct waiter *w)
{
	/* RB3 acquire: pairs with LV4 (join's, before any RB1) and RB2 (RB1 is a read-modify-write, which goes on with its
	 * release): whoever an id in the word is, its membership and what the owners before it wrote were there first */
	return PAWL_LOAD(&w->t->lock->word, ACQUIRE);
}

static bool take(struct waiter *w, uint32_t from, uint32_t bits)
{
	/* RB1 acquire: pairs with RB2: what the last owner wrote is visible here */
	return PAWL_CAS(&w->t->lock->word, &from, w->me | w->add | bits, ACQUIRE);
}

/* ---- spinning ---- */

/* The longest rest between two looks. Looks, not rests, slow the owner down, and each hand-over costs it three cache lines.
 * 2 processes on 2 CPUs, throughput over glibc's robust mutex; each figure the median of 20 paired rounds, s.e. 3 to 6 %:
 *
 *   section   0.2 us       0.8 us       1.6 us                   3.2 us
 *   150 ns    1.70, 1.54   1.75, 1.72   1.93, 1.78, 1.87, 1.72   1.86, 2.11, 1.91, 2.05, 1.86
 *   1 us      1.45, 1.47   1.40, 1.35   1.56, 1.47, 1.45, 1.42   1.48, 1.56, 1.41, 1.41, 1.55
 *
 * Longer is better at 150 ns; at 1 us they can hardly be told apart. Of the two, the one that lets a free lock lie less long.
 */
#define REST_NS       1600
#define REST_FIRST_NS 400

/* Take the lock if it is free. True: stop looking, because it was taken, or because waiting is not what it needs. */
static bool look(struct waiter *w, bool *taken)
{
	uint32_t v = load_word(w);

	*taken = v == PAWL__W_FREE && take(w, v, 0);
	return *taken || (v != PAWL__W_FREE && pawl__word_kind(v) != PAWL__OWNED);
}

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

/* Look for a while. True if the lock was taken. Loads only, until there is something to take. */
static bool spin(struct waiter *w)
{
	int64_t now, until, rest = REST_FIRST_NS;
	bool taken;

	w->spun = true;
	if (pawl__tune.spin_ns == 0)
		return false;
	for (unsigned run = 1; run <= 8; run *= 2) { /* a short section is over by then: do not even read the clock */
		if (look(w, &taken))
			return taken;
		pawl__rest(run);
	}
	now = pawl__now();
	until = now + pawl__tune.spin_ns;
	while (now < until) {
		if (look(w, &taken))
			return taken;
		now = rest_until(now + rest < until ? now + rest : until);
		rest = rest * 2 < REST_NS ? rest * 2 : REST_NS;
	}
	return false;
}

/* ---- sleeping ---- */

/* For `pawl ls` and friends: what this thread waits for, since when. One writer, no reader that relies on it. */
static void show_waiting(const struct waiter *w, int64_t now)
{
	struct pawl__slot *slot = pawl__slot_at(w->t->space, pawl__word_slot(w->me));

	if (!w->t->place || !slot)
		return;
	PAWL_STORE(&slot->waiting_since_ns, now, RELAXED); /* relaxed: for people, as all of these */
	PAWL_STORE(&slot->waiting_grant, (uint32_t)PAWL_LOAD(&w->t->lock->grant, RELAXED), RELAXED); /* relaxed */
	PAWL_STORE(&slot->waiting_place, 1 + pawl__place_index(w->t->space, w->t->place), RELAXED);  /* relaxed */
}

static void show_awake(const struct waiter *w)
{
	struct pawl__slot *slot = pawl__slot_at(w->t->space, pawl__word_slot(w->me));

	if (w->t->place && slot)
		PAWL_STORE(&slot->waiting_place, 0u, RELAXED); /* relaxed: for people */
}

/* F1, F2: the owner is a thread of our own process. */
static void watch_sibling(struct waiter *w, uint32_t v, struct pawl__watch *second)
{
	uint64_t grant = PAWL_LOAD(&w->t->lock->grant, RELAXED); /* relaxed: tells tenures apart; stale: one spare wake */
	/* relaxed: if a foreigner sleeps here since before this owner came, RB3 has shown us its flag */
	bool mixed = PAWL_LOAD(&w->t->lock->flags, RELAXED) & PAWL__MIXED;

	if (mixed && w->add && (w->last_id != pawl__word_id(v) || w->last_grant != grant))
		pawl__wake(&w->t->lock->word, 1);
	w->last_id = pawl__word_id(v);
	w->last_grant = grant;
	/* Watching the private word of the slot: live_leave sets it to 0. */
	*second = (struct pawl__watch){
		.word = &w->t->space->own[pawl__word_slot(v)], .value = pawl__word_id(v), .is_private = true
	};
}

/* False: something has changed, look again. */
static bool watch_foreigner(struct waiter *w, uint32_t v, uint32_t token, struct pawl__watch *second)
{
	struct pawl__slot *slot = pawl__slot_at(w->t->space, pawl__word_slot(v));

	if (!(PAWL_LOAD(&w->t->lock->flags, RELAXED) & PAWL__MIXED)) { /* relaxed: a store too many does no harm */
		/* relaxed: the kernel's barrier as our sleep begins puts it before any release that sees us asleep; RB3 */
		PAWL_FETCH_OR(&w->t->lock->flags, (uint8_t)PAWL__MIXED, RELAXED);
		PAWL__POINT("robust/mixed");
	}
	w->last_id = 0;
	if (!slot || !pawl__live_register(w->t->space, v, &token))
		return false;
	*second = (struct pawl__watch){ .word = pawl__token(w->t->space, slot), .value = token };
	return true;
}

static bool is_sibling(const struct waiter *w, uint32_t v)
{
	/* relaxed: live_join stored it before that thread's CAS on the word, which RB3 has shown us */
	return PAWL_LOAD(&w->t->space->own[pawl__word_slot(v)], RELAXED) == pawl__word_id(v);
}

/* Sleep behind the living owner of `v`. */
static void sleep_behind(struct waiter *w, uint32_t v, uint32_t token, int64_t now)
{
	bool sibling = is_sibling(w, v);
	struct pawl__watch watch[2];
	int64_t until = w->t->deadline;

	if (sibling)
		watch_sibling(w, v, &watch[1]);
	else if (!watch_foreigner(w, v, token, &watch[1]))
		return;
	if (now - w->arrived > pawl__tune.hungry_ns)
		PAWL_STORE(&w->t->lock->hungry, (uint8_t)1, RELAXED); /* relaxed: a wish, not a rule */
	if (!(v & PAWL__W_WAITERS)) {
		uint32_t seen = v;

		/* relaxed: the kernel compares the word again as the sleep begins */
		if (!PAWL_CAS(&w->t->lock->word, &seen, v | PAWL__W_WAITERS, RELAXED))
			return;
	}
	PAWL__POINT("robust/announced");
	w->add = PAWL__W_WAITERS;
	w->slept = sibling ? 0 : pawl__word_slot(v);
	if (pawl__tune.slice_ns != PAWL_FOREVER && now + pawl__tune.slice_ns < until)
		until = now + pawl__tune.slice_ns; /* I5 */
	watch[0] = (struct pawl__watch){ .word = &w->t->lock->word, .value = v | PAWL__W_WAITERS };
	show_waiting(w, now);
	w->by_slice = pawl__park(watch, 2, until);
	PAWL__POINT("robust/woken");
	show_awake(w);
	w->rested = true;
	w->spun = false;
}

/* The token we slept on may have spent the kernel's one wake-up on us, while our lock has long had another owner. */
static void look_back(struct waiter *w)
{
	if (w->slept != 0 && pawl__live_is_vacant(w->t->space, w->slept))
		pawl__live_wake_all(w->t->space, w->slept);
	w->slept = 0;
}

/* ---- taking over ---- */

static void count_rescue(struct waiter *w)
{
	if (w->by_slice)
		PAWL_FETCH_ADD(&w->t->space->header->rescued_by_slice, 1u, RELAXED); /* relaxed: a statistic */
	w->by_slice = false;
}

/* `v` is ORPHAN, or names a dead owner. No ABA: an incarnation never comes back. */
static bool take_over(struct waiter *w, uint32_t v)
{
	if (pawl__word_slot(v) != 0)
		pawl__live_wake_all(w->t->space, pawl__word_slot(v)); /* I3 */
	if (v & PAWL__W_WAITERS)
		pawl__wake(&w->t->lock->word, 1); /* before: whoever takes over may die at once */
	PAWL__POINT("robust/before-take-over");
	count_rescue(w);
	if (!take(w, v, PAWL__W_WAITERS | (w->t->auto_recover ? 0 : PAWL__W_INCONS)))
		return false;
	PAWL__POINT("robust/taken-over");
	/* relaxed: the owner's. The dead one's nesting is not ours */
	PAWL_STORE(&w->t->lock->depth, (uint16_t)(w->t->lock->depth & PAWL__RECURSIVE_BIT), RELAXED);
	PAWL_FETCH_ADD(&w->t->space->header->recovered, 1u, RELAXED); /* relaxed: a statistic */
	if (w->t->place)
		PAWL_FETCH_ADD(&w->t->place->deaths, 1u, RELAXED); /* relaxed: a statistic */
	return true;
}

/* ---- waiting ---- */

static int leave(struct waiter *w, int rc)
{
	if (w->add)
		pawl__wake(&w->t->lock->word, rc == ENOTRECOVERABLE ? PAWL__WAKE_ALL : 1); /* I4 */
	return rc;
}

/* It is the sleepers' turn. True if the lock was taken: by one of them, or by one who has been patient long enough. A
 * newcomer sleeps meanwhile, so that the sleeper finds a CPU: short enough to bind nobody when that sleeper is dead. */
static bool take_turn(struct waiter *w, uint32_t v, int64_t now)
{
	struct pawl__watch watch = { .word = &w->t->lock->word, .value = v };
	int64_t until;

	if (w->turn_seen == 0)
		w->turn_seen = now;
	until = w->turn_seen + pawl__tune.turn_ns < w->t->deadline ? w->turn_seen + pawl__tune.turn_ns : w->t->deadline;
	if (w->rested || now >= until)
		return take(w, v, 0);
	w->add = PAWL__W_WAITERS; /* a release may spend its wake on us from here on */
	pawl__park(&watch, 1, until);
	return false;
}

/* Somebody alive holds it. Returns 0 to look again, or why not to. */
static int wait_for_owner(struct waiter *w, uint32_t v, uint32_t token, int64_t now)
{
	if (w->t->deadline == PAWL_TRY)
		return EBUSY;
	if (now >= w->t->deadline)
		return ETIMEDOUT;
	if (w->by_slice) {
		int rc = pawl__segment_is_there(w->t->space);

		w->by_slice = false;
		if (rc != 0)
			return rc;
	}
	sleep_behind(w, v, token, now);
	return 0;
}

static int wait_for_it(struct waiter *w)
{
	for (;;) {
		uint32_t v, token;
		int64_t now;
		int rc;

		look_back(w); /* before anything that may end the waiting */
		if (!w->spun && w->t->deadline != PAWL_TRY && spin(w))
			return 0;
		v = load_word(w);
		now = w->t->deadline == PAWL_TRY ? 0 : pawl__now();
		if (w->arrived == 0)
			w->arrived = now;
		switch (pawl__word_kind(v)) {
		case PAWL__FREE:
			count_rescue(w);
			if (take(w, v, 0))
				return 0;
			continue;
		case PAWL__TURN:
			count_rescue(w);
			if (take_turn(w, v, now))
				return 0;
			continue;
		case PAWL__POISON:
			return leave(w, ENOTRECOVERABLE);
		case PAWL__ORPHAN:
			if (take_over(w, v))
				return EOWNERDEAD;
			continue;
		case PAWL__OWNED:
			if (!pawl__live_is_alive(w->t->space, v, &token)) {
				if (take_over(w, v))
					return EOWNERDEAD;
				continue;
			}
			rc = wait_for_owner(w, v, token, now);
			if (rc != 0)
				return leave(w, rc);
		}
	}
}

int pawl__robust_take(struct pawl__taking *t)
{
	struct waiter w = { .t = t, .me = t->member->me };
	int rc;

	t->waited = false;
	if (pawl__robust_take_free(t->lock, w.me))
		return 0;
	rc = wait_for_it(&w);
	t->waited = w.arrived != 0;
	PAWL__POINT("robust/taken");
	return rc;
}
