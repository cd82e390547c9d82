/* SPDX-License-Identifier: BSD-2-Clause */
/** info.c: looking at locks and spaces. Loads only: takes nothing, recovers nothing, wakes nobody. (A probe that took the
 * lock would eat the notice of its owner's death.)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pawl/lock.h>

#include "core/cancel.h"
#include "remote/office.h"
#include "space/figures.h"
#include "space/handle.h"
#include "space/linger.h"
#include "space/live.h"
#include "space/segment.h"
#include "space/table.h"

/* ---- one lock ---- */

static bool is_waiting_for(const struct pawl_space *space, uint32_t s, const struct pawl__slot *slot, uint32_t place)
{
	return slot && PAWL_LOAD(&slot->waiting_place, RELAXED) == place + 1 && /* relaxed: for people, as all here */
	       !pawl__live_is_vacant(space, s);
}

static void look_at_waiters(const struct pawl_space *space, uint32_t place, uint64_t grant, pawl_lock_info_t *info)
{
	uint32_t n = PAWL_LOAD(&space->header->slots_ready, ACQUIRE); /* LV1 acquire: pairs with LV2 */

	for (uint32_t s = 1; s < n; s++) {
		struct pawl__slot *slot = pawl__slot_at(space, s);
		int64_t since;

		if (!is_waiting_for(space, s, slot, place))
			continue;
		info->waiters++;
		since = PAWL_LOAD(&slot->waiting_since_ns, RELAXED); /* relaxed: for people */
		/* It found the present owner there when it began to wait: a bound on how long the owner has had it. */
		if (PAWL_LOAD(&slot->waiting_grant, RELAXED) == (uint32_t)grant && /* relaxed: for people */
			(info->since_ns == 0 || (info->since_is_estimate && since < info->since_ns))) {
			info->since_ns = since;
			info->since_is_estimate = true;
		}
	}
}

static int64_t read_since(const struct pawl__place *place, uint64_t grant)
{
	for (int tries = 0; tries < 100; tries++) { /* bounded: the writer may have been killed half-way */
		unsigned version = PAWL_LOAD(&place->since_sequence.sequence, RELAXED); /* relaxed: ck's fence follows */
		int64_t since;
		uint32_t of;

		if (version & 1)
			continue;
		ck_pr_fence_load();
		since = PAWL_LOAD(&place->since_ns, RELAXED); /* relaxed: inside ck_sequence */
		of = PAWL_LOAD(&place->since_grant, RELAXED); /* relaxed: inside ck_sequence */
		if (!ck_sequence_read_retry(&place->since_sequence, version))
			return of == (uint32_t)grant ? since : 0;
	}
	return 0;
}

static void look_at_owner(const struct pawl_space *space, uint32_t index, uint32_t word, pawl_lock_info_t *info)
{
	const struct pawl__seat *seat = pawl__seat_at(space, index);
	struct pawl__who who;
	uint32_t token;
	bool alive = pawl__live_is_alive(space, word, &token);
	struct pawl__slot *slot = pawl__slot_at(space, pawl__word_slot(word));

	info->asking = seat && pawl__seat_is_asking(seat, pawl__word_id(word));
	info->state = alive ? PAWL_STATE_HELD : info->asking ? PAWL_STATE_FREE : PAWL_STATE_DEAD;
	if (!alive && info->asking) { /* who died waiting was never in: there is nothing to tell of it */
		info->asking = false;
		return;
	}
	info->inconsistent = word & PAWL__W_INCONS;
	/* LV5 acquire: pairs with LV6: has the slot been given to another thread since? Then nobody knows the owner's name */
	if (!slot || !pawl__live_who(space, pawl__word_slot(word), &who) ||
		PAWL_LOAD(&slot->state, ACQUIRE) >> 2 != pawl__word_inc(word))
		return;
	info->member = pawl__word_slot(word);
	info->pid = who.pid;
	info->tid = who.tid;
	info->foreign_pid = who.pid_ns != pawl__live_pid_namespace();
	memcpy(info->command, who.command, sizeof(info->command));
}

static void look_at_state(struct pawl_space *space, uint32_t index, const struct pawl__place *place, uint32_t word,
	pawl_lock_info_t *info)
{
	uint32_t mark = PAWL_LOAD(&place->mark, RELAXED); /* relaxed: for people */

	switch (pawl__word_kind(word)) {
	case PAWL__FREE:
	case PAWL__TURN:
		info->state = PAWL_STATE_FREE;
		break;
	case PAWL__POISON:
		info->state = PAWL_STATE_POISONED;
		break;
	case PAWL__ORPHAN:
		info->state = PAWL_STATE_DEAD;
		break;
	case PAWL__OWNED:
		look_at_owner(space, index, word, info);
	}
	if ((mark & PAWL__LINGER) && info->state != PAWL_STATE_POISONED &&
		(info->state != PAWL_STATE_HELD || (mark & PAWL__AWAIT)) && pawl__linger_is_held(space, index))
		info->state = PAWL_STATE_LINGERING;
}

PAWL_STATIC_ASSERT((int)PAWL_TENURE_DROPPING == (int)PAWL__T_DROPPING, "the same states in the same order");

static void look_at_tenure(const struct pawl_space *space, uint32_t index, pawl_lock_info_t *info)
{
	const struct pawl__seat *seat = pawl__seat_at(space, index);
	int64_t revoked_at;

	info->remote = space->office != NULL;
	if (!seat)
		return;
	/* relaxed, all of it: for people */
	info->tenure = PAWL_LOAD(&seat->state, RELAXED) % PAWL__T_STATES;
	info->fence.hi = PAWL_LOAD(&seat->hi, RELAXED);                        /* relaxed: as above */
	info->good_until_ns = PAWL_LOAD(&seat->until, RELAXED);                /* relaxed: as above */
	revoked_at = PAWL_LOAD(&pawl__seat_tenure(seat)->revoked_at, RELAXED); /* relaxed: as above */
	info->revoked = info->tenure == PAWL_TENURE_HELD && revoked_at != 0;
	if (info->tenure == PAWL_TENURE_HELD) /* relaxed: as above */
		info->handoffs = (uint32_t)info->fence.lo - PAWL_LOAD(&pawl__seat_tenure(seat)->first_grant, RELAXED);
}

/* False: the place has no name, or is changing it. */
static bool look(struct pawl_space *space, struct pawl__spot spot, pawl_lock_info_t *info)
{
	const struct pawl__place *place = pawl__place_at(space, spot.index);
	uint64_t grant;
	uint32_t word;

	memset(info, 0, sizeof(*info));
	if (!place || !pawl__table_name(space, spot, info->name))
		return false;
	word = PAWL_LOAD(&place->lock.word, ACQUIRE);   /* RB3 acquire, as in wait.c */
	grant = PAWL_LOAD(&place->lock.grant, RELAXED); /* relaxed: for people */
	look_at_state(space, spot.index, place, word, info);
	info->fence.lo = grant;
	look_at_tenure(space, spot.index, info);
	info->grants = grant - place->first_grant;
	info->contended = PAWL_LOAD(&place->contended, RELAXED); /* relaxed: statistics */
	info->deaths = PAWL_LOAD(&place->deaths, RELAXED);       /* relaxed */
	pawl__figures_read(space, spot.index, info);
	if (info->state == PAWL_STATE_HELD)
		info->since_ns = read_since(place, grant);
	if (word & PAWL__W_WAITERS || info->state == PAWL_STATE_LINGERING)
		look_at_waiters(space, spot.index, grant, info);
	return pawl__table_gen(place) == spot.gen;
}

int pawl_lock_peek(pawl_space_t *space, const char *text, pawl_lock_info_t *info)
{
	struct pawl__name name;
	struct pawl__spot spot;
	int cancel, rc;

	if (!space || !info)
		return EINVAL;
	rc = pawl__name_read(text, &name);
	if (rc != 0)
		return rc;
	cancel = pawl__cancel_off();
	do {
		rc = pawl__table_find(space, &name, &spot);
	} while (rc == 0 && !look(space, spot, info));
	pawl__cancel_back(cancel);
	return rc;
}

int pawl_lock_info(pawl_lock_t *lock, pawl_lock_info_t *info)
{
	return lock ? pawl_lock_peek(lock->space, lock->text, info) : EINVAL;
}

int pawl_lock_list(pawl_space_t *space, int (*each)(const pawl_lock_info_t *info, void *arg), void *arg)
{
	const struct pawl__place *place;
	pawl_lock_info_t info;
	int rc = 0;

	if (!space || !each)
		return EINVAL;
	for (uint32_t i = 0; rc == 0 && (place = pawl__place_from(space, &i)); i++) {
		struct pawl__spot spot = { .index = i, .gen = pawl__table_gen(place) };

		if (pawl__gen_is_ready(spot.gen) && look(space, spot, &info))
			rc = each(&info, arg);
	}
	return rc;
}

const char *pawl_lock_state_name(pawl_lock_state_t state)
{
	static const char *const names[] = { "free", "held", "dead", "poisoned", "lingering" };

	return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

const char *pawl_tenure_name(pawl_tenure_t tenure)
{
	return pawl__tenure_state_name(tenure);
}

/* ---- one space ---- */

static uint32_t count_names(const struct pawl_space *space)
{
	const struct pawl__place *place;
	uint32_t n = 0;

	for (uint32_t i = 0; (place = pawl__place_from(space, &i)); i++)
		n += pawl__gen_is_ready(pawl__table_gen(place));
	return n;
}

static int32_t keeper_pid(const struct pawl_space *space)
{
	uint32_t word = PAWL_LOAD(&space->office->keeper.word, ACQUIRE), token; /* RB3 acquire, as in wait.c */
	struct pawl__who who;

	return pawl__word_kind(word) == PAWL__OWNED && pawl__live_is_alive(space, word, &token) &&
			       pawl__live_who(space, pawl__word_slot(word), &who)
		       ? who.pid
		       : 0;
}

int pawl_space_remote(pawl_space_t *space, pawl_remote_info_t *info)
{
	const struct pawl__office *office;

	if (!space || !info)
		return EINVAL;
	*info = (pawl_remote_info_t){ .up = false };
	office = space->office;
	if (!office)
		return 0;
	snprintf(info->url, sizeof(info->url), "%s", space->shown_url);
	snprintf(info->host, sizeof(info->host), "%.*s", (int)sizeof(info->host) - 1, space->host);
	pawl__office_reason(office, info->reason);
	info->up = PAWL_LOAD(&office->up, RELAXED);         /* relaxed: for people, all of these */
	info->term = PAWL_LOAD(&office->term, RELAXED);     /* relaxed */
	info->losses = PAWL_LOAD(&office->losses, RELAXED); /* relaxed */
	info->ttl_ns = space->rules.ttl;
	info->keeper_pid = keeper_pid(space);
	return 0;
}

int pawl_space_stats(pawl_space_t *space, pawl_space_stats_t *stats)
{
	struct pawl__header *h;

	if (!space || !stats)
		return EINVAL;
	h = space->header;
	*stats = (pawl_space_stats_t){
		.capacity = space->capacity,
		.names = count_names(space),
		.joins = PAWL_LOAD(&h->joins, RELAXED),                         /* relaxed: statistics, all of these */
		.recovered = PAWL_LOAD(&h->recovered, RELAXED),                 /* relaxed */
		.reclaimed = PAWL_LOAD(&h->reclaimed, RELAXED),                 /* relaxed */
		.rescued_by_slice = PAWL_LOAD(&h->rescued_by_slice, RELAXED),   /* relaxed */
		.persistent = PAWL_LOAD(&h->flags, RELAXED) & PAWL__PERSISTENT, /* relaxed */
		.removed = pawl__segment_is_there(space) == EIDRM,
	};
	for (uint32_t s = 1; pawl__slot_at(space, s); s++)
		stats->threads += !pawl__live_is_vacant(space, s);
	return 0;
}
