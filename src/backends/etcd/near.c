/* SPDX-License-Identifier: BSD-2-Clause */
/** near.c: our place, the one in front of it and the one behind: as an answer shows them, and the events since.
 *
 * Places are made at the end and only ever taken out. So nobody comes between us and who is in front of us: if that one goes,
 * somebody else is there, or nobody, and that has to be looked at. And who is behind us is the first one to come after ours
 * was the last; if that one goes, nobody knows who is next, until the next look.
 */
#include "backends/etcd/etcd.h"

#include <string.h>

#include "backends/etcd/keys.h"

void near_doubt(struct ask *a)
{
	a->own = a->own_at = 0;
	a->known = false;
	a->before = a->next = (struct spot){ 0 };
	a->lost = true;
}

bool near_is_first(const struct etcd *e, const struct ask *a)
{
	return a->own && (e->options.protocol == KEY || a->before.created == 0);
}

bool near_is_contended(const struct ask *a)
{
	return a->next.created != 0 || a->lost;
}

/* ---- our own ---- */

static void set_own(struct ask *a, int64_t created, int64_t revision)
{
	if (revision < a->own_at)
		return;
	if (created != a->own) {
		a->before = a->next = (struct spot){ 0 };
		a->gone = a->lost = false; /* a new key is the last */
	}
	a->own = created;
	a->own_at = revision;
}

/* Of protocol=key the value tells whose it is. */
static bool is_own(const struct etcd *e, const struct ask *a, const struct kv *kv)
{
	char place[8];
	uint64_t req;

	if (kv->lease != e->saved.lease)
		return false;
	return e->options.protocol != KEY || (keys_whose(e, kv->value, place, &req) && strcmp(place, a->head.place) == 0);
}

void near_own(const struct etcd *e, struct ask *a, const struct kv *key, int64_t revision)
{
	int64_t was = a->own;

	set_own(a, is_own(e, a, key) ? key->created : 0, revision);
	a->lost |= a->own != was; /* an event may have told of who is behind us while ours was not known */
}

/* ---- answers ---- */

static bool read_spot(struct etcd *e, const struct ask *a, const json_t *one, struct spot *s, char value[WIRE_VALUE])
{
	struct keyed k;
	struct kv kv;

	if (!wire_kv(one, &kv) || !keys_read(e, kv.key, &k) || !lock_has(e, a->lock, &k, &kv))
		return false;
	*s = (struct spot){ .created = kv.created, .lease = k.lease };
	strcpy(s->place, k.place);
	strcpy(value, kv.value);
	return true;
}

struct around {
	struct spot before, next;
	char heir[WIRE_VALUE];
	bool met;       /* ours */
	bool strangers; /* keys of no place of this lock */
};

/* From the last one back to the one in front of ours, or, if ours is not there, to the last. */
static void go_back(struct etcd *e, const struct ask *a, const json_t *back, struct around *w)
{
	char value[WIRE_VALUE];
	struct spot s;

	for (size_t i = 0; i < json_array_size(back) && w->before.created == 0; i++)
		if (!read_spot(e, a, json_array_get(back, i), &s, value))
			w->strangers = true;
		else if (a->own && s.created > a->own)
			w->next = s;
		else if (a->own && s.created == a->own)
			w->met = true;
		else
			w->before = s;
}

static void go_on(struct etcd *e, const struct ask *a, const json_t *next, struct around *w)
{
	for (size_t i = 0; i < json_array_size(next) && w->next.created == 0; i++)
		if (!read_spot(e, a, json_array_get(next, i), &w->next, w->heir))
			w->strangers = true;
}

/* Those that wait for a key have nothing else in common. */
static void find_waiter(struct etcd *e, const struct ask *a, const json_t *all, struct around *w)
{
	char value[WIRE_VALUE];
	struct spot s;

	for (size_t i = 0; i < json_array_size(all); i++)
		if (!read_spot(e, a, json_array_get(all, i), &s, value))
			w->strangers = true;
		else if (s.lease != e->saved.lease)
			w->next = s;
}

/* Whoever has come since that answer has been heard of. */
static void take_next(struct ask *a, const struct around *w, int64_t revision)
{
	if (w->next.created) {
		a->next = w->next;
		a->lost = revision < a->lock->gone_at;
		strcpy(a->heir, w->heir);
	} else {
		if (a->next.created <= revision)
			a->next = (struct spot){ 0 };
		a->lost = a->lost && revision < a->lock->seen;
	}
}

void near_saw(struct etcd *e, struct ask *a, const json_t *back, const json_t *next, int64_t revision)
{
	struct around w = { 0 };
	bool is_key = e->options.protocol == KEY;

	if (is_key)
		find_waiter(e, a, back, &w);
	else
		go_back(e, a, back, &w);
	if (w.next.created == 0 && !is_key)
		go_on(e, a, next, &w);
	a->known = (!w.strangers || a->lock->crowded) && (is_key || !a->own || w.met);
	a->lock->crowded = w.strangers;
	if (!is_key) {
		a->before = w.before;
		a->gone = w.before.created && revision < a->lock->gone_at;
	}
	take_next(a, &w, revision);
}

/* ---- events ---- */

static bool is_of(const struct spot *s, const struct keyed *k, const struct kv *kv)
{
	return s->created != 0 && s->created < kv->changed && s->lease == k->lease && strcmp(s->place, k->place) == 0;
}

static void come(const struct etcd *e, struct ask *a, const struct keyed *k, const struct kv *kv)
{
	if (a->own == 0 || a->next.created || a->lost || (e->options.protocol != KEY && kv->created < a->own))
		return;
	a->next = (struct spot){ .created = kv->created, .lease = k->lease };
	strcpy(a->next.place, k->place);
	strcpy(a->heir, kv->value);
}

static void other_event(const struct etcd *e, struct ask *a, const struct keyed *k, const struct kv *kv, bool gone)
{
	if (!gone)
		come(e, a, k, kv);
	if (gone && is_of(&a->before, k, kv))
		a->gone = true;
	if (gone && is_of(&a->next, k, kv)) {
		a->next = (struct spot){ 0 };
		a->lost = true;
	}
}

void near_event(const struct etcd *e, struct ask *a, const struct keyed *k, const struct kv *kv, bool deleted)
{
	bool is_key = e->options.protocol == KEY, there = !deleted && lock_has(e, a->lock, k, kv);

	if (is_key && k->part == PLACE)
		set_own(a, !deleted && is_own(e, a, kv) ? kv->created : 0, kv->changed);
	else if (k->lease != e->saved.lease || (!is_key && strcmp(k->place, a->head.place) != 0))
		other_event(e, a, k, kv, !there);
	else if (!is_key)
		set_own(a, there ? kv->created : 0, kv->changed);
}
