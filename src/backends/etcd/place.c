/* SPDX-License-Identifier: BSD-2-Clause */
/** place.c: our place in a lock: what it is found to be, by an answer or an event, and what the keeper is told of that.
 *
 *   IDLE      none that anybody asked for       QUEUED   waits; hi is 0 while there is no key      GRANTED
 *
 * Unasked, from an event: our key has gone: LOST. We are the first: CONFIRM, unless the owner has made us his heir: GRANTED. Somebody
 * is behind us: CONTENDED. protocol=key: the
 * key has gone: ACQUIRE. A key of ours that nobody asked for: LOOK.
 */
#include <stddef.h>
#include <string.h>

#include "backends/etcd/etcd.h"
#include "backends/etcd/keys.h"

static answer_t on_call;

/* ---- what is said ---- */

void place_rest(struct etcd *e, struct ask *a)
{
	a->state = IDLE;
	a->hi = 0;
	a->told = false;
	if (a->called)
		e->calls--;
	a->called = a->returned = a->answers = a->behind = false;
	http_forget(&e->http, &a->called);
}

/* Somebody may wait whom nobody can see: of protocol=v3lock also whoever had the lock before us, and wants it again, until the server
 * has put his key there. To a waiter whose key is new the server listens but each 100 ms, so one of two hosts is granted the lock at
 * once when the other one gives it back, each time, and would keep it for as long as that one is not seen, too. */
static bool is_contended(const struct etcd *e, const struct ask *a)
{
	return e->options.blind || a->behind || near_is_contended(a);
}

static void say_granted(struct etcd *e, struct ask *a)
{
	a->told = near_is_contended(a);
	say(e, &(pawl_remote_event_t){ .what = PAWL_REMOTE_GRANTED,
		       .name = a->head.name,
		       .place = a->head.place,
		       .req = a->req,
		       .hi = (uint64_t)a->hi,
		       .deadline_ns = e->alive_until,
		       .contended = is_contended(e, a),
		       .owner_died = a->died });
}

static void say_queued(struct etcd *e, const struct ask *a)
{
	say(e, &(pawl_remote_event_t){
		       .what = PAWL_REMOTE_QUEUED, .name = a->head.name, .place = a->head.place, .req = a->req, .hint_ns = e->span });
}

void place_lose(struct etcd *e, struct ask *a)
{
	uint64_t req = a->req;

	place_rest(e, a);
	say_of(e, a, PAWL_REMOTE_LOST, req);
}

/* ---- where we are ---- */

/* Whose is the key? 0: a stranger's, or nobody knows. */
uint64_t place_request(const struct etcd *e, const struct ask *a, const struct kv *key)
{
	char place[8];
	uint64_t req;

	if (key->lease != e->saved.lease || !keys_whose(e, key->value, place, &req) || strcmp(place, a->head.place) != 0)
		return 0;
	return req;
}

/* Is the owner that is written down we, with this request? */
static bool is_owner(const struct etcd *e, struct ask *a)
{
	char well[WIRE_VALUE], died[WIRE_VALUE];

	keys_mine_owner(e, a, a->req, false, well);
	keys_mine_owner(e, a, a->req, true, died);
	a->died = strcmp(a->lock->note, died) == 0;
	return a->died || strcmp(a->lock->note, well) == 0;
}

/* If the one in front of us has gone, that is for etcd to see. */
bool place_may_confirm(const struct etcd *e, const struct ask *a)
{
	if (e->options.protocol == V3LOCK && !a->returned)
		return false;
	return near_is_first(e, a) || (a->gone && !a->lock->crowded);
}

static void grant(struct etcd *e, struct ask *a)
{
	a->state = GRANTED;
	say_granted(e, a);
}

void place_granted(struct etcd *e, struct ask *a)
{
	grant(e, a);
	ask_pop(e, a);
}

/* The server itself queues us up, and answers when we are the first: we look then. */
static void call(struct etcd *e, struct ask *a)
{
	char from[WIRE_KEY], to[WIRE_KEY];

	if (e->options.protocol != V3LOCK || a->called || a->returned || e->calls >= PATIENT_MOST)
		return;
	keys_range(e, a, from, to);
	from[strlen(from) - 1] = '\0';
	a->called = http_post(&e->http, "lock/lock", wire_lock(from, e->saved.lease), on_call, &a->called, true);
	e->calls += a->called;
	a->behind |= a->before.created != 0;
}

void place_queued(struct etcd *e, struct ask *a)
{
	call(e, a); /* if no connection of ours waits for it: that of before was cut, perhaps */
	say_queued(e, a);
	ask_pop(e, a);
}

/* Our key is there, of this request. The job goes on, or is done. */
void place_settle(struct etcd *e, struct ask *a)
{
	bool was = a->state != IDLE, owner = is_owner(e, a) && (near_is_first(e, a) || a->gone);

	if (!a->known) {
		request_look(e, a);
		return;
	}
	if (a->state == IDLE)
		a->state = QUEUED;
	if (owner && a->state == GRANTED && !ask_is_told(a->jobs)) {
		ask_pop(e, a);
	} else if (owner) {
		place_granted(e, a);
	} else if (place_may_confirm(e, a)) {
		request_confirm(e, a);
	} else if (a->called && near_is_first(e, a) && a->jobs->kind == PAWL_REMOTE_ACQUIRE) {
		a->answers = true; /* the server will return at once */
	} else if (ask_is_told(a->jobs) || !was) {
		place_queued(e, a);
	} else {
		call(e, a);
		ask_pop(e, a);
	}
}

static void on_call(void *owner, void *who, const struct answer *answer)
{
	struct etcd *e = owner;
	struct ask *a = (struct ask *)(void *)((char *)who - offsetof(struct ask, called));

	e->calls--;
	a->called = false;
	if (session_minds(e, answer))
		return;
	a->returned = answer->json;
	if (!a->answers) {
		ask_push(e, a, (struct job){ .kind = LOOK });
		return;
	}
	a->answers = false;
	if (answer->code)
		ask_unknown(e, a, answer->reason);
	else
		request_look(e, a);
}

/* Not there, or somebody else's: of protocol=key, or before the server has put it there, perhaps as the first. */
void place_outside(struct etcd *e, struct ask *a, uint64_t req)
{
	if (!a->known) {
		request_look(e, a);
		return;
	}
	a->req = req;
	a->hi = 0;
	a->state = QUEUED;
	call(e, a);
	a->answers = a->called && a->before.created == 0;
	if (!a->answers)
		place_queued(e, a);
}

void place_late(struct etcd *e, struct ask *a, uint64_t req)
{
	if (a->req <= req)
		place_rest(e, a);
	say_of(e, a, PAWL_REMOTE_LOST, req);
	ask_pop(e, a);
}

/* ---- what follows from events ---- */

static void judge_outside(struct etcd *e, struct ask *a)
{
	if (e->options.protocol == KEY && a->state == QUEUED && !a->lock->held)
		ask_push(e, a, (struct job){ .kind = PAWL_REMOTE_ACQUIRE, .req = a->req });
	else if (a->own)
		ask_push(e, a, (struct job){ .kind = LOOK });
}

static void judge_waiter(struct etcd *e, struct ask *a)
{
	if (a->gone && is_owner(e, a)) /* he has passed it on to us */
		grant(e, a);
	else if (place_may_confirm(e, a))
		ask_push(e, a, (struct job){ .kind = CONFIRM });
	else if (a->gone)
		ask_push(e, a, (struct job){ .kind = LOOK });
}

void place_judge(struct etcd *e, struct ask *a)
{
	if (a->answers && a->own && a->own != a->hi) {
		a->answers = false;
		request_look(e, a); /* the server has put it there: as the first? */
	} else if (a->jobs || (a->state != IDLE && !a->known)) {
		return;
	} else if (a->state == IDLE || a->hi == 0) {
		judge_outside(e, a);
	} else if (a->own != a->hi) {
		place_lose(e, a);
	} else if (a->state == QUEUED) {
		judge_waiter(e, a);
	} else if (!a->told && near_is_contended(a)) {
		a->told = true;
		say_of(e, a, PAWL_REMOTE_CONTENDED, a->req);
	}
}
