/* SPDX-License-Identifier: BSD-2-Clause */
/** robust.h: the robust lock without its clothes, for the public mutex (robust.c), named locks (lock.c) and the table. */
#ifndef PAWL__ROBUST_H
#define PAWL__ROBUST_H

#include "space/live.h"
#include "space/word.h"

/* pawl_robust_t.depth */
#define PAWL__RECURSIVE_BIT 0x8000u
#define PAWL__DEPTH_MAX 0x7fffu

/* pawl_robust_t.flags */
#define PAWL__MIXED 1u /* threads of more than one process have waited here (rule F2) */

/* How a taking went, for those who want to know more than the return value. */
struct pawl__taking {
	const struct pawl_space *space;
	const struct pawl__member *member;
	pawl_robust_t *lock;
	pawl_deadline_t deadline;
	bool auto_recover;       /* take over without INCONS: the owner need not say consistent */
	struct pawl__place *place; /* for display, whose lock it is; or NULL */

	/* filled in */
	bool waited; /* it was not free at once */
};

/** Take a lock this thread does not hold. Does not count a grant.
 * Returns 0, EOWNERDEAD (also with auto_recover), EBUSY, ETIMEDOUT, ENOTRECOVERABLE, EIDRM. */
int pawl__robust_take(struct pawl__taking *t);

/** Give it up. `w` is what the word becomes: FREE, or ORPHAN | WAITERS to hand a death on to the next one. Depth is
 * zero. Nothing of the lock is touched after the store. */
void pawl__robust_give(pawl_robust_t *lock, uint32_t me, uint32_t w);

/** Does the calling thread hold it? */
static inline bool pawl__robust_is_mine(const pawl_robust_t *lock, uint32_t me)
{
	/* relaxed: nobody else ever stores our id, so what we see of it is what we stored ourselves */
	return me != 0 && pawl__word_id(PAWL_LOAD(&lock->word, RELAXED)) == me;
}

/** Tell a lock's nested taking and release: EDEADLK, EAGAIN, 0. */
int pawl__robust_nest(pawl_robust_t *lock, bool recursive);

/** True if this was a nested release: it is undone, and the lock still held. */
bool pawl__robust_unnest(pawl_robust_t *lock);

/** Count a grant; the owner only. Returns the new count: the token's `lo`. */
static inline uint64_t pawl__robust_count(pawl_robust_t *lock)
{
	uint64_t grant = PAWL_LOAD(&lock->grant, RELAXED) + 1; /* relaxed: only the owner writes it; RB1, RB2 order owners */

	/* I6: counted before the owner learns that it is one, so no token is ever given twice */
	PAWL_STORE(&lock->grant, grant, RELAXED); /* relaxed: as above */
	return grant;
}

int pawl__robust_consistent(pawl_robust_t *lock, uint32_t me);
int pawl__robust_reset(pawl_robust_t *lock);

#endif
