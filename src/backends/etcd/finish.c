/* SPDX-License-Identifier: BSD-2-Clause */
/** finish.c: RELEASE and CANCEL. One transaction in most cases (txn.h): the request is finished, its key is deleted. What it answers
 * otherwise is the key as it is: that of an older request, which is finished by this one, not cleanly; of the same request, by a
 * late copy, likewise; of a larger one, or none: then there was nothing to do.
 */
#include <stdio.h>
#include <string.h>

#include "backends/etcd/etcd.h"
#include "backends/etcd/keys.h"
#include "backends/etcd/txn.h"

static void be_finished(struct etcd *e, struct ask *a)
{
	uint64_t req = a->jobs->req;

	a->done_at = pawl_remote_now();
	a->done = req;
	say_of(e, a, PAWL_REMOTE_RELEASED, req);
	ask_pop(e, a);
}

/* Is that key one that our request finishes? Of protocol=v3lock the server puts one without a value. */
static bool is_to_go(const struct etcd *e, const struct ask *a, const struct kv *key)
{
	char place[8];
	uint64_t req;

	if (key->created == 0)
		return false;
	if (keys_whose(e, key->value, place, &req) && strcmp(place, a->head.place) == 0)
		return req <= a->jobs->req;
	return e->options.protocol != KEY;
}

static void on_older(void *owner, void *who, const struct answer *answer)
{
	struct etcd *e = owner;

	if (!session_minds(e, answer))
		ask_again(e, who);
}

void finish_older(struct etcd *e, struct ask *a, const struct kv *key)
{
	a->busy = true;
	if (!http_post(&e->http, "kv/txn", txn_older(e, a, key), on_older, a, false))
		ask_unknown(e, a, "etcd: no memory for a request");
}

/* False: the answer makes no sense. Else `key` is what is left to be seen to, zero if nothing is. */
static bool read_rest(const struct answer *answer, struct kv *key)
{
	bool done, given;
	const json_t *responses = wire_outer(answer->json, &done), *inner;

	*key = (struct kv){ 0 };
	if (!responses)
		return false;
	if (done)
		return wire_got(responses, 0, key);
	inner = wire_inner(responses, -1, &given);
	return inner && (given || wire_got(inner, 0, key));
}

static void on_finish(void *owner, void *who, const struct answer *answer)
{
	struct etcd *e = owner;
	struct ask *a = who;
	int64_t revision;
	struct kv key;

	if (session_minds(e, answer))
		return;
	if (!read_rest(answer, &key) || !wire_revision(answer->json, &revision)) {
		ask_nonsense(e, a, answer);
		return;
	}
	near_own(e, a, &key, revision); /* no event need tell */
	if (is_to_go(e, a, &key))
		finish_older(e, a, &key);
	else
		be_finished(e, a);
}

void finish_begin(struct etcd *e, struct ask *a, const struct job *j)
{
	json_t *txn = j->kind == PAWL_REMOTE_RELEASE ? txn_release(e, a, j->req, j->hi, j->clean) : txn_cancel(e, a, j->req);

	a->busy = true;
	if (!http_post(&e->http, "kv/txn", txn, on_finish, a, false))
		ask_unknown(e, a, "etcd: no memory for a request");
}
