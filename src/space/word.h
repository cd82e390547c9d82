/* SPDX-License-Identifier: BSD-2-Clause */
/** word.h: the 32 bits that say who holds a robust lock. Zero is free.
 *
 *   bits    name     means                              set by             legal to miss?          legal when untrue?
 *   31      WAITERS  somebody may sleep on this word    sleeper, wakee     no: a wake-up is lost   yes: one spare wake
 *   30      INCONS   the owner took over from a dead    take-over          no: damage unnoticed    no: poisons for nothing
 *                    one and has not said consistent
 *   29..12  inc      incarnation of the owner's slot    acquirer's CAS     no: dead looks alive    no: a live one is robbed
 *   11..0   slot     the owner's liveness slot, 1..4095 acquirer's CAS     no: death unnoticed     no: a live one is robbed
 *
 * Slot 0 is nobody's; with it, `inc` tells four ownerless states apart. None but 0 may be taken by the plain CAS of the
 * hot path, which therefore needs no test for them:
 *
 *   slot 0, inc 0  FREE    anybody may take it
 *   slot 0, inc 1  POISON  an owner died, and the next one gave up without saying consistent: ENOTRECOVERABLE until reset
 *   slot 0, inc 2  ORPHAN  "its owner died, whoever it was": to be taken over with EOWNERDEAD
 *   slot 0, inc 3  TURN    free, but a sleeper has waited too long: those who slept go first, others after a moment
 *
 * INCONS is in the word so that the hot release, CAS(me -> 0), fails on it without looking anywhere else.
 *
 * I1: a word names an owner only while that owner holds the lock: it is set by the owner's own CAS and cleared by the
 *     owner's own release, or by the one who takes over after the owner's death.
 */
#ifndef PAWL__WORD_H
#define PAWL__WORD_H

#include <stdbool.h>
#include <stdint.h>

#define PAWL__W_WAITERS (1u << 31)
#define PAWL__W_INCONS  (1u << 30)
#define PAWL__W_ID      0x3fffffffu /* bits 29..0: who */

#define PAWL__SLOT_BITS 12
#define PAWL__SLOT_MAX  4095u
#define PAWL__INC_MAX   0x3ffffu

#define PAWL__W_FREE   0u
#define PAWL__W_POISON (1u << PAWL__SLOT_BITS)
#define PAWL__W_ORPHAN (2u << PAWL__SLOT_BITS)
#define PAWL__W_TURN   (3u << PAWL__SLOT_BITS)

static inline uint32_t pawl__word_id(uint32_t w)
{
	return w & PAWL__W_ID;
}

static inline uint32_t pawl__word_slot(uint32_t w)
{
	return w & PAWL__SLOT_MAX;
}

static inline uint32_t pawl__word_inc(uint32_t w)
{
	return w >> PAWL__SLOT_BITS & PAWL__INC_MAX;
}

static inline uint32_t pawl__word_make(uint32_t slot, uint32_t inc)
{
	return inc << PAWL__SLOT_BITS | slot;
}

/* What a word says. DEAD and HELD can only be told apart by asking for the owner's slot (live.h). */
typedef enum { PAWL__FREE, PAWL__TURN, PAWL__POISON, PAWL__ORPHAN, PAWL__OWNED } pawl__word_kind_t;

static inline pawl__word_kind_t pawl__word_kind(uint32_t w)
{
	if (pawl__word_slot(w) != 0)
		return PAWL__OWNED;
	switch (pawl__word_id(w)) {
	case PAWL__W_FREE:
		return PAWL__FREE;
	case PAWL__W_TURN:
		return PAWL__TURN;
	case PAWL__W_POISON:
		return PAWL__POISON;
	default:
		return PAWL__ORPHAN; /* also for what only a damaged segment can contain */
	}
}

#endif
