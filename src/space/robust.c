/* SPDX-License-Identifier: BSD-2-Clause */
/** robust.c: the crash-robust lock: giving it up, nesting, repairing; and the public mutex. Waiting for it is wait.c.
 *
 * RB2, here and in robust.h, is what RB1 and RB3 pair with: the head of wait.c has the protocol.
 */
#include <errno.h>

#include <pawl/space.h>

#include "core/clock.h"
#include "core/park.h"
#include "core/point.h"
#include "core/probe.h"
#include "space/member.h"
#include "space/robust.h"

/* ---- giving up ---- */

void pawl__robust_give(pawl_robust_t *lock, uint32_t me, uint32_t to)
{
	if (to == PAWL__W_FREE && pawl__robust_give_plain(lock, me))
		return;
	if (to == PAWL__W_FREE && PAWL_LOAD(&lock->hungry, RELAXED)) { /* relaxed: a wish */
		PAWL_STORE(&lock->hungry, (uint8_t)0, RELAXED); /* relaxed: whoever still wants it says so again */
		to = PAWL__W_TURN;
	}
	PAWL__POINT("robust/before-give");
	/* RB2 release: pairs with RB1. From here on only the address is used: the next owner may free the memory */
	PAWL_XCHG(&lock->word, to, RELEASE);
	PAWL__POINT("robust/given");
	pawl__wake(&lock->word, to == PAWL__W_POISON ? PAWL__WAKE_ALL : 2);
}

int pawl__robust_release_slowly(struct pawl__member *member, pawl_robust_t *lock)
{
	if (!member || !pawl__robust_is_mine(lock, member->me))
		return EPERM;
	if (pawl__robust_is_nested(lock)) {
		PAWL_STORE(&lock->depth, (uint16_t)(lock->depth - 1), RELAXED); /* relaxed: the owner's */
		return 0;
	}
	pawl__member_holds(member, -1);
	pawl__robust_give(lock, member->me, pawl__robust_after(lock));
	return 0;
}

int pawl__robust_nest(pawl_robust_t *lock, bool recursive)
{
	if (!recursive)
		return EDEADLK;
	if ((lock->depth & PAWL__DEPTH_MAX) == PAWL__DEPTH_MAX)
		return EAGAIN;
	PAWL_STORE(&lock->depth, (uint16_t)(lock->depth + 1), RELAXED); /* relaxed: the owner's */
	return 0;
}

int pawl__robust_consistent(pawl_robust_t *lock, uint32_t me)
{
	if (!pawl__robust_is_mine(lock, me))
		return EPERM;
	if (pawl__robust_after(lock) != PAWL__W_POISON)
		return EINVAL;
	PAWL_FETCH_AND(&lock->word, ~PAWL__W_INCONS, RELAXED); /* relaxed: a note to ourselves; RB2 publishes it */
	PAWL__POINT("robust/consistent");
	return 0;
}

int pawl__robust_reset(pawl_robust_t *lock)
{
	uint32_t v = PAWL_LOAD(&lock->word, RELAXED); /* relaxed: the CAS decides */

	/* With whatever bits: we set none on it, but a damaged word that says ENOTRECOVERABLE must have a way out of it, too.
	 * RB2 release, RB1 acquire: the one who resets stands in for an owner */
	if (pawl__word_kind(v) == PAWL__POISON && PAWL_CAS(&lock->word, &v, PAWL__W_FREE, ACQ_REL))
		return 0;
	return EINVAL;
}

/* ---- the public mutex ---- */

int pawl_robust_init(pawl_robust_t *m, unsigned flags)
{
	if (!m || (uintptr_t)m % 8 != 0 || (flags & ~PAWL_RECURSIVE))
		return EINVAL;
	*m = (pawl_robust_t){ .depth = flags & PAWL_RECURSIVE ? PAWL__RECURSIVE_BIT : 0,
		.grant = (uint64_t)pawl__now_real() };
	return 0;
}

/* It was not free, or this thread has no slot yet. */
__attribute__((noinline)) static int lock_slowly(pawl_space_t *space, pawl_robust_t *m, pawl_deadline_t deadline)
{
	int rc = EINVAL;
	struct pawl__member *member = space && m ? pawl__member(space, &rc) : NULL;
	struct pawl__taking t = { .space = space, .member = member, .lock = m, .deadline = deadline };

	if (!member)
		return rc;
	if ((uintptr_t)m % 8 != 0) /* the kernel would not let us sleep on it */
		return EINVAL;
	if (pawl__robust_is_mine(m, member->me))
		return pawl__robust_nest(m, m->depth & PAWL__RECURSIVE_BIT);
	rc = pawl__robust_take(&t);
	if (!pawl_acquired(rc))
		return rc;
	PAWL__POINT("robust/owner");
	pawl__robust_count(m);
	pawl__member_holds(member, +1);
	if (t.arrived != 0)
		PAWL__PROBE(acquired, space->path, "", m, pawl__now() - t.arrived, m->grant);
	return rc;
}

int pawl_robust_lock(pawl_space_t *space, pawl_robust_t *m, pawl_deadline_t deadline) PAWL_NO_ANALYSIS
{
	struct pawl__member *member = pawl__recent;

	if (PAWL_UNLIKELY(!member || member->space != space || member->me == 0 || !m ||
			  !pawl__robust_take_free(m, member->me)))
		return lock_slowly(space, m, deadline);
	PAWL__POINT("robust/owner-at-once");
	pawl__robust_count(m);
	pawl__member_holds(member, +1);
	return 0;
}

/* Out of line, so that a plain unlock needs no frame. */
__attribute__((noinline)) static int unlock_slowly(struct pawl__member *member, pawl_robust_t *m)
{
	if (member && pawl__robust_is_mine(m, member->me) && !pawl__robust_is_nested(m))
		PAWL__PROBE(handed_on, member->space->path, "", m, 0, m->grant);
	return pawl__robust_release_slowly(member, m);
}

int pawl_robust_unlock(pawl_space_t *space, pawl_robust_t *m) PAWL_NO_ANALYSIS
{
	struct pawl__member *member;

	if (PAWL_UNLIKELY(!space || !m))
		return EINVAL;
	member = pawl__member_now(space);
	return PAWL_LIKELY(pawl__robust_release_plain(member, m)) ? 0 : unlock_slowly(member, m);
}

int pawl_robust_consistent(pawl_space_t *space, pawl_robust_t *m) PAWL_NO_ANALYSIS
{
	struct pawl__member *member;

	if (!space || !m)
		return EINVAL;
	member = pawl__member_now(space);
	return member ? pawl__robust_consistent(m, member->me) : EPERM;
}

int pawl_robust_reset(pawl_space_t *space, pawl_robust_t *m)
{
	return space && m ? pawl__robust_reset(m) : EINVAL;
}

pawl_fence_t pawl_robust_fence(const pawl_robust_t *m)
{
	return (pawl_fence_t){ .lo = m ? PAWL_LOAD(&m->grant, RELAXED) : 0 }; /* relaxed: the owner reads what it wrote */
}
