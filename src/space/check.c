/* SPDX-License-Identifier: BSD-2-Clause */
/** check.c: pawl_space_check: is everything in a segment within its bounds? Reads only.
 *
 * Others go on working meanwhile, so only what may never be otherwise counts as a fault, not what is merely half done.
 */
#include <errno.h>
#include <string.h>

#include "space/segment.h"
#include "space/table.h"

static int check_header(const struct pawl_space *space)
{
	bool reborn;

	if (space->header->capacity != space->capacity || space->header->token_off != space->token_off)
		return pawl__refuse(EPROTO, "%s: damaged: its capacity has changed", pawl_space_path(space));
	return pawl__stamp_check(pawl_space_path(space), space->header, space->size, &reborn);
}

static int check_word(const struct pawl_space *space, const pawl_robust_t *lock, const char *what, uint32_t i)
{
	uint32_t w = PAWL_LOAD(&lock->word, RELAXED), inc = pawl__word_inc(w); /* relaxed: a look, as all in this file */

	if (pawl__word_slot(w) == 0 && inc > 3)
		return pawl__refuse(EPROTO, "%s: damaged: %s %u: its word 0x%08x means nothing", pawl_space_path(space),
			what, i, w);
	if (pawl__word_slot(w) != 0 && (inc == 0 || !pawl__slot_at(space, pawl__word_slot(w))))
		return pawl__refuse(EPROTO, "%s: damaged: %s %u: its owner 0x%08x does not exist",
			pawl_space_path(space), what, i, w);
	if (pawl__word_kind(w) == PAWL__FREE && w != 0)
		return pawl__refuse(
			EPROTO, "%s: damaged: %s %u: free, yet marked 0x%08x", pawl_space_path(space), what, i, w);
	return 0;
}

static int check_place(const struct pawl_space *space, uint32_t i, const struct pawl__place *place)
{
	char text[PAWL__LONG_NAME_MAX + 1];
	struct pawl__spot spot = { .index = i, .gen = pawl__table_gen(place) }, found;
	struct pawl__name name;
	int rc = check_word(space, &place->lock, "place", i);

	if (rc != 0 || !pawl__gen_is_ready(spot.gen))
		return rc;
	if (!pawl__table_name(space, spot, text))
		return pawl__table_gen(place) != spot.gen
			       ? 0
			       : pawl__refuse(EPROTO, "%s: damaged: place %u: its name cannot be read",
					 pawl_space_path(space), i);
	rc = pawl__name_read(text, &name);
	if (rc == 0)
		rc = pawl__table_find(space, &name, &found);
	if (pawl__table_gen(place) != spot.gen)
		return 0; /* it has just got another name */
	if (rc != 0 || found.index != i)
		return pawl__refuse(EPROTO, "%s: damaged: place %u: a search for its name does not lead there",
			pawl_space_path(space), i);
	return 0;
}

static int check_slot(const struct pawl_space *space, uint32_t s, const struct pawl__slot *slot)
{
	uint32_t state = PAWL_LOAD(&slot->state, RELAXED); /* relaxed: a look */

	if ((state & 3) == 3 || state >> 2 > PAWL__INC_MAX)
		return pawl__refuse(EPROTO, "%s: damaged: liveness slot %u: its state 0x%08x means nothing",
			pawl_space_path(space), s, state);
	return 0;
}

int pawl_space_check(pawl_space_t *space)
{
	const struct pawl__place *place;
	int rc;

	if (!space)
		return EINVAL;
	rc = check_header(space);
	for (uint32_t i = 0; rc == 0 && i < PAWL__STRIPES; i++)
		rc = check_word(space, &space->header->stripes[i], "stripe", i);
	if (rc == 0)
		rc = check_word(space, &space->header->longs, "long names", 0);
	for (uint32_t s = 1; rc == 0 && pawl__slot_at(space, s); s++)
		rc = check_slot(space, s, pawl__slot_at(space, s));
	for (uint32_t i = 0; rc == 0 && (place = pawl__place_from(space, &i)); i++)
		rc = check_place(space, i, place);
	return rc;
}
