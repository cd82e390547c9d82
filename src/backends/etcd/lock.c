/* SPDX-License-Identifier: BSD-2-Clause */
/** lock.c: what is known of a lock: of each key that matters, by the answer or the event with the largest revision. Places are known
 * to those next to them only (near.c): what that costs does not depend on how many there are.
 */
#include "backends/etcd/etcd.h"

#include <stdlib.h>
#include <string.h>

#include "backends/etcd/keys.h"

struct lock *lock_get(struct etcd *e, const char *name)
{
	char base[WIRE_KEY];
	struct lock *l = keys_base(e, name, base) ? names_get(&e->locks, base, "", sizeof(*l)) : NULL;

	if (l && !l->name)
		l->name = strdup(name);
	if (l && !l->name) {
		names_drop(&e->locks, l);
		return NULL;
	}
	return l;
}

void lock_doubt(struct lock *l, int64_t revision)
{
	l->held = false;
	l->noted = l->noted_at = l->held_at = 0;
	l->seen = l->gone_at = revision; /* what happened up to then may not have been heard */
	for (struct ask *a = l->asks; a; a = a->sibling)
		near_doubt(a);
}

void lock_drop(struct etcd *e, struct lock *l)
{
	free(l->name);
	names_drop(&e->locks, l);
}

/* ---- its keys ---- */

bool lock_has(const struct etcd *e, const struct lock *l, const struct keyed *k, const struct kv *kv)
{
	enum part part = e->options.protocol == KEY ? WAIT : PLACE;

	return k->part == part && k->lease == kv->lease && strcmp(k->base, l->head.name) == 0;
}

static void note_it(struct lock *l, const struct kv *kv, int64_t revision)
{
	if (revision < l->noted_at)
		return;
	l->noted_at = revision;
	l->noted = kv->changed;
	strcpy(l->note, kv->value);
}

static void hold_it(struct lock *l, bool held, int64_t revision)
{
	if (revision < l->held_at)
		return;
	l->held_at = revision;
	l->held = held;
}

void lock_saw(struct lock *l, const struct kv *key, const struct kv *note, int64_t revision)
{
	hold_it(l, key->created, revision);
	note_it(l, note, revision);
}

/* ---- events ---- */

static void place_event(struct etcd *e, struct lock *l, const struct keyed *k, const struct kv *kv, bool deleted)
{
	l->seen = kv->changed;
	if (deleted || !lock_has(e, l, k, kv))
		l->gone_at = kv->changed;
	for (struct ask *a = l->asks; a; a = a->sibling)
		near_event(e, a, k, kv, deleted);
}

void lock_event(struct etcd *e, struct lock *l, const struct keyed *k, const struct kv *kv, bool deleted)
{
	static const struct kv none;

	if (k->part == OWNER)
		note_it(l, deleted ? &none : kv, kv->changed);
	else if (k->part == PLACE && e->options.protocol == KEY)
		hold_it(l, !deleted, kv->changed);
	if (k->part == PLACE || k->part == WAIT)
		place_event(e, l, k, kv, deleted);
}
