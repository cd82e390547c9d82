/* SPDX-License-Identifier: BSD-2-Clause */
/** watch.c: the stream: one watch on all that begins with our prefix, from the revision behind the last of which we know. Etcd takes
 * no more requests on it once it answers, so it is filtered here. Lines of JSON, which may come from anybody.
 *
 *   created      the session is up
 *   events       in the order of their revisions, all of one revision together: the locks they are about change, then all that
 *                follows from that is done
 *   canceled     compact_revision: what we have not heard cannot be heard any more: all places are looked at anew, and watched from there.
 *                Else: down
 *   the end      opened again where it ended
 */
#include <stdio.h>
#include <string.h>

#include "backends/etcd/etcd.h"
#include "backends/etcd/keys.h"

#define MS INT64_C(1000000)

static void on_end(void *owner, void *who, const struct answer *answer)
{
	struct etcd *e = owner;

	(void)who;
	e->streaming = false;
	if (!e->created || !e->up) {
		session_down(e, answer->reason);
		return;
	}
	e->created = false;
	e->stream_at = pawl_remote_now() + 20 * MS;
}

void watch_open(struct etcd *e)
{
	char from[WIRE_KEY], to[WIRE_KEY];

	keys_all(e, from, to);
	http_forget(&e->http, &e->streaming);
	e->created = false;
	e->stream_at = INT64_MAX;
	e->streaming = http_stream(&e->http, "watch", wire_watch(from, to, e->watched + 1), on_end, &e->streaming);
	if (!e->streaming)
		session_down(e, "etcd: no memory for the watch stream");
}

/* ---- compaction ---- */

static void on_revision(void *owner, void *who, const struct answer *answer)
{
	struct etcd *e = owner;
	int64_t revision;

	(void)who;
	if (session_minds(e, answer))
		return;
	if (!wire_revision(answer->json, &revision)) {
		session_down(e, *answer->reason ? answer->reason : "etcd: an answer without a revision");
		return;
	}
	e->watched = revision;
	ask_doubt_all(e);
	watch_open(e);
}

/* A keeper that has just begun does not know what it should look at: the session ends with all it had. */
static void be_compacted(struct etcd *e)
{
	char key[WIRE_KEY];

	e->created = false;
	http_forget(&e->http, &e->streaming);
	e->streaming = false;
	if (!e->up) {
		session_anew(e);
		return;
	}
	keys_beat(e, key);
	if (!http_post(&e->http, "kv/range", wire_range(key, 0), on_revision, e, false))
		session_down(e, "etcd: no memory for a request");
}

/* ---- events ---- */

static void change(struct etcd *e, struct lock *l)
{
	if (l->changed)
		return;
	l->changed = true;
	l->next_changed = e->changed;
	e->changed = l;
}

static bool is_asked_for(const struct etcd *e, const struct lock *l, const struct keyed *k)
{
	return l && names_find(&e->asks, l->name, k->part == PLACE ? k->place : "");
}

static void hear_one(struct etcd *e, const json_t *event)
{
	const char *type = json_string_value(json_object_get(event, "type"));
	bool deleted = type && strcmp(type, "DELETE") == 0;
	struct keyed k;
	struct lock *l;
	struct kv kv;

	if (!wire_kv(json_object_get(event, "kv"), &kv) || !keys_read(e, kv.key, &k))
		return;
	l = names_find(&e->locks, k.base, "");
	if (l) {
		lock_event(e, l, &k, &kv, deleted);
		change(e, l);
	}
	if (is_asked_for(e, l, &k)) {
		return;
	} else if (k.part == PLACE && deleted && k.lease == e->saved.lease) {
		heir_mourns(e, kv.key, &k, kv.changed);
	} else if (k.part == PLACE && kv.lease == e->saved.lease && (k.lease == kv.lease || e->options.protocol == KEY)) {
		heir_found(e, &k);
	}
}

static void judge_changed(struct etcd *e)
{
	while (e->changed) {
		struct lock *l = e->changed;

		e->changed = l->next_changed;
		l->changed = false;
		for (struct ask *a = l->asks; a; a = a->sibling)
			place_judge(e, a);
	}
}

static void hear_events(struct etcd *e, const json_t *events)
{
	int64_t last = e->watched;

	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *event = json_array_get(events, i);
		int64_t changed;

		if (!wire_some_revision(json_object_get(event, "kv"), "mod_revision", &changed) || changed <= e->watched)
			continue;
		last = changed > last ? changed : last;
		hear_one(e, event);
	}
	e->watched = last;
	judge_changed(e);
	session_save(e);
}

/* ---- lines ---- */

static void refuse(struct etcd *e, const char *why)
{
	char where[100], reason[REASON];

	http_where(&e->http, where, sizeof(where));
	snprintf(reason, sizeof(reason), "etcd at %s: the watch stream: %.100s", where, why);
	session_down(e, reason);
}

static void hear(struct etcd *e, const json_t *line)
{
	const json_t *result = json_object_get(line, "result"), *why = json_object_get(result, "cancel_reason");
	int64_t compacted = 0;

	if (!json_is_object(result) || !wire_number(result, "compact_revision", false, &compacted)) {
		why = json_object_get(json_object_get(line, "error"), "message");
		refuse(e, json_is_string(why) ? json_string_value(why) : "a line that makes no sense");
	} else if (compacted != 0) {
		be_compacted(e);
	} else if (json_is_true(json_object_get(result, "canceled"))) {
		refuse(e, json_is_string(why) ? json_string_value(why)
					      : "canceled: may this user read all keys of the prefix?");
	} else if (json_is_true(json_object_get(result, "created")) && !e->created) {
		e->created = true;
		if (!e->up)
			session_come_up(e);
	} else {
		hear_events(e, json_object_get(result, "events"));
	}
}

void watch_read(struct etcd *e)
{
	char *line;

	while (e->streaming && (line = http_line(&e->http, &e->streaming))) {
		json_t *json = json_loads(line, 0, NULL);

		hear(e, json);
		json_decref(json);
	}
}
