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
 * Labels: RB1/RB2 order owner after owner, RB3 is for those who look; what waiters change in the word is relaxed, because
 * the kernel compares both words again, atomically, as a sleep begins: a change in between is "look again", never a lost
 * wake-up.
 */
#include <errno.h>

#include "core/park.h"
#include "core/point.h"
#include "core/probe.h"
#include "core/tune.h"
#include "core/wait.h"
#include "space/member.h"
#include "space/robust.h"
#include "space/segment.h"

/* What a waiter for a robust lock is, beside what every waiter is. */
struct robust_waiter {
	struct pawl__waiter w; /* first */
	struct pawl__taking *t;
	uint32_t token;   /* the owner's, as it was when the owner was last found alive */
	uint32_t slept;   /* the slot whose token we slept on, until we have looked back; 0 */
	uint32_t last_id; /* the owner and grant we slept behind: to pass F2's wake on once for each */
	uint64_t last_grant;
	bool by_slice; /* the last sleep ended by its slice, not by a wake */
	bool shown;    /* it is shown that we wait, behind the grant `shown_grant` */
	uint32_t shown_grant;
};

static struct robust_waiter *robust(struct pawl__waiter *w)
{
	return (struct robust_waiter *)w;
}

static pawl__is_t is(uint32_t v)
{
	switch (pawl__word_kind(v)) {
	case PAWL__FREE:
		return PAWL__IS_FREE;
	case PAWL__TURN:
		return PAWL__IS_TURN;
	case PAWL__OWNED:
		return PAWL__IS_HELD;
	default:
		return PAWL__IS_ODD;
	}
}

static void count_rescue(struct robust_waiter *r)
{
	if (r->by_slice)
		PAWL_FETCH_ADD(&r->t->space->header->rescued_by_slice, 1u, RELAXED); /* relaxed: a statistic */
	r->by_slice = false;
}

static bool take_as(struct pawl__waiter *w, uint32_t from, uint32_t bits)
{
	/* RB1 seq_cst: pairs with RB2, SE2: what the last owner wrote is visible here, and as in robust.h */
	return PAWL_CAS(w->word, &from, w->me | w->add | bits, SEQ_CST);
}

static bool take(struct pawl__waiter *w, uint32_t v)
{
	if (w->spun) /* we have not just watched it become free */
		count_rescue(robust(w));
	return take_as(w, v, 0);
}

/* ---- sleeping ---- */

/* For `pawl ls` and friends: what this thread waits for, since when behind the present owner. One writer. The keeper asks it whether a
 * bit that the dead may have left in the word is anybody's (term.c); who is not seen there in time asks for the lease anew. */
static void show_waiting(struct robust_waiter *r, int64_t now)
{
	struct pawl__slot *slot = pawl__slot_at(r->t->space, pawl__word_slot(r->w.me));
	uint32_t grant = (uint32_t)PAWL_LOAD(&r->t->lock->grant, RELAXED); /* relaxed: for people, as all of these */

	if (!r->t->place || !slot || (r->shown && r->shown_grant == grant))
		return;
	r->shown = true;
	r->shown_grant = grant;
	PAWL_STORE(&slot->waiting_since_ns, now, RELAXED);                                          /* relaxed */
	PAWL_STORE(&slot->waiting_grant, grant, RELAXED);                                           /* relaxed */
	PAWL_STORE(&slot->waiting_place, 1 + pawl__place_index(r->t->space, r->t->place), RELAXED); /* relaxed */
}

static void show_done(const struct robust_waiter *r)
{
	struct pawl__slot *slot = r->shown ? pawl__slot_at(r->t->space, pawl__word_slot(r->w.me)) : NULL;

	if (slot)
		PAWL_STORE(&slot->waiting_place, 0u, RELAXED); /* relaxed: for people */
}

static const char *name_of(const struct robust_waiter *r)
{
	return r->t->name ? r->t->name : "";
}

/* For who traces: which thread had the lock. 0: no longer known. */
static int32_t thread_of(const struct robust_waiter *r, uint32_t v)
{
	const struct pawl__slot *slot = pawl__slot_at(r->t->space, pawl__word_slot(v));

	return slot ? PAWL_LOAD(&slot->tid, RELAXED) : 0; /* relaxed: for people */
}

/* F1, F2: the owner is a thread of our own process. */
static void watch_sibling(struct robust_waiter *r, uint32_t v, struct pawl__watch *second)
{
	uint64_t grant = PAWL_LOAD(&r->t->lock->grant, RELAXED); /* relaxed: tells tenures apart; stale: one spare wake */
	/* relaxed: if a foreigner sleeps here since before this owner came, RB3 has shown us its flag */
	bool mixed = PAWL_LOAD(&r->t->lock->flags, RELAXED) & PAWL__MIXED;

	if (mixed && r->w.add && (r->last_id != pawl__word_id(v) || r->last_grant != grant))
		pawl__wake(&r->t->lock->word, 1);
	r->last_id = pawl__word_id(v);
	r->last_grant = grant;
	/* Watching the private word of the slot: live_leave sets it to 0. */
	*second = (struct pawl__watch){
		.word = &r->t->space->own[pawl__word_slot(v)], .value = pawl__word_id(v), .is_private = true
	};
}

/* False: something has changed, look again. */
static bool watch_foreigner(struct robust_waiter *r, uint32_t v, struct pawl__watch *second)
{
	uint32_t token = r->token;
	struct pawl__slot *slot = pawl__slot_at(r->t->space, pawl__word_slot(v));

	if (!(PAWL_LOAD(&r->t->lock->flags, RELAXED) & PAWL__MIXED)) { /* relaxed: a store too many does no harm */
		/* relaxed: the kernel's barrier as our sleep begins puts it before any release that sees us asleep; RB3 */
		PAWL_FETCH_OR(&r->t->lock->flags, (uint8_t)PAWL__MIXED, RELAXED);
		PAWL__POINT("robust/mixed");
	}
	r->last_id = 0;
	if (!slot || !pawl__live_register(r->t->space, v, &token))
		return false;
	*second = (struct pawl__watch){ .word = pawl__token(r->t->space, slot), .value = token };
	return true;
}

static bool is_sibling(const struct robust_waiter *r, uint32_t v)
{
	/* relaxed: live_join stored it before that thread's CAS on the word, which RB3 has shown us */
	return PAWL_LOAD(&r->t->space->own[pawl__word_slot(v)], RELAXED) == pawl__word_id(v);
}

/* Sleep behind the living owner of `v`. */
static void sleep_behind(struct robust_waiter *r, uint32_t v, int64_t now, int64_t until)
{
	bool sibling = is_sibling(r, v);
	struct pawl__watch watch[3];

	if (sibling)
		watch_sibling(r, v, &watch[1]);
	else if (!watch_foreigner(r, v, &watch[1]))
		return;
	if (now - r->w.arrived > pawl__tune.hungry_ns)
		PAWL_STORE(&r->t->lock->hungry, (uint8_t)1, RELAXED); /* relaxed: a wish, not a rule */
	if (!(v & PAWL__W_WAITERS)) {
		uint32_t seen = v;

		/* relaxed: the kernel compares the word again as the sleep begins */
		if (!PAWL_CAS(&r->t->lock->word, &seen, v | PAWL__W_WAITERS, RELAXED))
			return;
	}
	PAWL__POINT("robust/announced");
	r->w.add = PAWL__W_WAITERS;
	r->slept = sibling ? 0 : pawl__word_slot(v);
	if (pawl__tune.slice_ns != PAWL_FOREVER && now + pawl__tune.slice_ns < until)
		until = now + pawl__tune.slice_ns; /* I5 */
	watch[0] = (struct pawl__watch){ .word = &r->t->lock->word, .value = v | PAWL__W_WAITERS };
	watch[2] = (struct pawl__watch){ .word = r->t->also, .value = r->t->also_value };
	show_waiting(r, now);
	r->by_slice = pawl__park(watch, r->t->also ? 3 : 2, until) == ETIMEDOUT;
	PAWL__POINT("robust/woken");
	r->w.rested = true;
	r->w.spun = false;
}

/* At TURN a newcomer waits for the one whose turn it is, which nobody tells it. */
static void sleep_out(struct robust_waiter *r, uint32_t v, int64_t until)
{
	struct pawl__watch watch = { .word = r->w.word, .value = v };

	r->w.add = PAWL__W_WAITERS; /* a release may spend its wake on us from here on */
	pawl__park(&watch, 1, until);
}

static bool sleep(struct pawl__waiter *w, uint32_t v, int64_t now, int64_t until)
{
	if (is(v) == PAWL__IS_TURN)
		sleep_out(robust(w), v, until);
	else
		sleep_behind(robust(w), v, now, until);
	return true;
}

/* The token we slept on may have spent the kernel's one wake-up on us, while our lock has long had another owner. */
static void look_back(struct pawl__waiter *w)
{
	struct robust_waiter *r = robust(w);

	if (r->slept != 0 && pawl__live_is_vacant(r->t->space, r->slept))
		pawl__live_wake_all(r->t->space, r->slept);
	r->slept = 0;
}

/* ---- taking over ---- */

/* `v` is ORPHAN, or names a dead owner. No ABA: an incarnation never comes back. */
static bool take_over(struct robust_waiter *r, uint32_t v)
{
	if (pawl__word_slot(v) != 0)
		pawl__live_wake_all(r->t->space, pawl__word_slot(v)); /* I3 */
	if (v & PAWL__W_WAITERS)
		pawl__wake(&r->t->lock->word, 1); /* before: whoever takes over may die at once */
	PAWL__POINT("robust/before-take-over");
	count_rescue(r);
	if (!take_as(&r->w, v, PAWL__W_WAITERS | (r->t->auto_recover ? 0 : PAWL__W_INCONS)))
		return false;
	PAWL__POINT("robust/taken-over");
	PAWL__PROBE(owner_died, r->t->space->path, name_of(r), r->t->lock, thread_of(r, v), r->t->lock->grant);
	r->t->dead_id = pawl__word_slot(v) != 0 ? pawl__word_id(v) : 0;
	/* relaxed: the owner's. The dead one's nesting is not ours */
	PAWL_STORE(&r->t->lock->depth, (uint16_t)(r->t->lock->depth & PAWL__RECURSIVE_BIT), RELAXED);
	PAWL_FETCH_ADD(&r->t->space->header->recovered, 1u, RELAXED); /* relaxed: a statistic */
	if (r->t->place)
		PAWL_FETCH_ADD(&r->t->place->deaths, 1u, RELAXED); /* relaxed: a statistic */
	return true;
}

/* ---- waiting ---- */

static int leave(struct pawl__waiter *w, int rc)
{
	if (w->add)
		pawl__wake(w->word, rc == ENOTRECOVERABLE ? PAWL__WAKE_ALL : 1); /* I4 */
	return rc;
}

/* Is there anybody to wait for, and anything? */
static int owner(struct pawl__waiter *w, uint32_t v)
{
	struct robust_waiter *r = robust(w);
	int rc = 0;

	if (pawl__word_kind(v) == PAWL__POISON)
		return leave(w, ENOTRECOVERABLE);
	/* relaxed: a word that its reader looks at again */
	if (r->t->also && PAWL_LOAD(r->t->also, RELAXED) != r->t->also_value)
		return leave(w, ECANCELED);
	if (pawl__word_kind(v) != PAWL__OWNED || !pawl__live_is_alive(r->t->space, v, &r->token))
		return take_over(r, v) ? EOWNERDEAD : PAWL__AGAIN;
	if (r->by_slice)
		rc = pawl__segment_is_there(r->t->space);
	r->by_slice = false;
	return rc ? leave(w, rc) : PAWL__ALIVE;
}

/* The longest rest between two looks. Looks, not rests, slow the owner down, and each hand-over costs it three cache lines.
 * 2 processes on 2 CPUs, throughput over glibc's robust mutex; each figure the median of 20 paired rounds, s.e. 3 to 6 %:
 *
 *   section   0.2 us       0.8 us       1.6 us                   3.2 us
 *   150 ns    1.70, 1.54   1.75, 1.72   1.93, 1.78, 1.87, 1.72   1.86, 2.11, 1.91, 2.05, 1.86
 *   1 us      1.45, 1.47   1.40, 1.35   1.56, 1.47, 1.45, 1.42   1.48, 1.56, 1.41, 1.41, 1.55
 *
 * Longer is better at 150 ns; at 1 us they can hardly be told apart. Of the two, the one that lets a free lock lie less long.
 */
#define REST_NS 1600

static const struct pawl__patience patience = { .spin_ns = &pawl__tune.spin_ns, .rest_ns = REST_NS };

static const struct pawl__kind kind = {
	.is = is,
	.take = take,
	.owner = owner,
	.sleep = sleep,
	.look_back = look_back,
	.leave = leave,
	.patience = &patience,
};

int pawl__robust_take(struct pawl__taking *t)
{
	struct robust_waiter r = {
		.w = { .kind = &kind, .word = &t->lock->word, .me = t->member->me, .deadline = t->deadline }, .t = t
	};
	int rc;

	t->arrived = 0;
	if (pawl__robust_take_free(t->lock, r.w.me))
		return 0;
	PAWL__PROBE(contended, t->space->path, name_of(&r), t->lock, t->deadline, r.w.me);
	rc = pawl__wait(&r.w);
	show_done(&r);
	t->arrived = r.w.arrived;
	PAWL__POINT("robust/taken");
	return rc;
}
