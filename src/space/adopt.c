/* SPDX-License-Identifier: BSD-2-Clause */
/** adopt.c: the first one into a segment that others left behind mends what they could not. It holds the exclusive lock:
 * nobody else is in there, and nobody comes in until it is done.
 *
 * After a crash of all members on the same boot there is little to do: each dead owner is found out lock by lock, as ever.
 * On another boot (a segment on a disk, by PAWL_DIR) the TIDs in the tokens belong to other threads, or will, and would
 * look alive for ever: so tokens are made anew and what was owned becomes ORPHAN. Token counters go on.
 */
#include "core/point.h"
#include "remote/office.h"
#include "space/live.h"
#include "space/segment.h"
#include "space/table.h"

static void orphan(pawl_robust_t *lock)
{
	uint32_t v = PAWL_LOAD(&lock->word, RELAXED); /* relaxed: we are alone, as everywhere in this file */

	if (pawl__word_kind(v) == PAWL__OWNED)
		PAWL_STORE(&lock->word, PAWL__W_ORPHAN | PAWL__W_WAITERS, RELAXED); /* relaxed: alone */
}

static void adopt_place(struct pawl_space *space, struct pawl__place *place, bool reborn)
{
	uint32_t gen = PAWL_LOAD(&place->gen, RELAXED); /* relaxed: alone */

	if ((gen & 3) == PAWL__PLACE_FILLING)
		PAWL_STORE(&place->gen, (gen & ~3u) | PAWL__PLACE_GONE, RELAXED); /* relaxed: alone */
	if (reborn) {
		orphan(&place->lock);
		if (PAWL_LOAD(&place->lock.grant, RELAXED) > space->header->floor) /* relaxed: alone */
			space->header->floor = place->lock.grant; /* I6: the new epoch begins above it */
		PAWL_FETCH_AND(&place->mark, ~(PAWL__LINGER | PAWL__AWAIT), RELAXED); /* relaxed: alone; its commands are gone */
	}
	PAWL__POINT("adopt/place");
}

static void adopt_places(struct pawl_space *space, bool reborn)
{
	struct pawl__place *place;

	for (uint32_t i = 0; (place = pawl__place_from(space, &i)); i++)
		adopt_place(space, place, reborn);
}

static void orphan_inner(struct pawl_space *space)
{
	orphan(&space->header->longs);
	for (unsigned i = 0; i < PAWL__STRIPES; i++)
		orphan(&space->header->stripes[i]);
}

void pawl__adopt(struct pawl_space *space, bool reborn)
{
	pawl__live_adopt(space, reborn);
	adopt_places(space, reborn);
	if (!reborn)
		return;
	orphan_inner(space);
	pawl__office_reborn(space);
	PAWL__POINT("adopt/orphaned");
	pawl__stamp_reborn(space); /* last: should we be killed before, the next one does it all again */
}
