/* SPDX-License-Identifier: BSD-2-Clause */
/** begin.c: how a session begins; each step is what follows from the answer to the one before.
 *
 *   log in, if there is a user -> which revision is it? -> saved and told of: its time to live, its keys -> keep it alive
 *                                                       \-> saved only, or over by our clock: revoke it \
 *                                                       \-> none, or gone -------------------------------> a new one
 *   -> the stream (watch.c): UP, or NEW
 *
 * A service whose revision is smaller than one we know of has lost data: hosts may believe in leases that it has forgotten. That long
 * nobody asks.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "backends/etcd/etcd.h"
#include "backends/etcd/keys.h"

/* ---- a new lease ---- */

static void on_revoked(void *owner, void *who, const struct answer *a)
{
	struct etcd *e = owner;

	(void)who;
	if (a->code != NOT_FOUND && session_fails(e, a))
		return;
	begin_grant(e);
}

static void on_granted(void *owner, void *who, const struct answer *a)
{
	struct etcd *e = owner;
	int64_t id, revision;

	(void)who;
	if (session_fails(e, a)) /* it is there already, too: a copy of that request; another lease next time */
		return;
	if (!session_read_ttl(e, a->json, a->sent) || !wire_revision(a->json, &revision) ||
		!wire_number(a->json, "ID", false, &id) || id != e->saved.lease) {
		session_nonsense(e, "lease/grant");
		return;
	}
	e->watched = revision;
	session_save(e);
	watch_open(e);
}

void begin_grant(struct etcd *e)
{
	uint64_t id = 0;
	int64_t ttl = (e->config->ttl_ns + NS_PER_S - 1) / NS_PER_S;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id)) {
		session_down(e, "no random number for a lease");
		return;
	}
	e->is_new = true;
	e->alive_until = 0;
	e->saved.told = 0;
	e->saved.lease = (int64_t)(id >> 1) | 1;
	session_save(e); /* before it is asked for */
	session_ask(e, "lease/grant", wire_grant(e->saved.lease, ttl < 2 ? 2 : ttl), on_granted);
}

/* ---- taking up ---- */

static void on_taken_up(void *owner, void *who, const struct answer *a)
{
	struct etcd *e = owner;
	const json_t *keys;
	int64_t ttl;

	(void)who;
	if (a->code != NOT_FOUND && session_fails(e, a))
		return;
	keys = json_object_get(a->json, "keys");
	if (!a->json || !wire_number(a->json, "TTL", true, &ttl) || ttl <= 0) {
		begin_grant(e);
		return;
	}
	json_decref(e->found);
	e->found = json_incref((json_t *)(size_t)keys);
	session_keep_alive(e);
}

/* ---- beginning ---- */

static void remember_cluster(struct etcd *e, const json_t *answer, int64_t revision)
{
	const char *id = json_string_value(json_object_get(json_object_get(answer, "header"), "cluster_id"));
	char cluster[sizeof(e->saved.cluster)];
	bool other;

	snprintf(cluster, sizeof(cluster), "%s", id ? id : "");
	other = *e->saved.cluster && strcmp(cluster, e->saved.cluster) != 0;
	if (other || revision < e->saved.revision) {
		e->delay = e->config->ttl_ns + e->config->ttl_ns / 10;
		e->watched = revision;
	}
	strcpy(e->saved.cluster, cluster);
}

static void on_hello(void *owner, void *who, const struct answer *a)
{
	struct etcd *e = owner;
	int64_t revision;

	(void)who;
	if (session_fails(e, a))
		return;
	if (!wire_revision(a->json, &revision)) {
		session_nonsense(e, "kv/range");
		return;
	}
	remember_cluster(e, a->json, revision);
	if (e->saved.lease == 0)
		begin_grant(e);
	else if (e->saved.told && !session_is_over(e))
		session_ask(e, "lease/timetolive", wire_lease_keys(e->saved.lease), on_taken_up);
	else
		session_ask(e, "lease/revoke", wire_lease(e->saved.lease), on_revoked);
}

void begin_hello(struct etcd *e)
{
	char key[WIRE_KEY];

	keys_beat(e, key);
	session_ask(e, "kv/range", wire_range(key, 0), on_hello);
}

static void on_login(void *owner, void *who, const struct answer *a)
{
	struct etcd *e = owner;
	const json_t *token = json_object_get(a->json, "token");

	(void)who;
	if (a->code == NOT_NOW) { /* users are not asked for */
		begin_hello(e);
		return;
	}
	if (session_fails(e, a))
		return;
	if (!json_is_string(token) || strpbrk(json_string_value(token), "\r\n") ||
		!http_token(&e->http, json_string_value(token)))
		session_nonsense(e, "auth/authenticate");
	else
		begin_hello(e);
}

void begin_login(struct etcd *e)
{
	const struct url *u = &e->options.url;

	if (!http_token(&e->http, NULL))
		session_down(e, "etcd: no memory for a request");
	else if (u->user)
		session_ask(e, "auth/authenticate", wire_login(u->user, u->password), on_login);
	else
		begin_hello(e);
}
