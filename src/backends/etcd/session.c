/* SPDX-License-Identifier: BSD-2-Clause */
/** session.c: one lease for all that this host has in etcd: kept, lost, left for the next keeper.
 *
 *   up        keep it alive each third of it: ALIVE. An answer without a time to live: it has gone. Over by our clock: so it is.
 *             From the beginning (begin.c), with a new one. And change a key, which the stream has to tell within a sixth, or is
 *             opened again
 *   down      any request that fails: DOWN; the next endpoint, after a while, from the beginning
 */
#include <stdio.h>
#include <string.h>

#include "backends/etcd/etcd.h"
#include "backends/etcd/keys.h"

#define MAGIC "pawletc1"

/* ---- what the next keeper finds ---- */

void session_save(struct etcd *e)
{
	e->saved.revision = e->watched;
	memcpy(e->config->saved, &e->saved, sizeof(e->saved));
}

static void load(struct etcd *e)
{
	memcpy(&e->saved, e->config->saved, sizeof(e->saved));
	if (memcmp(e->saved.magic, MAGIC, sizeof(e->saved.magic)) != 0 || e->saved.lease < 0 || e->saved.revision < 0)
		e->saved = (struct saved){ 0 };
	memcpy(e->saved.magic, MAGIC, sizeof(e->saved.magic));
	e->saved.cluster[sizeof(e->saved.cluster) - 1] = '\0';
	e->watched = e->saved.revision;
}

/* ---- down ---- */

void session_down(struct etcd *e, const char *reason)
{
	char text[REASON];

	snprintf(text, sizeof(text), "%s", reason);
	e->up = e->trying = e->renewing = e->streaming = e->created = false;
	e->stream_at = INT64_MAX;
	e->beat = 0;
	http_forget(&e->http, NULL);
	http_next(&e->http);
	e->retry_at = pawl_remote_now() + backoff_next(&e->backoff);
	if (!e->told_down || strcmp(text, e->reason) != 0) {
		strcpy(e->reason, text);
		e->told_down = true;
		say(e, &(pawl_remote_event_t){ .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_DOWN, .reason = e->reason });
	}
	ask_all_unknown(e, e->reason);
}

/* Codes of gRPC: 14, it has no leader or stops; 16, and words of the store of users: our token is an old one. */
bool session_minds(struct etcd *e, const struct answer *a)
{
	if (a->code == BROKEN || a->code == UNAVAILABLE || a->code == WHO ||
		(a->code == INVALID && (strstr(a->reason, "auth") || strstr(a->reason, "user name is empty")))) {
		session_down(e, a->reason);
		return true;
	}
	if (a->code && e->up && strstr(a->reason, "lease not found"))
		e->renew_at = 0;
	return false;
}

/* A step of beginning that was refused: nothing goes on without it. True: so it is. */
bool session_fails(struct etcd *e, const struct answer *a)
{
	if (session_minds(e, a))
		return true;
	if (a->code)
		session_down(e, a->reason);
	return a->code;
}

void session_nonsense(struct etcd *e, const char *what)
{
	char where[100], reason[REASON];

	http_where(&e->http, where, sizeof(where));
	snprintf(reason, sizeof(reason), "etcd at %s: its answer to %s makes no sense: is that the client port?", where, what);
	session_down(e, reason);
}

void session_ask(struct etcd *e, const char *path, json_t *body, answer_t *answer)
{
	if (!http_post(&e->http, path, body, answer, e, false))
		session_down(e, "etcd: no memory for a request");
}

/* ---- the lease ---- */

bool session_read_ttl(struct etcd *e, const json_t *answer, int64_t sent)
{
	int64_t ttl;

	if (!wire_number(answer, "TTL", true, &ttl) || ttl <= 0)
		return false;
	e->span = ttl < e->config->ttl_ns / NS_PER_S ? ttl * NS_PER_S : e->config->ttl_ns;
	e->alive_until = pawl_remote_deadline(sent, e->span);
	e->renew_at = sent + e->span / 3;
	return true;
}

/* By our clock: nobody here believes in it any more. Etcd may, and would keep it if it were asked to. */
bool session_is_over(const struct etcd *e)
{
	return e->alive_until != 0 && pawl_remote_now() >= e->alive_until;
}

/* From the beginning: it may have gone because the service has forgotten it. */
void session_anew(struct etcd *e)
{
	e->up = false;
	e->trying = true;
	e->saved.told = 0;
	session_save(e);
	http_forget(&e->http, NULL);
	e->streaming = e->created = e->renewing = false;
	ask_all_unknown(e, "etcd: the lease has ended");
	begin_hello(e);
}

/* ---- up ---- */

static void say_session(struct etcd *e, pawl_remote_state_t state)
{
	say(e, &(pawl_remote_event_t){
		       .what = PAWL_REMOTE_SESSION, .state = state, .delay_ns = e->delay, .deadline_ns = e->alive_until });
}

static void look_at_found(struct etcd *e)
{
	for (size_t i = 0; i < json_array_size(e->found); i++) {
		json_t *one = json_pack("{s:O}", "key", json_array_get(e->found, i));
		struct keyed k;
		struct kv kv;

		if (wire_kv(one, &kv) && keys_read(e, kv.key, &k))
			heir_found(e, &k);
		json_decref(one);
	}
	json_decref(e->found);
	e->found = NULL;
}

void session_come_up(struct etcd *e)
{
	e->up = true;
	e->trying = e->told_down = false;
	e->silences = 0;
	e->backoff = (struct backoff){ 0 };
	if (e->is_new)
		ask_drop_all(e);
	say_session(e, e->is_new ? PAWL_REMOTE_NEW : PAWL_REMOTE_UP);
	e->delay = 0;
	e->is_new = false;
	e->saved.told = 1; /* not before event() has returned */
	session_save(e);
	say_session(e, PAWL_REMOTE_ALIVE);
	ask_doubt_all(e);
	look_at_found(e);
}

/* A change of ours has a larger revision than all we knew of when we asked for it. */
static void on_beat(void *owner, void *who, const struct answer *a)
{
	struct etcd *e = owner;
	int64_t revision;

	(void)who;
	if (session_minds(e, a) || a->code)
		return;
	if (!wire_revision(a->json, &revision) || revision <= e->beat_after) {
		session_nonsense(e, "kv/put");
		return;
	}
	e->beat = revision;
	e->beat_by = pawl_remote_now() + e->span / 6;
}

static void beat(struct etcd *e)
{
	char key[WIRE_KEY];

	keys_beat(e, key);
	e->beat_after = e->watched;
	session_ask(e, "kv/put", wire_touch(key, e->saved.lease), on_beat);
}

static void on_alive(void *owner, void *who, const struct answer *a)
{
	struct etcd *e = owner;
	const json_t *result = json_object_get(a->json, "result");

	(void)who;
	e->renewing = false;
	if (a->code != NOT_FOUND && session_fails(e, a))
		return;
	if (a->json && !json_is_object(result)) {
		session_nonsense(e, "lease/keepalive");
	} else if (!session_read_ttl(e, result, a->sent)) {
		session_anew(e);
	} else if (e->up) {
		say_session(e, PAWL_REMOTE_ALIVE);
		beat(e);
		heir_forgets(e);
	} else {
		watch_open(e);
	}
}

void session_keep_alive(struct etcd *e)
{
	e->renewing = true;
	session_ask(e, "lease/keepalive", wire_lease(e->saved.lease), on_alive);
}

/* ---- dates ---- */

static void hear_beat(struct etcd *e, int64_t now)
{
	if (e->beat <= e->watched) {
		e->beat = 0;
		e->silences = 0;
	} else if (now >= e->beat_by) {
		e->beat_by = now + e->span / 6;
		if (++e->silences < 3)
			watch_open(e);
		else
			session_down(e, "etcd: the watch stream is silent");
	}
}

int64_t session_tick(struct etcd *e)
{
	int64_t now = pawl_remote_now(), next = INT64_MAX;

	if (!e->up && !e->trying && now >= e->retry_at) {
		e->trying = true;
		begin_login(e);
	}
	if (e->up && session_is_over(e))
		session_anew(e);
	else if (e->up && !e->renewing && now >= e->renew_at)
		session_keep_alive(e);
	if (e->up && e->beat)
		hear_beat(e, now);
	if (e->up && now >= e->stream_at)
		watch_open(e);
	if (!e->up)
		return e->trying ? next : e->retry_at;
	next = e->renewing ? next : e->renew_at;
	next = e->beat && e->beat_by < next ? e->beat_by : next;
	return e->stream_at < next ? e->stream_at : next;
}

/* ---- the end ---- */

void session_begin(struct etcd *e)
{
	load(e);
	e->stream_at = INT64_MAX;
	e->span = e->config->ttl_ns;
}

static void on_ended(void *owner, void *who, const struct answer *a)
{
	struct etcd *e = owner;

	(void)who;
	if (!a->code || a->code == NOT_FOUND) {
		e->saved = (struct saved){ 0 };
		memcpy(e->config->saved, &e->saved, sizeof(e->saved));
	}
	e->up = false;
}

/* It is nobody else's: a lease is one host's and space's. */
void session_end(struct etcd *e)
{
	int64_t end = pawl_remote_now() + NS_PER_S / 50;

	if (!e->up)
		return;
	e->saved.told = 0; /* whoever finds it ends it */
	session_save(e);
	http_forget(&e->http, NULL);
	if (!http_post(&e->http, "lease/revoke", wire_lease(e->saved.lease), on_ended, e, false))
		return;
	while (e->up && pawl_remote_now() < end)
		if (!http_work(&e->http))
			http_wait(&e->http, 1, -1);
}
