/* SPDX-License-Identifier: BSD-2-Clause */
/** lock.c: what is known of a lock. A list shows all its places as of one revision; the stream tells of every change after that, so
 * the two together are what etcd has, a moment ago. A list is only good if no event of a later revision has come before it.
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

void lock_doubt(struct lock *l)
{
	l->n = 0;
	l->listed = l->noted = 0;
	l->holder = (struct spot){ 0 };
}

void lock_drop(struct etcd *e, struct lock *l)
{
	free(l->name);
	free(l->spots);
	names_drop(&e->locks, l);
}

/* ---- its places ---- */

static bool add(struct lock *l, const struct spot *spot)
{
	struct spot *more;

	if (l->n == l->room) {
		more = realloc(l->spots, (l->room + 16) * 2 * sizeof(*more));
		if (!more)
			return false;
		l->spots = more;
		l->room = (l->room + 16) * 2;
	}
	l->spots[l->n++] = *spot;
	return true;
}

static struct spot *find(const struct lock *l, int64_t lease, const char *place)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->spots[i].lease == lease && strcmp(l->spots[i].place, place) == 0)
			return &l->spots[i];
	return NULL;
}

static void take_out(struct lock *l, struct spot *spot)
{
	if (spot)
		*spot = l->spots[--l->n];
}

static struct spot spot_of(const struct keyed *k, const struct kv *kv)
{
	struct spot s = { .created = kv->created, .lease = k->lease };

	strcpy(s.place, k->place);
	return s;
}

/* Of protocol=key: the value tells whose it is. */
static struct spot holder_of(const struct etcd *e, const struct kv *kv)
{
	struct spot s = { .created = kv->created };
	uint64_t req;

	if (keys_whose(e, kv->value, s.place, &req) && kv->lease == e->saved.lease)
		s.lease = kv->lease;
	return s;
}

/* A key without its lease, put there by hand, is nobody's place. */
static bool is_spot(const struct etcd *e, const struct keyed *k, const struct kv *kv)
{
	enum part part = e->options.protocol == KEY ? WAIT : PLACE;

	return k->part == part && k->lease == kv->lease;
}

static void note_it(struct lock *l, const struct kv *kv)
{
	l->noted = kv->changed;
	strcpy(l->note, kv->value);
}

/* What a list tells of one place. False: no memory. */
static bool list_one(struct etcd *e, struct lock *l, const json_t *one)
{
	struct keyed k;
	struct kv kv;
	struct spot s;

	if (!wire_kv(one, &kv) || !keys_read(e, kv.key, &k) || !is_spot(e, &k, &kv) || strcmp(k.base, l->head.name) != 0)
		return true;
	s = spot_of(&k, &kv);
	return add(l, &s);
}

bool lock_list(struct etcd *e, struct lock *l, const json_t *kvs, const struct kv *key, const struct kv *note, int64_t revision)
{
	if (revision < l->seen || revision < l->listed)
		return l->listed != 0; /* what is known is newer */
	lock_doubt(l);
	for (size_t i = 0; i < json_array_size(kvs); i++)
		if (!list_one(e, l, json_array_get(kvs, i)))
			return false;
	if (e->options.protocol == KEY && key->created)
		l->holder = holder_of(e, key);
	note_it(l, note);
	l->listed = revision;
	return true;
}

/* ---- events ---- */

static bool place_event(struct etcd *e, struct lock *l, const struct keyed *k, const struct kv *kv, bool deleted)
{
	struct spot s = spot_of(k, kv);

	if (k->part == PLACE && e->options.protocol == KEY) {
		l->holder = deleted ? (struct spot){ 0 } : holder_of(e, kv);
		return true;
	}
	take_out(l, find(l, k->lease, k->place));
	return deleted || !is_spot(e, k, kv) || add(l, &s);
}

bool lock_event(struct etcd *e, struct lock *l, const struct keyed *k, const struct kv *kv, bool deleted)
{
	if (kv->changed > l->seen)
		l->seen = kv->changed;
	if (l->listed == 0 || kv->changed <= l->listed)
		return true;
	if (k->part == PLACE || k->part == WAIT)
		return place_event(e, l, k, kv, deleted);
	if (k->part == OWNER)
		note_it(l, deleted ? &(struct kv){ 0 } : kv);
	return true;
}

/* ---- questions ---- */

const struct spot *lock_own(const struct etcd *e, const struct ask *a)
{
	const struct lock *l = a->lock;

	if (e->options.protocol != KEY)
		return find(l, e->saved.lease, a->head.place);
	return l->holder.lease == e->saved.lease && strcmp(l->holder.place, a->head.place) == 0 ? &l->holder : NULL;
}

bool lock_is_first(const struct etcd *e, const struct ask *a)
{
	const struct spot *own = lock_own(e, a);

	if (!own || e->options.protocol == KEY)
		return own;
	for (size_t i = 0; i < a->lock->n; i++)
		if (a->lock->spots[i].created < own->created)
			return false;
	return true;
}

void lock_leave(const struct etcd *e, const struct ask *a)
{
	if (e->options.protocol != KEY)
		take_out(a->lock, find(a->lock, e->saved.lease, a->head.place));
	else if (lock_own(e, a))
		a->lock->holder = (struct spot){ 0 };
}

int64_t lock_last_behind(const struct etcd *e, const struct ask *a)
{
	const struct spot *own = find(a->lock, e->saved.lease, a->head.place);
	int64_t last = 0;

	for (size_t i = 0; i < a->lock->n; i++)
		if (&a->lock->spots[i] != own && a->lock->spots[i].created > last)
			last = a->lock->spots[i].created;
	return last;
}
