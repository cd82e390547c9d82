/* SPDX-License-Identifier: BSD-2-Clause */
/** robust.h: the robust lock without its clothes, for the public mutex (robust.c), named locks (lock.c) and the table. */
#ifndef PAWL__ROBUST_H
#define PAWL__ROBUST_H

#include "space/live.h"
#include "space/member.h"
#include "space/word.h"

/* pawl_robust_t.depth */
#define PAWL__RECURSIVE_BIT 0x8000u
#define PAWL__DEPTH_MAX     0x7fffu

/* pawl_robust_t.flags */
#define PAWL__MIXED 1u /* threads of more than one process have waited here (rule F2) */

/* How a taking went, for those who want to know more than the return value. */
struct pawl__taking {
	const struct pawl_space *space;
	const struct pawl__member *member;
	pawl_robust_t *lock;
	pawl_deadline_t deadline;
	bool auto_recover;         /* take over without INCONS: the owner need not say consistent */
	struct pawl__place *place; /* for display, whose lock it is; or NULL */
	const char *name;          /* as well; or NULL */
	const uint32_t *also;      /* a word that ends the waiting with ECANCELED when it is not `also_value`; NULL */
	uint32_t also_value;

	/* filled in */
	int64_t arrived;  /* when the waiting began, but for a short look at first; 0: it was free by then */
	uint32_t dead_id; /* EOWNERDEAD: who died; 0: not known */
};

/** The hot path: take it if it is free. Not a load and then a CAS: on a contended line that would be two transfers. */
static inline bool pawl__robust_take_free(pawl_robust_t *lock, uint32_t me)
{
	uint32_t v = PAWL__W_FREE;

	/* RB1 seq_cst: pairs with RB2: what the last owner wrote is visible here; and with SE2: a keeper that does not see us
	 * inside has closed the seat before, and we see that (SE4) */
	return PAWL_LIKELY(PAWL_CAS(&lock->word, &v, me, SEQ_CST));
}

/** The hot path back: give it up if nobody waits and nothing is wrong. The CAS checks the owner for free: it fails on any
 * other thread's id, on WAITERS and on INCONS. */
static inline bool pawl__robust_give_plain(pawl_robust_t *lock, uint32_t me)
{
	uint32_t v = me;

	/* RB2 release: pairs with RB1, RB3: nothing of the section may sink below this store, and nothing follows it */
	return PAWL_LIKELY(PAWL_CAS(&lock->word, &v, PAWL__W_FREE, RELEASE));
}

/** Take a lock this thread does not hold, waiting for it. Does not count a grant.
 * Returns 0, EOWNERDEAD (also with auto_recover), EBUSY, ETIMEDOUT, ENOTRECOVERABLE, EIDRM, ECANCELED. */
int pawl__robust_take(struct pawl__taking *t);

/** Give it up. `w` is what the word becomes: FREE, or POISON, or ORPHAN | WAITERS to hand a death on to the next one.
 * Depth is zero. Nothing of the lock is touched after the store. */
void pawl__robust_give(pawl_robust_t *lock, uint32_t me, uint32_t w);

/** What a release makes of the word: the owner's business only. */
static inline uint32_t pawl__robust_after(const pawl_robust_t *lock)
{
	/* relaxed: only the owner sets and clears INCONS */
	return PAWL_LOAD(&lock->word, RELAXED) & PAWL__W_INCONS ? PAWL__W_POISON : PAWL__W_FREE;
}

/** Does the calling thread hold it? */
static inline bool pawl__robust_is_mine(const pawl_robust_t *lock, uint32_t me)
{
	/* relaxed: nobody else ever stores our id, so what we see of it is what we stored ourselves */
	return me != 0 && pawl__word_id(PAWL_LOAD(&lock->word, RELAXED)) == me;
}

/** Take a lock once more that this thread holds: 0; EDEADLK it is not recursive; EAGAIN too deep. */
int pawl__robust_nest(pawl_robust_t *lock, bool recursive);

/** Is it held more than once? Asked by one who may not be the owner at all, and then it does not matter. */
static inline bool pawl__robust_is_nested(const pawl_robust_t *lock)
{
	return PAWL_LOAD(&lock->depth, RELAXED) & PAWL__DEPTH_MAX; /* relaxed: the owner reads what it wrote */
}

/** Count a grant; the owner only. Returns the new count: the token's `lo`. */
static inline uint64_t pawl__robust_count(pawl_robust_t *lock)
{
	uint64_t grant = PAWL_LOAD(&lock->grant, RELAXED) + 1; /* relaxed: only the owner writes it; RB1, RB2 order owners */

	/* I6: counted before the owner learns that it is one, so no token is ever given twice */
	PAWL_STORE(&lock->grant, grant, RELAXED); /* relaxed: as above */
	return grant;
}

/** A whole release, with its checks: 0, EPERM. `member` is NULL if this thread has never joined. */
int pawl__robust_release_slowly(struct pawl__member *member, pawl_robust_t *lock);

/** The same where nothing is in the way. False: nothing has happened. */
static inline bool pawl__robust_release_plain(struct pawl__member *member, pawl_robust_t *lock)
{
	if (PAWL_UNLIKELY(!member || pawl__robust_is_nested(lock) || !pawl__robust_give_plain(lock, member->me)))
		return false;
	pawl__member_holds(member, -1);
	return true;
}

int pawl__robust_consistent(pawl_robust_t *lock, uint32_t me);
int pawl__robust_reset(pawl_robust_t *lock);

#endif
