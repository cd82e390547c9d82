/* SPDX-License-Identifier: BSD-2-Clause */
/** request.c: what is asked of etcd for a place: each is a transaction (txn.h), and what follows from its answer.
 *
 *   ACQUIRE   enter; there already: look         finished, or of a larger request: LOST
 *                                                of an older one: that is finished first (finish.c), then enter
 *                                                owner: GRANTED. First: confirm, GRANTED. Else QUEUED
 *   RENEW     look                               as it was: GRANTED. Else LOST
 *   LOOK      look                               our place has gone: LOST. Nobody knew of it: QUEUED, GRANTED
 *   CONFIRM   confirm                            GRANTED
 */
#include <stdio.h>
#include <string.h>

#include "backends/etcd/etcd.h"
#include "backends/etcd/txn.h"

/* Of one job. Others may be quicker a few times in a row; not for ever. */
enum { REQUESTS = 20 };

static answer_t on_enter, on_sight, on_confirm;

/* Or etcd has lost data, and answers from a past that its stream knows nothing of. */
static void contradict(struct etcd *e)
{
	char where[100], reason[REASON];

	http_where(&e->http, where, sizeof(where));
	snprintf(reason, sizeof(reason),
		"etcd at %s: its answers and its watch stream contradict each other: has it lost data?", where);
	session_down(e, reason);
}

static void post(struct etcd *e, struct ask *a, json_t *txn, answer_t *answer)
{
	a->busy = true;
	if (++a->jobs->requests > REQUESTS) {
		json_decref(txn);
		contradict(e);
	} else if (!http_post(&e->http, "kv/txn", txn, answer, a, false)) {
		ask_unknown(e, a, "etcd: no memory for a request");
	}
}

void request_confirm(struct etcd *e, struct ask *a)
{
	a->died = a->lock->noted != 0; /* as of now: what the stream tells meanwhile is our own doing */
	post(e, a, txn_confirm(e, a), on_confirm);
}

void request_look(struct etcd *e, struct ask *a)
{
	post(e, a, txn_look(e, a), on_sight);
}

/* ---- conclusions ---- */

/* The key is as the answer shows, and what is known of the lock is as new. */
static void conclude_acquire(struct etcd *e, struct ask *a, const struct kv *key)
{
	uint64_t req = a->jobs->req, there = place_request(e, a, key);

	if (e->options.protocol == V3LOCK && key->created && !*key->value && key->lease == e->saved.lease)
		there = a->state != IDLE ? a->req : req; /* the server's value is empty */
	if (!key->created || (!there && e->options.protocol == KEY)) {
		place_outside(e, a, req);
	} else if (there > req) {
		place_late(e, a, req);
	} else if (there < req) {
		place_rest(e, a);
		finish_older(e, a, key);
	} else {
		if (a->req != req || (a->hi != 0 && a->hi != key->created))
			place_rest(e, a);
		a->req = req;
		a->hi = key->created;
		place_settle(e, a);
	}
}

/* The same for a place that was there before, or that nobody knew of. */
static void conclude_look(struct etcd *e, struct ask *a, const struct kv *key)
{
	uint64_t there = place_request(e, a, key);

	if (e->options.protocol == V3LOCK && key->created && !*key->value && key->lease == e->saved.lease)
		there = a->state == QUEUED ? a->req : 0;
	if (a->state == IDLE && there) {
		a->req = there;
		a->hi = key->created;
		place_settle(e, a);
	} else if (a->state == IDLE && key->created && key->lease == e->saved.lease) { /* no request of ours */
		finish_older(e, a, key);
	} else if (a->state == QUEUED && a->hi == 0) {
		a->hi = there == a->req ? key->created : 0;
		if (a->hi)
			place_settle(e, a);
		else
			ask_pop(e, a);
	} else if (a->state != IDLE && (there != a->req || key->created != a->hi)) {
		place_lose(e, a);
		ask_pop(e, a);
	} else if (a->state == IDLE) {
		ask_pop(e, a);
	} else {
		place_settle(e, a);
	}
}

/* ---- answers ---- */

/* `responses` end with what txn.c's see() asks for. */
static void take_sight(struct etcd *e, struct ask *a, const struct answer *answer, const json_t *responses)
{
	struct kv key, note;
	int64_t revision;

	if (!wire_got(responses, -2, &key) || !wire_got(responses, -1, &note) || !wire_revision(answer->json, &revision)) {
		ask_nonsense(e, a, answer);
		return;
	}
	lock_saw(a->lock, &key, &note, revision);
	near_own(e, a, &key, revision);
	near_saw(e, a, wire_kvs(responses, -3), wire_kvs(responses, -4), revision);
	if (a->jobs->kind == PAWL_REMOTE_ACQUIRE) {
		conclude_acquire(e, a, &key);
	} else {
		conclude_look(e, a, &key);
	}
}

static void on_sight(void *owner, void *who, const struct answer *answer)
{
	struct etcd *e = owner;
	struct ask *a = who;
	bool taken;

	if (session_minds(e, answer))
		return;
	take_sight(e, a, answer, wire_outer(answer->json, &taken));
}

static void on_enter(void *owner, void *who, const struct answer *answer)
{
	struct etcd *e = owner;
	struct ask *a = who;
	const json_t *responses;
	bool taken;

	if (session_minds(e, answer))
		return;
	responses = wire_outer(answer->json, &taken);
	if (responses && taken)
		place_late(e, a, a->jobs->req);
	else
		take_sight(e, a, answer, wire_inner(responses, 0, &taken));
}

static void on_confirm(void *owner, void *who, const struct answer *answer)
{
	struct etcd *e = owner;
	struct ask *a = who;
	const json_t *responses;
	bool taken;

	if (session_minds(e, answer))
		return;
	responses = wire_outer(answer->json, &taken);
	if (!responses) {
		ask_nonsense(e, a, answer);
	} else if (!taken) {
		take_sight(e, a, answer, responses);
	} else if (a->state != QUEUED || a->own != a->hi) {
		request_look(e, a); /* an event was quicker */
	} else {
		place_granted(e, a);
	}
}

/* ---- work ---- */

static void acquire(struct etcd *e, struct ask *a, uint64_t req)
{
	bool there = a->state != IDLE && a->hi != 0 && a->req == req && a->known;

	if (a->state != IDLE && req < a->req)
		place_late(e, a, req);
	else if (there)
		request_look(e, a);
	else
		post(e, a, txn_enter(e, a, req), on_enter);
}

static void renew(struct etcd *e, struct ask *a, const struct job *j)
{
	if (a->state == GRANTED && a->req == j->req && a->hi == (int64_t)j->hi) {
		request_look(e, a);
		return;
	}
	say_of(e, a, PAWL_REMOTE_LOST, j->req);
	ask_pop(e, a);
}

void request_begin(struct etcd *e, struct ask *a)
{
	const struct job *j = a->jobs;

	switch (j->kind) {
	case PAWL_REMOTE_ACQUIRE:
		acquire(e, a, j->req);
		break;
	case PAWL_REMOTE_RENEW:
		renew(e, a, j);
		break;
	case LOOK:
		request_look(e, a);
		break;
	case CONFIRM:
		if (a->state == QUEUED && a->known && place_may_confirm(e, a))
			request_confirm(e, a);
		else
			ask_pop(e, a);
		break;
	default:
		if (j->req >= a->req)
			place_rest(e, a);
		finish_begin(e, a, j);
	}
}
