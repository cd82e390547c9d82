/* SPDX-License-Identifier: BSD-2-Clause */
/** model_robust.c: the crash-robust mutex with its liveness slots in every order, whoever is killed at whichever step.
 *
 * Threads that are done live on, idle, for only a death wakes who sleeps on a token. Slices never end here unless a case says so: who is left asleep for want of a wake-up stays asleep, and is found. What is
 * checked at each acquisition: that nobody else is inside; that what a predecessor wrote is seen; that the token is larger than
 * any that was seen before; that one who died inside is told of to the next one and to nobody else. And in the end: that all who
 * live have got what they came for; that the word is free or names one who is dead.
 *
 * What a bound covers: one kill of any thread at every step of it, and all orders of all steps within so many preemptions (main.c
 * prints them; where none is printed, all). Three threads are enough for a lost wake-up behind one death; who slept and takes
 * without WAITERS shows with four, and so do the wake before a take-over and the wake that one who is too late passes on. Run
 * here, but not shown here to be needed, since no fault in them was found within the bounds: F2, and all of what wait.c leaves to
 * the slice after two deaths. Private sleepers of one process (F1) are shown.
 */
#include <pawl/space.h>

#include "core/tune.h"
#include "space/robust.h"
#include "atomics.h"
#include "space.h"

#define ALL 0xfu

static struct shared {
	pawl_robust_t lock, other;
	struct guarded {
		uint32_t data;             /* what the lock protects; through the store buffers */
		unsigned done;             /* the checker's own, from here on: sections that came to their end */
		unsigned inside;           /* 1 + who is inside, or has died there */
		uint64_t token;            /* the largest seen */
		unsigned told, unfinished; /* of how many deaths; how many went on without saying consistent */
	} guarded, beside;
} * shared;

/* ---- setting up ---- */

static void set_up(unsigned slots, unsigned joined)
{
	space_open(slots, joined);
	shared = model_alloc(sizeof(*shared));
	MODEL_NAME(*shared);
	MODEL_NAME(shared->lock.word);
	MODEL_NAME(shared->lock.grant);
	MODEL_NAME(shared->other.word);
	MODEL_NAME(shared->guarded.data);
	MODEL_CHECK(pawl_robust_init(&shared->lock, 0) == 0);
	MODEL_CHECK(pawl_robust_init(&shared->other, 0) == 0);
}

static void members(void)
{
	set_up(4, ALL);
}

/* They join at their first lock; there is a slot for each. */
static void strangers(void)
{
	set_up(3, 0);
}

/* There is one less: who comes last gets the slot of one who has died or left, or none. */
static void crowded(void)
{
	set_up(2, 0);
}

static void one_slot(void)
{
	set_up(1, 0);
}

static void hungry(void)
{
	members();
	pawl__tune.hungry_ns = -1;
}

/* Slices end, which must be enough for what the protocol leaves to them. */
static void sliced(void)
{
	members();
	pawl__tune.slice_ns = 50000000;
}

static void no_waitv(void)
{
	members();
	pawl__tune.no_waitv = true;
}

/* ---- the section ---- */

static void enter(struct guarded *g, const pawl_robust_t *lock, unsigned me, int rc)
{
	uint64_t token = pawl_robust_fence(lock).lo;

	MODEL_CHECK(g->inside == 0 || model_is_dead(g->inside - 1));
	if (g->inside != 0)
		MODEL_CHECK(rc == EOWNERDEAD);
	if (rc == EOWNERDEAD)
		g->told++;
	MODEL_CHECK(token > g->token);
	g->token = token;
	g->inside = me + 1;
}

static void work(struct guarded *g, int rc)
{
	uint32_t seen = model_read(&g->data);

	/* One who died here may have written, or not; if it has, that is to be seen by then, and is made good. */
	if (seen != g->done && !(rc == EOWNERDEAD && seen == g->done + 1))
		model_fail("%s: saw %u of %u sections", __func__, seen, g->done);
	model_write(&g->data, g->done + 1);
	g->done++;
	g->inside = 0;
}

static int lock_it(unsigned me, pawl_robust_t *lock, struct guarded *g, pawl_deadline_t deadline)
{
	int rc = pawl_robust_lock(space_of(me), lock, deadline);

	if (rc == 0 || rc == EOWNERDEAD)
		enter(g, lock, me, rc);
	return rc;
}

static void unlock_it(unsigned me, pawl_robust_t *lock, struct guarded *g, int rc)
{
	work(g, rc);
	if (rc == EOWNERDEAD)
		MODEL_CHECK(pawl_robust_consistent(space_of(me), lock) == 0);
	MODEL_CHECK(pawl_robust_unlock(space_of(me), lock) == 0);
}

static void use(unsigned me, pawl_robust_t *lock, struct guarded *g)
{
	int rc = lock_it(me, lock, g, PAWL_FOREVER);

	MODEL_CHECK(rc == 0 || rc == EOWNERDEAD);
	unlock_it(me, lock, g, rc);
}

/* ---- what the threads do ---- */

static void once(unsigned me)
{
	use(me, &shared->lock, &shared->guarded);
}

static void twice(unsigned me)
{
	once(me);
	once(me);
}

static void one_twice(unsigned me)
{
	once(me);
	if (me == 0)
		once(me);
}

/* Long sections: all others may come as far as they can meanwhile, at no cost. */
static int long_use(unsigned me, pawl_deadline_t deadline)
{
	int rc = lock_it(me, &shared->lock, &shared->guarded, deadline);

	if (!pawl_acquired(rc))
		return rc;
	model_pause();
	unlock_it(me, &shared->lock, &shared->guarded, rc);
	return 0;
}

static void long_once(unsigned me)
{
	MODEL_CHECK(long_use(me, PAWL_FOREVER) == 0);
}

static void long_one_timed(unsigned me)
{
	int rc = long_use(me, me == 0 ? model_now() + 1 : PAWL_FOREVER);

	MODEL_CHECK(rc == 0 || (rc == ETIMEDOUT && me == 0));
}

/* The first one who takes over from a dead owner dies of it. */
static void taker_dies(unsigned me)
{
	int rc = lock_it(me, &shared->lock, &shared->guarded, PAWL_FOREVER);

	MODEL_CHECK(rc == 0 || rc == EOWNERDEAD);
	if (rc == EOWNERDEAD && shared->guarded.told == 1)
		model_die();
	model_pause();
	unlock_it(me, &shared->lock, &shared->guarded, rc);
}

static void until(unsigned me, pawl_deadline_t deadline, int else_rc)
{
	int rc = lock_it(me, &shared->lock, &shared->guarded, deadline);

	if (pawl_acquired(rc))
		unlock_it(me, &shared->lock, &shared->guarded, rc);
	else
		MODEL_CHECK(rc == else_rc);
}

static void one_timed(unsigned me)
{
	if (me == 0)
		until(me, model_now() + 1, ETIMEDOUT);
	else
		once(me);
}

static void one_tries(unsigned me)
{
	if (me == 0)
		until(me, PAWL_TRY, EBUSY);
	else
		once(me);
}

/* T0 holds both; T1 waits for one, T2 for the other: one death, two to be told (look back). */
static void two_locks(unsigned me)
{
	int rc, also;

	if (me == 1) {
		use(me, &shared->other, &shared->beside);
		return;
	}
	if (me > 1) {
		once(me);
		return;
	}
	rc = lock_it(me, &shared->lock, &shared->guarded, PAWL_FOREVER);
	also = lock_it(me, &shared->other, &shared->beside, PAWL_FOREVER);
	unlock_it(me, &shared->lock, &shared->guarded, rc);
	unlock_it(me, &shared->other, &shared->beside, also);
}

/* Nobody makes anything whole: the first one to be told of a death poisons it, and all others leave. */
static void careless(unsigned me)
{
	int rc = lock_it(me, &shared->lock, &shared->guarded, PAWL_FOREVER);

	if (rc == ENOTRECOVERABLE) {
		MODEL_CHECK(shared->guarded.unfinished > 0);
		return;
	}
	MODEL_CHECK(rc == EOWNERDEAD || (rc == 0 && shared->guarded.unfinished == 0));
	work(&shared->guarded, rc);
	if (rc == EOWNERDEAD)
		shared->guarded.unfinished++;
	MODEL_CHECK(pawl_robust_unlock(space_of(me), &shared->lock) == 0);
}

/* Comes, may find no slot, leaves. */
static void visit(unsigned me)
{
	int rc = lock_it(me, &shared->lock, &shared->guarded, PAWL_FOREVER);

	if (rc == ENOSPC)
		return;
	MODEL_CHECK(rc == 0 || rc == EOWNERDEAD);
	unlock_it(me, &shared->lock, &shared->guarded, rc);
	space_leave(me);
}

/* T0 leaves while it holds: a death, only a polite one. */
static void one_leaves(unsigned me)
{
	if (me > 0) {
		once(me);
		return;
	}
	MODEL_CHECK(lock_it(me, &shared->lock, &shared->guarded, PAWL_FOREVER) == 0);
	model_count_as_dead(me);
	space_leave(me);
}

/* ---- what is true in the end ---- */

static void no_owner_lives(const pawl_robust_t *lock)
{
	uint32_t word = lock->word, token;

	MODEL_CHECK((word & PAWL__W_INCONS) == 0 || pawl__word_slot(word) != 0);
	if (pawl__word_slot(word) != 0)
		MODEL_CHECK(!pawl__live_is_alive(space_of(0), word, &token));
}

static void ended_well(void)
{
	no_owner_lives(&shared->lock);
	no_owner_lives(&shared->other);
}

/* Each slot can be had again, by one who comes now. */
static void slots_are_free(void)
{
	struct pawl__slot *slot;

	ended_well();
	for (uint32_t s = 1; (slot = pawl__slot_at(space_of(0), s)); s++)
		MODEL_CHECK(pawl__live_is_vacant(space_of(0), s));
}

/* They end after 50 ms, and after 5 where two words cannot be waited for: again and again, while an owner is at it. */
static bool many_slices(void)
{
	return model_now() > MODEL_EPOCH + (pawl__tune.no_waitv ? 10000000 : 100000000);
}

#define CASE(n, what, s, t) .name = what, .threads = n, .setup = s, .thread = t, .finish = ended_well
#define KILLS(n)            .deaths = n
#define WITHIN(n, in_long)  .preemptions = n, .preemptions_long = in_long
#define LONG(n)             .only_long = true, .preemptions = n, .preemptions_long = n
#define SC_FIRST            .memory = MODEL_SC
#define ALIKE               .alike = MODEL_T0_T1_T2 | MODEL_T2_T3

static const struct model_case cases[] = {
	{ CASE(3, "three", members, once), ALIKE, WITHIN(2, 4) },
	{ CASE(3, "three, one kill", members, once), ALIKE, KILLS(1), WITHIN(2, 3), SC_FIRST },
	{ CASE(2, "two, twice, one kill", members, twice), ALIKE, KILLS(1), WITHIN(2, 4) },
	{ CASE(3, "timed, one kill", members, one_timed), .alike = MODEL_T1_T2, KILLS(1), .ticks = 1, WITHIN(2, 3), SC_FIRST },
	{ CASE(3, "tried, one kill", members, one_tries), .alike = MODEL_T1_T2, KILLS(1), WITHIN(1, 3), SC_FIRST },
	{ CASE(3, "hungry, one kill", hungry, once), ALIKE, KILLS(1), .rescued = true, WITHIN(1, 3), SC_FIRST },
	{ CASE(3, "two locks, one kill", members, two_locks), KILLS(1), WITHIN(1, 2), SC_FIRST },
	{ CASE(3, "careless, one kill", members, careless), ALIKE, KILLS(1), WITHIN(1, 3), SC_FIRST },
	{ CASE(3, "one leaves", members, one_leaves), .alike = MODEL_T1_T2, WITHIN(2, 4), SC_FIRST },
	{ CASE(3, "siblings, one kill", members, once), KILLS(1), .siblings = MODEL_T0_T1, WITHIN(1, 3), SC_FIRST },
	{ .name = "crowded, one kill", .threads = 2, .setup = one_slot, .thread = visit, .finish = slots_are_free, KILLS(1), SC_FIRST },
	{ .name = "crowded by two, one kill",
		.threads = 3,
		.setup = crowded,
		.thread = visit,
		.finish = slots_are_free,
		KILLS(1),
		WITHIN(1, 2),
		SC_FIRST },
	{ CASE(4, "four, one kill", members, once), ALIKE, KILLS(1), WITHIN(1, 2), SC_FIRST },

	{ CASE(4, "four, long, one kill", members, long_once), ALIKE, KILLS(1), LONG(1), SC_FIRST },
	{ CASE(4, "four, timed, one kill", members, long_one_timed), .alike = MODEL_T1_T2 | MODEL_T2_T3, KILLS(1),
		LONG(1), SC_FIRST },
	{ CASE(4, "four, siblings, one kill", members, long_once), .alike = MODEL_T0_T1 | MODEL_T2_T3, KILLS(1),
		.siblings = MODEL_T0_T1, .immortal = 0xc, LONG(1), SC_FIRST },
	{ CASE(4, "four, who takes over dies, one kill", members, taker_dies), ALIKE, KILLS(1), LONG(1), SC_FIRST },
	{ CASE(3, "one twice, one kill", members, one_twice), .alike = MODEL_T1_T2, KILLS(1), LONG(2), SC_FIRST },
	{ CASE(3, "one leaves, one kill", members, one_leaves), .alike = MODEL_T1_T2, KILLS(1), .immortal = 1, LONG(3),
		SC_FIRST },
	{ CASE(3, "sliced, two kills", sliced, once), ALIKE, KILLS(2), .rescued = true, .beyond = many_slices, LONG(1),
		SC_FIRST },
	{ CASE(3, "no waitv, one kill", no_waitv, once), ALIKE, KILLS(1), .rescued = true, .beyond = many_slices,
		LONG(1), SC_FIRST },
	{ CASE(3, "strangers, one kill", strangers, once), KILLS(1), LONG(2), SC_FIRST },
	{ CASE(3, "three, one kill, stores late", members, once), ALIKE, KILLS(1), LONG(2) },
};

int main(int argc, char **argv)
{
	return model_main("robust", cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
