/* SPDX-License-Identifier: BSD-2-Clause */
/** heir.c: what etcd has of ours though nobody here asked for it: places that the keeper before us took, which ours is told of, so
 * that it gives back what it does not know; places that were lost while there was no keeper; and what was finished, which is
 * to be remembered for ten times to live, and then no longer.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/etcd/etcd.h"
#include "backends/etcd/keys.h"

enum { TIMES_TO_LIVE = 10, AT_ONCE = 60 }; /* etcd takes 128 operations in a transaction, unless told otherwise */

void heir_found(struct etcd *e, const struct keyed *k)
{
	char name[WIRE_KEY];
	struct ask *a = k->part == PLACE || k->part == DONE
				? (keys_name(e, k->base, name) ? ask_get(e, name, k->place) : NULL)
				: NULL;

	if (!a)
		return;
	if (k->part == DONE && a->done_at == 0)
		a->done_at = pawl_remote_now();
	if (k->part == PLACE && !a->jobs && a->state == IDLE)
		ask_push(e, a, (struct job){ .kind = LOOK });
}

/* ---- lost meanwhile ---- */

/* What stood in a key before it went: whose place was it, of which request? */
static void on_last_words(void *owner, void *who, const struct answer *answer)
{
	struct etcd *e = owner;
	struct ask *a = who;
	char place[8];
	struct kv kv;
	uint64_t req;

	if (session_minds(e, answer))
		return;
	if (answer->code) /* compacted: nobody knows any more what was lost */
		session_anew(e);
	else if (wire_kv(json_array_get(json_object_get(answer->json, "kvs"), 0), &kv) && kv.lease == e->saved.lease &&
		 keys_whose(e, kv.value, place, &req) && strcmp(place, a->head.place) == 0 && a->state == IDLE)
		say_of(e, a, PAWL_REMOTE_LOST, req);
}

void heir_mourns(struct etcd *e, const char *key, const struct keyed *k, int64_t changed)
{
	char name[WIRE_KEY];
	struct ask *a;

	if (!keys_name(e, k->base, name) || names_find(&e->asks, name, k->place))
		return;
	a = ask_get(e, name, k->place);
	if (a) {
		a->done_at = pawl_remote_now();
		http_post(&e->http, "kv/range", wire_range(key, changed - 1), on_last_words, a, false);
	}
}

/* ---- forgetting ---- */

struct forgetting {
	struct etcd *etcd;
	json_t *conditions, *deletes;
	size_t n;
	int64_t before;
};

static void unlink_from_lock(struct etcd *e, struct ask *a)
{
	struct ask **at = &a->lock->asks;

	while (*at != a)
		at = &(*at)->sibling;
	*at = a->sibling;
	if (!a->lock->asks && !a->lock->changed)
		lock_drop(e, a->lock);
}

static bool add_delete(struct forgetting *f, const struct ask *a)
{
	char key[WIRE_KEY], value[WIRE_VALUE];
	json_t *op;

	keys_done(f->etcd, a, key);
	keys_number(a->done, value);
	if (a->done != 0 && json_array_append_new(f->conditions, wire_equal(key, value)) != 0)
		return false;
	op = wire_delete(key);
	return op && json_array_append_new(f->deletes, op) == 0;
}

static void forget(void *ask, void *arg)
{
	struct forgetting *f = arg;
	struct ask *a = ask;

	if (a->state != IDLE || a->jobs || a->ready || a->done_at == 0 || a->done_at > f->before || f->n == AT_ONCE ||
		a->called || !add_delete(f, a))
		return;
	f->n++;
	http_forget(&f->etcd->http, a); /* the last words of its key */
	unlink_from_lock(f->etcd, a);
	names_drop(&f->etcd->asks, a);
}

static void on_forgotten(void *owner, void *who, const struct answer *answer)
{
	(void)who;
	session_minds(owner, answer); /* refused: they go with the lease */
}

void heir_forgets(struct etcd *e)
{
	struct forgetting f = { .etcd = e,
		.conditions = wire_none(),
		.deletes = wire_none(),
		.before = pawl_remote_now() - TIMES_TO_LIVE * e->config->ttl_ns };

	if (f.conditions && f.deletes)
		names_each(&e->asks, forget, &f);
	if (f.n > 0)
		http_post(&e->http, "kv/txn", wire_transaction(wire_if(f.conditions, f.deletes, wire_none())),
			on_forgotten, e, false);
	else {
		json_decref(f.conditions);
		json_decref(f.deletes);
	}
}
