/* SPDX-License-Identifier: BSD-2-Clause */
/** table.c: the table of names. Callers: lock.c (open, a name that lost its place), info.c, check.c (looking).
 *
 * Open addressing; a name lives within PAWL__WINDOW places of its hash, and a place never moves. place.gen is
 * count << 2 | kind and moves whenever the place changes its name:
 *
 *   EMPTY    never used: a search ends here; no place returns to it, so nobody's search is cut short
 *   FILLING  its lock's owner is writing a name into it; left so by one who was killed: the lock's word is dead
 *   READY    the name is whole. A search reads gen, the name, gen again
 *   GONE     no name: what adoption makes of FILLING
 *
 * A name is inserted under the robust word of its stripe, so it is in the table once. A place is changed by the owner of
 * its own lock only, so whoever holds a lock and finds the generation unchanged has the lock of that name.
 *
 * I6: when a place is given to another name, the segment's floor rises over its counter *before* the generation moves, and
 *     the new name's counter begins at the floor or above: neither name ever sees a smaller number.
 */
#include <errno.h>
#include <string.h>

#include <pawl/lock.h>

#include "core/point.h"
#include "space/figures.h"
#include "space/reserve.h"
#include "space/segment.h"
#include "space/table.h"

PAWL_STATIC_ASSERT(PAWL__LONG_NAME_MAX == PAWL_NAME_MAX, "the longest name fits into a long-name record");
PAWL_STATIC_ASSERT(PAWL_NAME_MAX < sizeof(((struct pawl__long *)0)->text), "with its NUL");

/* ---- names ---- */

int pawl__name_read(const char *text, struct pawl__name *name)
{
	uint64_t hash = 0xcbf29ce484222325ull; /* FNV-1a, then mixed: part of the segment's format */
	uint32_t n;

	if (!text || !text[0])
		return EINVAL;
	for (n = 0; text[n]; n++) {
		if (n == PAWL_NAME_MAX)
			return ENAMETOOLONG;
		hash = (hash ^ (unsigned char)text[n]) * 0x100000001b3ull;
	}
	hash ^= hash >> 32;
	hash *= 0x9e3779b97f4a7c15ull;
	*name = (struct pawl__name){ .text = text, .length = n, .hash = (uint32_t)(hash >> 32) };
	return 0;
}

/* The i-th eight bytes of a name, NUL-padded: how it is stored. */
static uint64_t word_of(const struct pawl__name *name, uint32_t i)
{
	uint64_t word = 0;
	uint32_t from = i * 8;

	if (from < name->length)
		memcpy(&word, name->text + from, name->length - from < 8 ? name->length - from : 8);
	return word;
}

static uint32_t words_of(const struct pawl__name *name)
{
	return name->length / 8 + 1; /* with the NUL */
}

static const uint64_t *stored_text(const struct pawl_space *space, const struct pawl__place *place, uint32_t *words)
{
	uint32_t record = PAWL_LOAD(&place->long_name, ACQUIRE); /* TB3 acquire: pairs with TB4 */
	const struct pawl__long *found;

	*words = sizeof(place->name) / 8;
	if (record == 0)
		return place->name;
	found = pawl__long_at(space, record - 1);
	*words = sizeof(found->text) / 8;
	return found ? found->text : NULL;
}

static bool has_name(const struct pawl_space *space, const struct pawl__place *place, const struct pawl__name *name)
{
	uint32_t words;
	const uint64_t *text = stored_text(space, place, &words);

	if (!text || words < words_of(name))
		return false;
	for (uint32_t i = 0; i < words_of(name); i++)
		if (PAWL_LOAD(&text[i], ACQUIRE) != word_of(name, i)) /* TB3 acquire: pairs with TB4: then gen again */
			return false;
	return true;
}

bool pawl__table_name(const struct pawl_space *space, struct pawl__spot spot, char out[static PAWL__LONG_NAME_MAX + 1])
{
	const struct pawl__place *place = pawl__place_at(space, spot.index);
	uint64_t copy[sizeof(((struct pawl__long *)0)->text) / 8];
	const uint64_t *text;
	uint32_t words;

	if (!place || !pawl__gen_is_ready(spot.gen))
		return false;
	text = stored_text(space, place, &words);
	for (uint32_t i = 0; text && i < words; i++)
		copy[i] = PAWL_LOAD(&text[i], ACQUIRE); /* TB3 acquire: pairs with TB4 */
	if (!text || pawl__table_gen(place) != spot.gen)
		return false;
	memcpy(out, copy, words * 8);
	out[words * 8 - 1] = '\0';
	return out[0] != '\0';
}

/* ---- find ---- */

/* The i-th place a name may live in; NULL: its chunk is not reserved, so nothing was ever stored there. */
static struct pawl__place *candidate(
	const struct pawl_space *space, const struct pawl__name *name, uint32_t i, struct pawl__spot *spot)
{
	struct pawl__place *place;

	spot->index = (name->hash + i) & (space->capacity - 1);
	place = pawl__place_at(space, spot->index);
	spot->gen = place ? pawl__table_gen(place) : PAWL__PLACE_EMPTY;
	return place;
}

int pawl__table_find(const struct pawl_space *space, const struct pawl__name *name, struct pawl__spot *spot)
{
	for (uint32_t i = 0; i < PAWL__WINDOW; i++) {
		struct pawl__place *place = candidate(space, name, i, spot);

		if (!place || spot->gen == PAWL__PLACE_EMPTY)
			return ENOENT;
		/* relaxed: checked again by has_name and gen */
		if (pawl__gen_is_ready(spot->gen) && PAWL_LOAD(&place->hash, RELAXED) == name->hash &&
			has_name(space, place, name) && pawl__table_gen(place) == spot->gen)
			return 0;
	}
	return ENOENT;
}

/* ---- fill ---- */

/* Take one of the table's own words. Returns 0, EBUSY, ETIMEDOUT. */
static int take_robust(struct pawl_space *space, struct pawl__member *member, pawl_robust_t *lock, pawl_deadline_t deadline)
{
	struct pawl__taking t = { .space = space, .member = member, .lock = lock, .deadline = deadline, .auto_recover = true };
	int rc;

	/* EOWNERDEAD: what these words guard is whole after every store. ENOTRECOVERABLE: only in a damaged segment. */
	while ((rc = pawl__robust_take(&t)) == ENOTRECOVERABLE)
		pawl__robust_reset(lock);
	return rc == EOWNERDEAD ? 0 : rc;
}

static bool is_free_record(const struct pawl_space *space, uint32_t record, const struct pawl__long *l)
{
	/* relaxed, both: they change under header->longs only, which we hold */
	uint32_t user = PAWL_LOAD(&l->place, RELAXED);
	const struct pawl__place *place = user != 0 ? pawl__place_at(space, user - 1) : NULL;

	return !place || PAWL_LOAD(&place->long_name, RELAXED) != record + 1; /* relaxed: as above */
}

static bool take_nameless(struct pawl_space *space, struct pawl__member *member, struct pawl__place *place);
static bool take_idle(struct pawl__member *member, struct pawl__place *place, uint32_t gen, bool spare_touched);
static void raise_floor(struct pawl_space *space, uint64_t grant);

/* All records are in use, and the place of this one may be idle, or left by one who was killed filling it: then that name
 * goes, as it would if its place were wanted. True if the record is free now. The caller holds header->longs. */
static bool empty_record(struct pawl_space *space, struct pawl__member *member, const struct pawl__long *l)
{
	uint32_t user = PAWL_LOAD(&l->place, RELAXED); /* relaxed: changes under header->longs only, which we hold */
	struct pawl__place *place = user != 0 ? pawl__place_at(space, user - 1) : NULL;
	uint32_t gen = place ? pawl__table_gen(place) : 0;

	if (!place || !(pawl__gen_is_ready(gen) ? take_idle(member, place, gen, false) : take_nameless(space, member, place)))
		return false;
	if (pawl__gen_is_ready(gen)) {
		raise_floor(space, PAWL_LOAD(&place->lock.grant, RELAXED)); /* relaxed: we own it. I6: before gen moves */
		PAWL_FETCH_ADD(&space->header->reclaimed, 1u, RELAXED);     /* relaxed: a statistic */
		PAWL__POINT("table/long-floor-raised");
		/* TB2 release: pairs with TB1: who misses the name sees the floor */
		PAWL_STORE(&place->gen, ((gen & ~3u) + 4) | PAWL__PLACE_GONE, RELEASE);
		PAWL__POINT("table/long-gone");
	}
	PAWL_STORE(&place->long_name, 0u, RELEASE); /* TB4 release: pairs with TB3 */
	PAWL__POINT("table/long-emptied");
	pawl__robust_give(&place->lock, member->me, PAWL__W_FREE);
	return true;
}

static bool get_record(struct pawl_space *space, struct pawl__member *member, uint32_t record, bool by_force)
{
	struct pawl__long *l = pawl__long_at(space, record);

	return l && (is_free_record(space, record, l) || (by_force && empty_record(space, member, l)));
}

/* Write a long name into a record of its own. Whoever is killed in here leaves a record that its place does not point
 * to, or a place that is FILLING and points to it: free in both cases, as filling a place again forgets its record. */
static int write_long(struct pawl_space *space, struct pawl__member *member, struct pawl__place *place,
	const struct pawl__name *name, pawl_deadline_t deadline)
{
	uint32_t records = pawl__longs_of(space->capacity);
	int rc = take_robust(space, member, &space->header->longs, deadline);

	if (rc != 0)
		return rc;
	for (uint32_t n = 0; n < 2 * records; n++) {
		uint32_t r = n < records ? n : n - records;
		uint64_t off = pawl__longs_off(space->capacity) + (uint64_t)r * sizeof(struct pawl__long);
		struct pawl__long *l;

		rc = pawl__reserve_chunk(space, off);
		if (rc != 0)
			break;
		l = pawl__long_at(space, r);
		rc = ENOSPC;
		if (!l || !get_record(space, member, r, n >= records)) /* I7: a peer has taken the chunk's bit back */
			continue;
		for (uint32_t i = 0; i < sizeof(l->text) / 8; i++)
			PAWL_STORE(&l->text[i], word_of(name, i), RELEASE);          /* TB4 release: pairs with TB3 */
		PAWL_STORE(&l->place, 1 + pawl__place_index(space, place), RELAXED); /* relaxed: under header->longs */
		PAWL__POINT("table/long-written");
		PAWL_STORE(&place->long_name, r + 1, RELEASE); /* TB4 release: pairs with TB3 */
		PAWL__POINT("table/long-linked");
		rc = 0;
		break;
	}
	pawl__robust_give(&space->header->longs, member->me, PAWL__W_FREE);
	return rc;
}

static void raise_floor(struct pawl_space *space, uint64_t grant)
{
	uint64_t floor = PAWL_LOAD(&space->header->floor, RELAXED); /* relaxed: a maximum; the place's word orders it */

	while (floor < grant && !PAWL_CAS(&space->header->floor, &floor, grant, RELAXED)) /* relaxed: as above */
		;
}

/* They were the last name's. */
static void forget_bounds(const struct pawl_space *space, const struct pawl__place *place)
{
	struct pawl__seat *seat = pawl__seat_at(space, pawl__place_index(space, place));

	if (seat)
		PAWL_STORE(&seat->bounds, 0u, RELAXED); /* relaxed: one word, for itself */
}

/* We own the place's lock. Give it to `name`. */
static int fill(struct pawl_space *space, struct pawl__member *member, struct pawl__place *place,
	const struct pawl__name *name, pawl_deadline_t deadline, struct pawl__spot *spot)
{
	uint32_t gen = (pawl__table_gen(place) & ~3u) + 4;
	uint64_t floor;
	int rc = 0;

	raise_floor(space, PAWL_LOAD(&place->lock.grant, RELAXED)); /* relaxed: we own it. I6: before gen moves */
	PAWL__POINT("table/floor-raised");
	/* TB2 release: pairs with TB1: who misses the old name, and makes it anew elsewhere, sees the floor */
	PAWL_STORE(&place->gen, gen | PAWL__PLACE_FILLING, RELEASE);
	PAWL__POINT("table/filling");
	PAWL_STORE(&place->long_name, 0u, RELEASE); /* TB4 release: pairs with TB3: FILLING shows before any of this */
	PAWL__POINT("table/record-forgotten");
	for (uint32_t i = 0; i < sizeof(place->name) / 8; i++)
		PAWL_STORE(&place->name[i], name->length <= PAWL__SHORT_MAX ? word_of(name, i) : 0, RELEASE); /* TB4 */
	PAWL_STORE(&place->hash, name->hash, RELEASE); /* TB4 release: pairs with TB3 */
	PAWL__POINT("table/named");
	if (name->length > PAWL__SHORT_MAX)
		rc = write_long(space, member, place, name, deadline);
	floor = PAWL_LOAD(&space->header->floor, RELAXED);      /* relaxed: our own raise is in it */
	if (PAWL_LOAD(&place->lock.grant, RELAXED) < floor)     /* relaxed: we own it */
		PAWL_STORE(&place->lock.grant, floor, RELAXED); /* relaxed: we own it */
	place->lock.depth = 0;
	place->first_grant = place->lock.grant;
	PAWL_STORE(&place->contended, 0u, RELAXED);   /* relaxed: statistics */
	PAWL_STORE(&place->deaths, 0u, RELAXED);      /* relaxed */
	PAWL_STORE(&place->since_grant, 0u, RELAXED); /* relaxed */
	pawl__figures_forget(space, place);
	PAWL_STORE(&place->mark, PAWL__TOUCHED, RELAXED); /* relaxed: a hint */
	forget_bounds(space, place);
	PAWL__POINT("table/filled");
	spot->index = pawl__place_index(space, place);
	spot->gen = gen | (rc == 0 ? PAWL__PLACE_READY : PAWL__PLACE_GONE);
	/* TB2 release: pairs with TB1 */
	PAWL_STORE(&place->gen, spot->gen, RELEASE);
	PAWL__POINT("table/ready");
	return rc;
}

/* ---- insert ---- */

/* Take the lock of a place that has no name: nobody can be using it, but one who was filling it may have died. */
static bool take_nameless(struct pawl_space *space, struct pawl__member *member, struct pawl__place *place)
{
	struct pawl__taking t = {
		.space = space, .member = member, .lock = &place->lock, .deadline = PAWL_TRY, .auto_recover = true
	};

	if (!pawl_acquired(pawl__robust_take(&t)))
		return false;
	if (!pawl__gen_is_ready(pawl__table_gen(place)))
		return true;
	pawl__robust_give(&place->lock, member->me, PAWL__W_FREE);
	return false;
}

/* No lease, and no request for one, is under way for the name. One that begins now finds a place of another name (term.c). */
static bool is_quiet(const struct pawl_space *space, const struct pawl__place *place)
{
	const struct pawl__seat *seat = pawl__seat_at(space, pawl__place_index(space, place));

	return !seat || PAWL_LOAD(&seat->state, RELAXED) == PAWL__T_NONE; /* relaxed: who owns the slot decides what comes next */
}

/* Take the lock of a place whose name is idle: free, not lingering. No death is consumed here. A turn is free as well: the
 * one it was for may have given up waiting, and then nobody else ever takes it. */
static bool take_idle(struct pawl__member *member, struct pawl__place *place, uint32_t gen, bool spare_touched)
{
	uint32_t mark = PAWL_LOAD(&place->mark, RELAXED);   /* relaxed: hints, and LINGER is checked again */
	uint32_t v = PAWL_LOAD(&place->lock.word, RELAXED); /* relaxed: the CAS decides */

	if (mark & PAWL__LINGER)
		return false;
	if (spare_touched && (mark & PAWL__TOUCHED)) {
		PAWL_FETCH_AND(&place->mark, ~PAWL__TOUCHED, RELAXED); /* relaxed: a hint */
		return false;
	}
	/* RB1 acquire: pairs with RB2 */
	if ((v != PAWL__W_FREE && v != PAWL__W_TURN) || !PAWL_CAS(&place->lock.word, &v, member->me, ACQUIRE))
		return false;
	PAWL__POINT("table/idle-taken");
	/* relaxed: we own it */
	if (pawl__table_gen(place) == gen && !(PAWL_LOAD(&place->mark, RELAXED) & PAWL__LINGER) &&
		is_quiet(member->space, place))
		return true;
	pawl__robust_give(&place->lock, member->me, PAWL__W_FREE);
	return false;
}

enum pass { NAMELESS, UNTOUCHED, ANY_IDLE, PASSES };

static bool take_place(
	struct pawl_space *space, struct pawl__member *member, struct pawl__place *place, uint32_t gen, enum pass pass)
{
	if (pass == NAMELESS)
		return !pawl__gen_is_ready(gen) && take_nameless(space, member, place);
	return pawl__gen_is_ready(gen) && take_idle(member, place, gen, pass == UNTOUCHED);
}

/* The caller holds the name's stripe, and the name is not in the table. */
static int settle(struct pawl_space *space, struct pawl__member *member, const struct pawl__name *name,
	pawl_deadline_t deadline, struct pawl__spot *spot)
{
	for (enum pass pass = NAMELESS; pass < PASSES; pass++)
		for (uint32_t i = 0; i < PAWL__WINDOW; i++) {
			struct pawl__place *place = candidate(space, name, i, spot);
			int rc;

			if (!place) {
				rc = pawl__reserve_chunk(space, PAWL__PLACES_OFF + (uint64_t)spot->index * sizeof(*place));
				if (rc != 0)
					return rc;
				place = candidate(space, name, i, spot);
			}
			if (!place || !take_place(space, member, place, spot->gen, pass)) /* I7: as in write_long */
				continue;
			if (pass != NAMELESS)
				PAWL_FETCH_ADD(&space->header->reclaimed, 1u, RELAXED); /* relaxed: a statistic */
			rc = fill(space, member, place, name, deadline, spot);
			pawl__robust_give(&place->lock, member->me, PAWL__W_FREE);
			return rc;
		}
	return ENOSPC;
}

int pawl__table_insert(struct pawl_space *space, struct pawl__member *member, const struct pawl__name *name,
	pawl_deadline_t deadline, struct pawl__spot *spot)
{
	pawl_robust_t *stripe = &space->header->stripes[name->hash % PAWL__STRIPES];
	int rc = pawl__segment_is_there(space);

	if (rc == 0)
		rc = take_robust(space, member, stripe, deadline);
	if (rc != 0)
		return rc;
	PAWL__POINT("table/stripe");
	rc = pawl__table_find(space, name, spot);
	if (rc != 0)
		rc = settle(space, member, name, deadline, spot);
	if (rc == 0 && space->office)
		rc = pawl__reserve_chunk(
			space, pawl__seats_off(space->capacity) + (uint64_t)spot->index * sizeof(struct pawl__seat));
	pawl__robust_give(stripe, member->me, PAWL__W_FREE);
	return rc;
}
