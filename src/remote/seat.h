/* SPDX-License-Identifier: BSD-2-Clause */
/** seat.h: a tenure in shared memory: what the keeper writes down, and what those see who take and leave the lock.
 *
 * Whoever owns the slot of a name (its robust lock) asks the seat whether this host holds the lease. The two sides never lock
 * each other out: the keeper closes a seat by storing 0 to `good` and then looks who is inside; who wants in has taken the slot
 * first and then looks at `good`. One of them sees the other.
 *
 *   keeper    SE1  good = 0        then  SE2  look at word, asking
 *   asker     RB1  word = me, SE3  asking = 0   then  SE4  look at good
 *
 * A death is told to the first who is granted the lock after it, on whichever host. `died` says that one is owed here: the keeper
 * sets it when the service says so, an asker that took the slot over from a dead owner sets it before it asks. Who comes
 * in clears it; if the lease is given back before, the keeper hands it on. Rather twice than never: one who takes the slot over after the
 * keeper has handed the corpse's death on is told, too.
 *
 * A keeper may be killed between any two stores. What must not be torn is written to the copy that is not in use, and then that
 * one is put to use, by one store.
 */
#ifndef PAWL__SEAT_H
#define PAWL__SEAT_H

#include <pawl/annotate.h>

#include "remote/tenure.h"

struct pawl__seat {
	/* what the hot paths read */
	int64_t good;     /* newcomers may use the lease until then; 0: they may not */
	int64_t until;    /* whoever is inside is right to be until then; 0: not any more */
	uint64_t hi;      /* the token of the tenure */
	uint64_t stop_at; /* the local grant that closes the seat as it leaves; 0: none */
	uint32_t asking;  /* the slot's owner, if it waits for a lease and is not inside */
	uint32_t bell;    /* askers sleep on it */
	uint32_t state;   /* of the tenure: for those who try, and for people */
	uint32_t died;    /* an owner died before, and nobody has been told yet: see below */
	uint32_t current; /* which copy counts */
	uint32_t gen;     /* of the place: whose name it is about */
	uint64_t bounds;  /* of this name, in place of the space's; 0: none */

	union {
		struct pawl__tenure copy[2]; /* the keeper's */
		uint64_t words[2][12];       /* the same, for storing it where others look */
	};
};

PAWL_STATIC_ASSERT(sizeof(struct pawl__tenure) == 96, "shared between processes: pinned");
PAWL_STATIC_ASSERT(sizeof(struct pawl__seat) == 256, "shared between processes: pinned");

/* ---- the keeper's side ---- */

/** The world as the keeper has it, for one seat. */
struct pawl__seat_world {
	int64_t now;
	bool up;
	int64_t not_before;
	const struct pawl__tenure_rules *rules;
	void *arg;
	/* Fill in `who`, `more`, `grants`: the word is loaded SEQ_CST (SE2), and `asking` after it. */
	void (*look)(void *arg, struct pawl__look *look);
	/* Send it. False: not taken; it will be tried again. */
	bool (*submit)(void *arg, const pawl_remote_op_t *op);
	void (*tell)(void *arg);     /* `bell` has moved: wake who sleeps on it */
	void (*lost)(void *arg);     /* whoever is inside has lost the lease */
	void (*jeopardy)(void *arg); /* ... is about to */
};

/** The bounds that one name has, as one word: since any process may change them at any time. Each 0: the space's. */
struct pawl__bounds {
	int64_t max_tenure; /* ns; rounded up to 0.1 ms, at most 6.5 s */
	int64_t idle_keep;  /* ns; rounded up to 10 ms, at most 655 s */
	uint32_t handoffs;  /* one more than max_handoffs */
};

/** 0: they cannot be said in one word. */
uint64_t pawl__bounds_pack(const struct pawl__bounds *bounds);
void pawl__bounds_apply(uint64_t packed, struct pawl__tenure_rules *rules);

/** The tenure as it was written down last. */
static inline const struct pawl__tenure *pawl__seat_tenure(const struct pawl__seat *seat)
{
	/* SE5 acquire: pairs with SE6: the copy is whole before it counts */
	return &seat->copy[PAWL_LOAD(&seat->current, ACQUIRE) & 1];
}

/** Let the tenure hear `event` (NULL: the time, a bell) and do all that follows. Returns when to come again, INT64_MAX: when
 * something happens. */
int64_t pawl__seat_serve(struct pawl__seat *seat, const struct pawl__seat_world *world, const pawl_remote_event_t *event);

/** A keeper has taken over: publish what was written down. Its next serve() hears SESSION(UP). */
void pawl__seat_adopt(struct pawl__seat *seat);

/** The place has another name from now on; nobody holds it. Requests go on counting, from `req` at least. */
void pawl__seat_rename(struct pawl__seat *seat, uint32_t gen, uint64_t req);

/* ---- the side of those who own the slot ---- */

/** Was this owner of the slot not inside, but waiting for a lease? For whoever sees it alive or dead in the slot's word. */
static inline bool pawl__seat_is_asking(const struct pawl__seat *seat, uint32_t id)
{
	/* SE2 seq_cst: pairs with SE3: who says that it is asking looks again before it goes in */
	return id != 0 && PAWL_LOAD(&seat->asking, SEQ_CST) == id;
}

/** Is it about this name still? A place may go to another name while a lease is asked for, which is then granted to whoever had
 * the place. To be asked first. */
static inline bool pawl__seat_is_of(const struct pawl__seat *seat, uint32_t gen)
{
	/* SE10 acquire: pairs with SE11: who sees the new name does not see the lease of the old one */
	return PAWL_LIKELY(PAWL_LOAD(&seat->gen, ACQUIRE) == gen);
}

/** May I use the lease? `now` may be late, never early. The caller owns the slot and has not set `asking`. */
static inline bool pawl__seat_is_open(const struct pawl__seat *seat, int64_t now)
{
	/* SE4 seq_cst: pairs with SE1: if the keeper did not see us, we see that it has closed. And acquire: pairs with SE7, what
	 * stands beside it is of this tenure */
	return PAWL_LIKELY(now < PAWL_LOAD(&seat->good, SEQ_CST));
}

/** Is the lease still good under which I was granted the lock? */
static inline bool pawl__seat_is_valid(const struct pawl__seat *seat, int64_t now)
{
	return PAWL_LIKELY(now < PAWL_LOAD(&seat->until, RELAXED)); /* relaxed: a time, no more; it is the caller's tenure */
}

/** Its time is over, or was said to be: then nobody inside is right any more, from now on. True if so. */
static inline bool pawl__seat_expire(struct pawl__seat *seat, int64_t now)
{
	int64_t until = PAWL_LOAD(&seat->until, RELAXED); /* relaxed: as above */

	if (now < until)
		return false;
	if (until != 0)
		PAWL_CAS(&seat->until, &until, 0, RELAXED); /* relaxed: a renewal that has come meanwhile stands */
	return until == 0 || now >= until;
}

/** Is it good, as far as anybody has said? */
static inline bool pawl__seat_is_held(const struct pawl__seat *seat)
{
	return PAWL_LIKELY(PAWL_LOAD(&seat->until, RELAXED) != 0); /* relaxed: as above */
}

/** Does the seat close behind who leaves after this `grant`? */
static inline bool pawl__seat_is_last(const struct pawl__seat *seat, uint64_t grant)
{
	uint64_t stop = PAWL_LOAD(&seat->stop_at, RELAXED); /* relaxed: a bound; a grant more or less does no harm */

	return PAWL_UNLIKELY(stop != 0 && grant >= stop);
}

/** I am about to leave after my `grant`: close the seat behind me if it is the last. Then the keeper is to be told, afterwards. */
static inline bool pawl__seat_leave(struct pawl__seat *seat, uint64_t grant)
{
	if (!pawl__seat_is_last(seat, grant))
		return false;
	PAWL_STORE(&seat->good, 0, RELAXED); /* relaxed: RB2, as the slot is given up, shows it to the next owner */
	return true;
}

#endif
