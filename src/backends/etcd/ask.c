/* SPDX-License-Identifier: BSD-2-Clause */
/** ask.c: requests of one asker, one at a time: each is a transaction (txn.h), and what follows from its answer, and from what is
 * known of the lock when that changes.
 *
 *   ACQUIRE   enter; there already: glance       finished, or of a larger request: LOST
 *                                                of an older one: that is finished first (finish.c), then enter
 *                                                owner: GRANTED. First: confirm, GRANTED. Else QUEUED
 *   RENEW     glance                             as it was: GRANTED. Else LOST
 *   LOOK      look                               our place has gone: LOST. Nobody knew of it: QUEUED, GRANTED
 *   CONFIRM   confirm                            GRANTED
 *
 * Unasked, from an event: our key has gone: LOST. We are the first: CONFIRM. Somebody is behind us: CONTENDED. protocol=key: the
 * key has gone: ACQUIRE.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/etcd/etcd.h"
#include "backends/etcd/keys.h"
#include "backends/etcd/txn.h"

/* Others may be quicker a few times in a row; not for ever. */
enum { ROUNDS = 20 };

static answer_t on_enter, on_sight, on_glance, on_confirm, on_call;

/* ---- the list of jobs ---- */

static void get_ready(struct etcd *e, struct ask *a)
{
	if (a->ready || a->busy || !a->jobs)
		return;
	a->ready = true;
	a->next_ready = e->ready;
	e->ready = a;
}

static bool is_same(const struct job *x, const struct job *y)
{
	return x->kind == y->kind && x->req == y->req && x->hi == y->hi && x->clean == y->clean;
}

bool ask_push(struct etcd *e, struct ask *a, struct job job)
{
	struct job **at = &a->jobs;

	for (; *at; at = &(*at)->next)
		if (is_same(*at, &job))
			return true;
	*at = malloc(sizeof(job));
	if (!*at)
		return false;
	job.next = NULL;
	**at = job;
	get_ready(e, a);
	return true;
}

static void pop(struct ask *a)
{
	struct job *j = a->jobs;

	a->busy = false;
	a->jobs = j->next;
	free(j);
}

void ask_pop(struct etcd *e, struct ask *a)
{
	pop(a);
	get_ready(e, a);
	ask_judge(e, a);
}

static bool is_told(const struct job *j)
{
	return j->kind != LOOK && j->kind != CONFIRM;
}

void ask_unknown(struct etcd *e, struct ask *a, const char *reason)
{
	struct job j = *a->jobs;

	if (is_told(&j))
		say(e, &(pawl_remote_event_t){ .what = PAWL_REMOTE_UNKNOWN,
			       .name = a->head.name,
			       .place = a->head.place,
			       .req = j.req,
			       .reason = reason });
	ask_pop(e, a);
}

void ask_again(struct etcd *e, struct ask *a)
{
	a->busy = false;
	if (++a->jobs->rounds > ROUNDS)
		ask_unknown(e, a, "etcd: others change this lock's keys all the time: no outcome yet");
	else
		get_ready(e, a);
}

void ask_nonsense(struct etcd *e, struct ask *a, const struct answer *answer)
{
	char where[100], reason[REASON];

	http_where(&e->http, where, sizeof(where));
	snprintf(reason, sizeof(reason), "etcd at %s: its answer makes no sense: is that the client port?", where);
	ask_unknown(e, a, *answer->reason ? answer->reason : reason);
}

/* ---- asks ---- */

struct ask *ask_get(struct etcd *e, const char *name, const char *place)
{
	struct ask *a = names_get(&e->asks, name, place, sizeof(*a));

	if (!a || a->lock)
		return a;
	a->lock = lock_get(e, name);
	if (!a->lock) {
		names_drop(&e->asks, a);
		return NULL;
	}
	a->sibling = a->lock->asks;
	a->lock->asks = a;
	return a;
}

/* ---- what is said ---- */

static void rest(struct etcd *e, struct ask *a)
{
	a->state = IDLE;
	a->hi = a->told = 0;
	if (a->called)
		e->calls--;
	a->called = a->returned = a->answers = false;
	http_forget(&e->http, &a->called);
}

/* Somebody may wait whom nobody can see. */
static bool is_contended(const struct etcd *e, const struct ask *a)
{
	return e->options.blind || lock_last_behind(e, a) != 0;
}

static void say_granted(struct etcd *e, struct ask *a)
{
	a->told = lock_last_behind(e, a);
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

static void lose(struct etcd *e, struct ask *a)
{
	uint64_t req = a->req;

	rest(e, a);
	say_of(e, a, PAWL_REMOTE_LOST, req);
}

/* ---- where we are ---- */

/* Whose is the key? 0: a stranger's, or nobody knows. */
static uint64_t request_in(const struct etcd *e, const struct ask *a, const struct kv *key)
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

static bool may_confirm(const struct etcd *e, const struct ask *a)
{
	return lock_is_first(e, a) && (e->options.protocol != V3LOCK || a->returned);
}

static void be_granted(struct etcd *e, struct ask *a)
{
	a->state = GRANTED;
	say_granted(e, a);
	ask_pop(e, a);
}

static void post(struct etcd *e, struct ask *a, json_t *txn, answer_t *answer)
{
	a->busy = true;
	if (!http_post(&e->http, "kv/txn", txn, answer, a, false))
		ask_unknown(e, a, "etcd: no memory for a request");
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
}

static void be_queued(struct etcd *e, struct ask *a)
{
	call(e, a); /* if no connection of ours waits for it: that of before was cut, perhaps */
	say_queued(e, a);
	ask_pop(e, a);
}

static void confirm(struct etcd *e, struct ask *a)
{
	a->died = a->lock->noted != 0; /* as of now: what the stream tells meanwhile is our own doing */
	post(e, a, txn_confirm(e, a), on_confirm);
}

/* Our key is there, of this request. The job goes on, or is done. */
static void settle(struct etcd *e, struct ask *a)
{
	bool was = a->state != IDLE;

	if (a->state == IDLE)
		a->state = QUEUED;
	if (is_owner(e, a)) {
		be_granted(e, a);
	} else if (may_confirm(e, a)) {
		confirm(e, a);
	} else if (is_told(a->jobs) || !was) {
		be_queued(e, a);
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
		post(e, a, txn_look(e, a), on_sight);
}

/* Not there, or somebody else's: of protocol=key, or before the server has put it there, perhaps as the first. */
static void be_outside(struct etcd *e, struct ask *a, uint64_t req)
{
	a->req = req;
	a->hi = 0;
	a->state = QUEUED;
	call(e, a);
	a->answers = a->called && a->lock->n == 0;
	if (!a->answers)
		be_queued(e, a);
}

static void be_late(struct etcd *e, struct ask *a, uint64_t req)
{
	if (a->req <= req)
		rest(e, a);
	say_of(e, a, PAWL_REMOTE_LOST, req);
	ask_pop(e, a);
}

/* ---- conclusions ---- */

/* The key is as the answer shows, and what is known of the lock is as new. */
static void conclude_acquire(struct etcd *e, struct ask *a, const struct kv *key)
{
	uint64_t req = a->jobs->req, there = request_in(e, a, key);

	if (e->options.protocol == V3LOCK && key->created && !*key->value && key->lease == e->saved.lease)
		there = a->state != IDLE ? a->req : req; /* the server's value is empty */
	if (!key->created || (!there && e->options.protocol == KEY)) {
		be_outside(e, a, req);
	} else if (there > req) {
		be_late(e, a, req);
	} else if (there < req) {
		rest(e, a);
		finish_older(e, a, key);
	} else {
		if (a->req != req || (a->hi != 0 && a->hi != key->created))
			rest(e, a);
		a->req = req;
		a->hi = key->created;
		settle(e, a);
	}
}

/* The same for a place that was there before, or that nobody knew of. */
static void conclude_look(struct etcd *e, struct ask *a, const struct kv *key)
{
	uint64_t there = request_in(e, a, key);

	if (e->options.protocol == V3LOCK && key->created && !*key->value && key->lease == e->saved.lease)
		there = a->state == QUEUED ? a->req : 0;
	if (a->state == IDLE && there) {
		a->req = there;
		a->hi = key->created;
		settle(e, a);
	} else if (a->state == IDLE && key->created && key->lease == e->saved.lease) { /* no request of ours */
		finish_older(e, a, key);
	} else if (a->state == QUEUED && a->hi == 0) {
		a->hi = there == a->req ? key->created : 0;
		if (a->hi)
			settle(e, a);
		else
			ask_pop(e, a);
	} else if (a->state != IDLE && (there != a->req || key->created != a->hi)) {
		lose(e, a);
		ask_pop(e, a);
	} else if (a->state == IDLE) {
		ask_pop(e, a);
	} else {
		settle(e, a);
	}
}

/* ---- answers ---- */

/* `responses` end with what txn.c's see() asks for. */
static void take_sight(struct etcd *e, struct ask *a, const struct answer *answer, const json_t *responses)
{
	struct kv key, note;
	int64_t revision;

	if (!wire_got(responses, -3, &key) || !wire_got(responses, -1, &note) || !wire_revision(answer->json, &revision)) {
		ask_nonsense(e, a, answer);
		return;
	}
	if (!lock_list(e, a->lock, wire_kvs(responses, -2), &key, &note, revision)) {
		a->lock->listed = 0;
		post(e, a, txn_look(e, a), on_sight);
	} else if (a->jobs->kind == PAWL_REMOTE_ACQUIRE) {
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
		be_late(e, a, a->jobs->req);
	else
		take_sight(e, a, answer, wire_inner(responses, 0, &taken));
}

/* Cheaper than a list, and independent of what the stream told. */
static void on_glance(void *owner, void *who, const struct answer *answer)
{
	struct etcd *e = owner;
	struct ask *a = who;
	struct kv key, first;
	const json_t *responses;
	bool taken;

	if (session_minds(e, answer))
		return;
	responses = wire_outer(answer->json, &taken);
	if (!wire_got(responses, 0, &key) || !wire_got(responses, 1, &first)) {
		ask_nonsense(e, a, answer);
	} else if (a->state == IDLE || a->lock->listed == 0 || key.created != a->hi || key.lease != e->saved.lease ||
		   (a->state == QUEUED && first.created == a->hi)) {
		post(e, a, txn_look(e, a), on_sight);
	} else if (a->state == GRANTED) {
		be_granted(e, a);
	} else {
		be_queued(e, a);
	}
}

static void on_confirm(void *owner, void *who, const struct answer *answer)
{
	struct etcd *e = owner;
	struct ask *a = who;
	const struct spot *own = lock_own(e, a);
	const json_t *responses;
	bool taken;

	if (session_minds(e, answer))
		return;
	responses = wire_outer(answer->json, &taken);
	if (!responses) {
		ask_nonsense(e, a, answer);
	} else if (!taken) {
		take_sight(e, a, answer, responses);
	} else if (a->state != QUEUED || !own || own->created != a->hi) {
		post(e, a, txn_look(e, a), on_sight); /* an event was quicker */
	} else {
		be_granted(e, a);
	}
}

/* ---- work ---- */

static void acquire(struct etcd *e, struct ask *a, uint64_t req)
{
	bool there = a->state != IDLE && a->hi != 0 && a->req == req && a->lock->listed != 0;

	if (a->state != IDLE && req < a->req)
		be_late(e, a, req);
	else if (there)
		post(e, a, txn_glance(e, a), on_glance);
	else
		post(e, a, txn_enter(e, a, req), on_enter);
}

static void renew(struct etcd *e, struct ask *a, const struct job *j)
{
	if (a->state == GRANTED && a->req == j->req && a->hi == (int64_t)j->hi) {
		post(e, a, txn_glance(e, a), on_glance);
		return;
	}
	say_of(e, a, PAWL_REMOTE_LOST, j->req);
	ask_pop(e, a);
}

static void begin(struct etcd *e, struct ask *a)
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
		post(e, a, txn_look(e, a), on_sight);
		break;
	case CONFIRM:
		if (a->state == QUEUED && a->lock->listed != 0 && may_confirm(e, a))
			confirm(e, a);
		else
			ask_pop(e, a);
		break;
	default:
		if (j->req >= a->req)
			rest(e, a);
		finish_begin(e, a, j);
	}
}

void ask_work(struct etcd *e)
{
	while (e->up && e->ready) {
		struct ask *a = e->ready;

		e->ready = a->next_ready;
		a->ready = false;
		if (a->jobs && !a->busy)
			begin(e, a);
	}
}

/* ---- what follows from events ---- */

static void judge_outside(struct etcd *e, struct ask *a, const struct spot *own)
{
	if (e->options.protocol == KEY && a->lock->holder.created == 0)
		ask_push(e, a, (struct job){ .kind = PAWL_REMOTE_ACQUIRE, .req = a->req });
	else if (own)
		ask_push(e, a, (struct job){ .kind = LOOK });
}

void ask_judge(struct etcd *e, struct ask *a)
{
	const struct spot *own = lock_own(e, a);
	int64_t last;

	if (a->answers && own && !lock_is_first(e, a)) {
		a->answers = false;
		be_queued(e, a);
	}
	if (a->lock->listed == 0 || a->jobs)
		return;
	if (a->state == IDLE || a->hi == 0) {
		if (own || a->state == QUEUED)
			judge_outside(e, a, own);
		return;
	}
	if (!own || own->created != a->hi) {
		lose(e, a);
	} else if (a->state == QUEUED && may_confirm(e, a)) {
		ask_push(e, a, (struct job){ .kind = CONFIRM });
	} else if (a->state == GRANTED && (last = lock_last_behind(e, a)) > a->told) {
		a->told = last;
		say_of(e, a, PAWL_REMOTE_CONTENDED, a->req);
	}
}

/* ---- all of them ---- */

static void say_all_unknown(void *ask, void *etcd)
{
	struct ask *a = ask;
	struct etcd *e = etcd;

	a->called = a->returned = a->answers = a->busy = false;
	while (a->jobs) {
		struct job j = *a->jobs;

		pop(a);
		if (is_told(&j))
			say(e, &(pawl_remote_event_t){ .what = PAWL_REMOTE_UNKNOWN,
				       .name = a->head.name,
				       .place = a->head.place,
				       .req = j.req,
				       .reason = e->reason });
	}
}

void ask_all_unknown(struct etcd *e, const char *reason)
{
	if (reason != e->reason)
		snprintf(e->reason, sizeof(e->reason), "%s", reason);
	e->calls = 0;
	names_each(&e->asks, say_all_unknown, e);
}

static void doubt(void *lock, void *arg)
{
	(void)arg;
	lock_doubt(lock);
}

static void look(void *ask, void *etcd)
{
	struct ask *a = ask;

	if (a->state != IDLE)
		ask_push(etcd, a, (struct job){ .kind = LOOK });
}

void ask_doubt_all(struct etcd *e)
{
	names_each(&e->locks, doubt, NULL);
	names_each(&e->asks, look, e);
}

static void drop_jobs(void *ask, void *arg)
{
	struct ask *a = ask;

	(void)arg;
	while (a->jobs)
		pop(a);
}

static void drop_lock(void *lock, void *etcd)
{
	lock_drop(etcd, lock);
}

void ask_drop_all(struct etcd *e)
{
	e->ready = NULL;
	e->changed = NULL;
	e->calls = 0;
	names_each(&e->asks, drop_jobs, NULL);
	names_drop_all(&e->asks);
	names_each(&e->locks, drop_lock, e);
}
