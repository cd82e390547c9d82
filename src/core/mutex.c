/* SPDX-License-Identifier: BSD-2-Clause */
/** mutex.c: the waiting halves of the private mutex (mutex.h): what its word means, how to sleep behind it, how to wake.
 *
 * The word:
 *
 *   bits   name     means                            set by            legal to miss?         legal when untrue?
 *   31     WAITERS  somebody may sleep on this word  sleeper, wakee    no: a wake-up is lost  yes: one spare wake
 *   30     TURN     free, the sleepers go first;     unlock, if hungry yes: a late sleeper    yes: a late newcomer
 *                   the other bits are 0
 *   29..0  owner    the owner's thread number        acquirer's CAS    no: two owners         no: nobody gets in
 *
 * Default mutex, form W: WAITERS is in the word, so an unlock learns of sleepers from the word it frees, and touches nothing
 * afterwards. It is a read-modify-write, or a comparison and a store that are not one but start anew if somebody insists
 * (restart.h); then whoever sets WAITERS insists (fence.h) before it sleeps. Its announcement may have been overwritten by
 * a store that was under way: then the word has changed, the kernel does not let it sleep, and it looks again. Others who
 * have trusted the announcement, and sleep, are its business from then on, like those behind a wake-up: it takes the lock
 * with WAITERS, or wakes one as it leaves.
 * PAWL_STABLE, form Q: the word is freed by a plain store, WAITERS is in `queue` (event.h), which is read afterwards; for
 * that the sleeper pays with a heavy fence.
 *
 * In both an unlock takes the announcement away and wakes one sleeper; the wake-up in flight is the *absence* of the
 * announcement. Who has slept takes the lock with the announcement renewed (`add`), sleeps with it, or passes the wake-up
 * on: so a wake-up has no owner who could keep it, and none is lost over a fork.
 *
 *   word          sleepers     bound to act
 *   free, TURN    none         nobody
 *   free, TURN    some         the woken one, or the unlocker before its wake
 *   owner         some         the woken one: announces again and sleeps, or leaves and wakes another
 *   owner, said   some         the owner, when it unlocks
 *   owner, said   none         the owner: one wake of nobody
 */
#include <errno.h>

#include <pawl/mutex.h>

#include "core/clock.h"
#include "core/event.h"
#include "core/fence.h"
#include "core/park.h"
#include "core/probe.h"
#include "core/self.h"
#include "core/tune.h"
#include "core/wait.h"

#define WAITERS 0x80000000u
#define TURN    0x40000000u

PAWL_STATIC_ASSERT(PAWL_MUTEX_SLEEPERS_ == PAWL__EVENT_SLEEPERS, "the header spells it out");
PAWL_STATIC_ASSERT(PAWL_MUTEX_ID_ == (uint32_t) ~(WAITERS | TURN), "the bits of the word");

static pawl_mutex_t *mutex_of(const struct pawl__waiter *w)
{
	return (pawl_mutex_t *)w->word; /* its first field */
}

static pawl__is_t is(uint32_t v)
{
	if (v & PAWL_MUTEX_ID_)
		return PAWL__IS_HELD;
	return v & TURN ? PAWL__IS_TURN : PAWL__IS_FREE;
}

static void say_hungry(const struct pawl__waiter *w, int64_t now)
{
	if (now - w->arrived > pawl__tune.hungry_ns)
		PAWL_STORE(&mutex_of(w)->hungry, (uint8_t)1, RELAXED); /* relaxed: a wish, not a rule */
}

/* What a contended unlock leaves behind. */
static uint32_t after(pawl_mutex_t *m)
{
	if (!PAWL_LOAD(&m->hungry, RELAXED)) /* relaxed: a wish */
		return 0;
	PAWL_STORE(&m->hungry, (uint8_t)0, RELAXED); /* relaxed: whoever still wants it says so again */
	return TURN;
}

static void slept(struct pawl__waiter *w, uint32_t add, bool behind_owner)
{
	w->add = add; /* an unlock may have spent its wake on us */
	w->rested |= behind_owner;
	w->spun = false;
}

/* ---- form W ---- */

static bool take_w(struct pawl__waiter *w, uint32_t v)
{
	/* MU1 acquire: pairs with MU2, MU4 (unlock): what the last holder wrote is visible here */
	return PAWL_CAS(w->word, &v, w->me | w->add, ACQUIRE);
}

/* Nobody who had compared the word before WAITERS was set stores over it later: because we insist, or because whoever has
 * `announced` it does. */
static bool is_heard(bool announced)
{
	if (!pawl__fence_restart_can())
		return true; /* the unlock is a read-modify-write */
	return announced ? pawl__fence_restart_works() : pawl__fence_restart();
}

static bool sleep_w(struct pawl__waiter *w, uint32_t v, int64_t now, int64_t until)
{
	bool held = v & PAWL_MUTEX_ID_;
	struct pawl__watch watch = { .word = w->word, .value = held ? v | WAITERS : v, .is_private = true };

	say_hungry(w, now);
	/* relaxed: the kernel compares the word again as the sleep begins, and an unlock in between has changed it */
	if (held && !(v & WAITERS) && !PAWL_CAS(w->word, &v, v | WAITERS, RELAXED))
		return false;
	slept(w, WAITERS, held);
	if (held && !is_heard(v & WAITERS))
		until = pawl__sooner(now + PAWL__FENCE_SLICE_NS, until);
	return pawl__park(&watch, 1, until) != EAGAIN;
}

static int leave_w(struct pawl__waiter *w, int rc)
{
	if (w->add)
		pawl__wake_private(w->word, 1); /* I4 */
	return rc;
}

static bool is_crowded_w(const struct pawl__waiter *w)
{
	return PAWL_LOAD(w->word, RELAXED) & WAITERS; /* relaxed: a guess */
}

int pawl_mutex_hand_(pawl_mutex_t *m) PAWL_NO_ANALYSIS
{
	uint32_t old;

	if (!pawl_mutex_is_mine_(m))
		return EPERM;
	/* MU2 release: pairs with MU1. From here on only the address is used: the next owner may free the memory */
	old = PAWL_XCHG(&m->word, after(m), RELEASE);
	if (old & WAITERS)
		pawl__wake_private(&m->word, 1);
	return 0;
}

/* ---- form Q ---- */

static bool take_q(struct pawl__waiter *w, uint32_t v)
{
	uint32_t *queue = &mutex_of(w)->queue;

	/* MU1 acquire: pairs with MU3 (unlock): what the last holder wrote is visible here */
	if (!PAWL_CAS(w->word, &v, w->me, ACQUIRE))
		return false;
	/* relaxed, both: our own unlock will read it; whoever else sets it means the same */
	if (w->add && !(PAWL_LOAD(queue, RELAXED) & PAWL__EVENT_SLEEPERS))
		PAWL_FETCH_OR(queue, PAWL__EVENT_SLEEPERS, RELAXED);
	return true;
}

static bool sleep_q(struct pawl__waiter *w, uint32_t v, int64_t now, int64_t until)
{
	bool held = v & PAWL_MUTEX_ID_;
	struct pawl__watch watch = { .word = &mutex_of(w)->queue, .is_private = true };

	say_hungry(w, now);
	watch.value = pawl__event_announce(&mutex_of(w)->queue);
	slept(w, WAITERS, held);
	if (!pawl__fence_heavy())
		until = pawl__sooner(now + PAWL__FENCE_SLICE_NS, until);
	/* MU1 acquire: pairs with MU3: for take, should it be free */
	return is(PAWL_LOAD(w->word, ACQUIRE)) == is(v) && pawl__park(&watch, 1, until) != EAGAIN;
}

static int leave_q(struct pawl__waiter *w, int rc)
{
	if (w->add)
		pawl__wake_private(&mutex_of(w)->queue, 1); /* I4 */
	return rc;
}

static bool is_crowded_q(const struct pawl__waiter *w)
{
	return PAWL_LOAD(&mutex_of(w)->queue, RELAXED) & PAWL__EVENT_SLEEPERS; /* relaxed: a guess */
}

void pawl_mutex_wake_(pawl_mutex_t *m)
{
	uint32_t v = 0;

	/* relaxed: goes on with the release of MU3. Fails if somebody has it already, who then has not waited longer */
	if (after(m) == TURN && !PAWL_CAS(&m->word, &v, TURN, RELAXED))
		PAWL_STORE(&m->hungry, (uint8_t)1, RELAXED); /* relaxed: a wish, for the next one */
	pawl__event_wake_for_all(&m->queue);
}

/* ---- both ---- */

static const struct pawl__kind kind_w = {
	.is = is,
	.take = take_w,
	.sleep = sleep_w,
	.leave = leave_w,
	.is_crowded = is_crowded_w,
	.patience = &pawl__own_patience,
};

static const struct pawl__kind kind_q = {
	.is = is,
	.take = take_q,
	.sleep = sleep_q,
	.leave = leave_q,
	.is_crowded = is_crowded_q,
	.patience = &pawl__own_patience,
};

/* It is ours already, and may not be taken again. */
static int refuse(const pawl_mutex_t *m, pawl_deadline_t deadline)
{
	if (m->flags & PAWL_RECURSIVE)
		return EAGAIN;
	return deadline == PAWL_TRY ? EBUSY : EDEADLK;
}

/* It was not free, or this is the thread's first lock. */
int pawl_mutex_wait_(pawl_mutex_t *m, pawl_deadline_t deadline)
{
	struct pawl__waiter w = {
		.kind = m->flags & PAWL_STABLE ? &kind_q : &kind_w, .word = &m->word, .me = pawl__self(), .deadline = deadline
	};
	int rc;

	if (pawl_mutex_is_mine_(m))
		return refuse(m, deadline);
	PAWL__PROBE(private_contended, "", "", m, deadline, w.me);
	rc = pawl__wait(&w);
	PAWL__PROBE(private_waited, "", "", m, w.arrived, rc);
	return rc;
}

int pawl_mutex_init(pawl_mutex_t *m, unsigned flags)
{
	if (!m || (uintptr_t)m % sizeof(uint32_t) != 0 || (flags & ~(PAWL_RECURSIVE | PAWL_STABLE)))
		return EINVAL;
	if ((flags & PAWL_STABLE) && (!pawl__fence_can() || (pawl__fence_restart_can() && !pawl__tune.no_restart)))
		flags &= ~PAWL_STABLE; /* cannot be had; or the other form is as cheap, and asks less of its user */
	*m = (pawl_mutex_t){ .flags = (uint8_t)flags };
	m->depth = (flags & PAWL_RECURSIVE ? PAWL_MUTEX_AGAIN_ : 0) | (flags & PAWL_STABLE ? PAWL_MUTEX_STABLE_ : 0);
	return 0;
}

int pawl_mutex_destroy(pawl_mutex_t *m)
{
	if (!m)
		return EINVAL;
	/* relaxed: the caller says that nobody uses it */
	return PAWL_LOAD(&m->word, RELAXED) & PAWL_MUTEX_ID_ ? EBUSY : 0;
}
