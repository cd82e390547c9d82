/* SPDX-License-Identifier: BSD-2-Clause */
/** conform_kit.c: asking and waiting (conform_kit.h), with all hosts served meanwhile. */
#include "conform_kit.h"

#include <stdio.h>
#include <string.h>

#define GRACE (2 * NS_PER_S)

const struct conform *target;
struct host a, b, c, brief_a, brief_b, brief_c, far;
struct host *everybody[EVERYBODY] = { &a, &b, &c, &brief_a, &brief_b, &brief_c, &far };
struct proxy wire;
struct hold held;
struct want wanted;
int64_t answered;
char case_lock[64];

void pump(void)
{
	host_pump(everybody, EVERYBODY);
}

int64_t ttl_of(const struct host *h)
{
	return h->config.ttl_ns;
}

pawl_remote_op_t op_of(const struct host *h, pawl_remote_kind_t kind, const char *lock, uint64_t req, uint64_t hi)
{
	return (pawl_remote_op_t){ .kind = kind,
		.name = lock,
		.place = h->place,
		.req = req,
		.hi = hi,
		.ttl_ns = ttl_of(h),
		.wait_ns = ttl_of(h),
		.clean = true };
}

/* Copies of an earlier request may be answered meanwhile. */
static const struct host_event *answer_to(struct host *h, const pawl_remote_op_t *op)
{
	bool finishes = op->kind == PAWL_REMOTE_RELEASE || op->kind == PAWL_REMOTE_CANCEL;
	const struct host_event *e = host_take(h, PAWL_REMOTE_LOST, op->name, op->req);

	if (!e)
		e = host_take(h, finishes ? PAWL_REMOTE_RELEASED : PAWL_REMOTE_GRANTED, op->name, op->req);
	if (!e && op->kind == PAWL_REMOTE_ACQUIRE)
		e = host_take(h, PAWL_REMOTE_QUEUED, op->name, op->req);
	return e;
}

/* A service that may have forgotten leases is not asked for any before they are over. */
static bool may_ask(const struct host *h, const pawl_remote_op_t *op)
{
	return op->kind != PAWL_REMOTE_ACQUIRE || pawl_remote_now() >= h->not_before;
}

/* As a keeper does. */
pawl_remote_event_t ask_op(struct host *h, pawl_remote_op_t op)
{
	int64_t end = pawl_remote_now() + PATIENCE;
	const struct host_event *e = NULL;
	unsigned ups = h->ups;
	bool sent = false;

	host_clear(h, op.name, op.req);
	while (!e && pawl_remote_now() < end) {
		if (!sent && may_ask(h, &op))
			sent = h->backend->submit(h->open, &op) == 0;
		pump();
		e = answer_to(h, &op);
		if (host_take(h, PAWL_REMOTE_UNKNOWN, op.name, op.req) || ups != h->ups)
			sent = false;
		ups = h->ups;
	}
	answered = e ? e->at : 0;
	return e ? e->event : (pawl_remote_event_t){ 0 };
}

pawl_remote_event_t ask_of(struct host *h, const char *lock, pawl_remote_kind_t kind, uint64_t req, uint64_t hi)
{
	return ask_op(h, op_of(h, kind, lock, req, hi));
}

pawl_remote_event_t ask(struct host *h, pawl_remote_kind_t kind, uint64_t req, uint64_t hi)
{
	return ask_of(h, case_lock, kind, req, hi);
}

pawl_remote_event_t acquire(struct host *h, uint64_t req)
{
	return ask(h, PAWL_REMOTE_ACQUIRE, req, 0);
}

pawl_remote_what_t release(struct host *h, uint64_t req, uint64_t hi)
{
	return ask(h, PAWL_REMOTE_RELEASE, req, hi).what;
}

bool is_over(pawl_remote_what_t what)
{
	return what == PAWL_REMOTE_RELEASED || what == PAWL_REMOTE_LOST;
}

pawl_remote_event_t hear(struct host *h, pawl_remote_what_t what, uint64_t req)
{
	int64_t end = pawl_remote_now() + PATIENCE;
	const struct host_event *e;

	while (!(e = host_take(h, what, case_lock, req)) && pawl_remote_now() < end)
		pump();
	return e ? e->event : (pawl_remote_event_t){ 0 };
}

/* Then there is not much to wait for: it was the other's turn. */
static bool is_granted_to_another(const struct host *h, int64_t since)
{
	for (size_t i = 0; i < EVERYBODY; i++)
		for (const struct host_event *e = everybody[i]->events;
			everybody[i] != h && e < everybody[i]->events + HOST_EVENTS; e++)
			if (e->there && e->event.what == PAWL_REMOTE_GRANTED && e->at > since &&
				strcmp(e->name, case_lock) == 0)
				return true;
	return false;
}

struct host_event wait_grant(struct host *h, uint64_t req)
{
	int64_t begin = pawl_remote_now(), end = begin + PATIENCE, again = 0;
	pawl_remote_op_t op = op_of(h, PAWL_REMOTE_ACQUIRE, case_lock, req, 0);
	const struct host_event *e, *queued;

	while (!(e = host_take(h, PAWL_REMOTE_GRANTED, case_lock, req)) && pawl_remote_now() < end) {
		queued = host_take(h, PAWL_REMOTE_QUEUED, case_lock, req);
		if (queued)
			again = queued->at + (queued->event.hint_ns < ttl_of(h) / 3 ? queued->event.hint_ns : ttl_of(h) / 3);
		if (pawl_remote_now() >= again && may_ask(h, &op) && h->backend->submit(h->open, &op) == 0)
			again = pawl_remote_now() + 100 * NS_PER_MS;
		pump();
		if (end > pawl_remote_now() + GRACE && is_granted_to_another(h, begin))
			end = pawl_remote_now() + GRACE;
	}
	return e ? *e : (struct host_event){ 0 };
}

bool still_has(struct host *h, uint64_t req, uint64_t hi)
{
	pawl_remote_event_t e = acquire(h, req);

	return e.what == PAWL_REMOTE_GRANTED && e.hi == hi;
}

void pump_until(int64_t then)
{
	while (pawl_remote_now() < then)
		pump();
}

bool is_after(uint64_t later, uint64_t before)
{
	return !(a.flags & PAWL_REMOTE_FENCES) || later > before;
}

bool shows_others(void)
{
	return !(a.flags & PAWL_REMOTE_BLIND);
}

bool renews(void)
{
	return !(a.flags & PAWL_REMOTE_ONE_LEASE);
}

/* ---- opening ---- */

int64_t brief(void)
{
	return target->ttl_ns > 1500 * NS_PER_MS ? target->ttl_ns : 1500 * NS_PER_MS;
}

/* The URL with the wire in the server's place. */
static const char *far_url(void)
{
	static char url[1024];
	const char *at = strstr(target->url, target->server->authority);

	if (!at)
		return NULL;
	snprintf(url, sizeof(url), "%.*s%s%s", (int)(at - target->url), target->url, wire.authority,
		at + strlen(target->server->authority));
	return url;
}

bool open_host(struct host *h, int64_t ttl_ns)
{
	static unsigned number = 100;
	const char *url = h == &far ? far_url() : target->url;

	if (url)
		host_init(h, target->backend, url, ttl_ns, number++);
	return url && host_open(h);
}

void rule(struct proxy_rules rules)
{
	proxy_rule(&wire, rules);
}

bool fresh_server(void)
{
	server_kill(target->server);
	server_forget(target->server);
	if (!server_again(target->server))
		return false;
	if (target->is_new)
		target->is_new(target->server);
	return true;
}

/* ---- as keepers do ---- */

void hold_on(struct hold *o)
{
	struct host *h = o->h;
	const struct host_event *e;

	while (!h->asleep && (e = host_take(h, PAWL_REMOTE_GRANTED, case_lock, o->req)))
		if (e->event.hi == o->hi && e->event.deadline_ns > o->deadline)
			o->deadline = e->event.deadline_ns;
	if (!h->asleep && !renews() && h->alive_until > o->deadline)
		o->deadline = h->alive_until;
	o->told |= (!h->asleep && host_take(h, PAWL_REMOTE_LOST, case_lock, o->req)) || h->news != o->news;
	if (!o->over && (o->told || pawl_remote_now() >= o->deadline))
		tap_note("%s", o->told ? "the owner is told that it is lost" : "the owner's deadline has come");
	o->over |= o->told || pawl_remote_now() >= o->deadline;
	if (o->over || h->asleep || !renews() || (pawl_remote_now() < o->renew_at && h->ups == o->ups))
		return;
	if (h->backend->submit(h->open, &(pawl_remote_op_t){ .kind = PAWL_REMOTE_RENEW,
						.name = case_lock,
						.place = h->place,
						.req = o->req,
						.hi = o->hi,
						.ttl_ns = ttl_of(h) }) == 0)
		o->ups = h->ups;
	o->renew_at = pawl_remote_now() + ttl_of(h) / 6;
}

/* What was under way before the session came up is forgotten, and before it was new, over. */
static void look_back(struct want *w)
{
	if (w->h->news != w->news || host_take(w->h, PAWL_REMOTE_LOST, case_lock, w->req))
		w->req++;
	else if (w->h->ups == w->ups && !host_take(w->h, PAWL_REMOTE_UNKNOWN, case_lock, w->req))
		return;
	w->ups = w->h->ups;
	w->news = w->h->news;
	w->again = 0;
}

static void go_on_waiting(struct want *w)
{
	struct host *h = w->h;
	pawl_remote_op_t op = op_of(h, PAWL_REMOTE_ACQUIRE, case_lock, w->req, 0);
	const struct host_event *e = host_take(h, PAWL_REMOTE_GRANTED, case_lock, w->req);

	if (e)
		w->grant = *e;
	w->grant.there |= e != NULL;
	if (e || w->grant.there)
		return;
	e = host_take(h, PAWL_REMOTE_QUEUED, case_lock, w->req);
	if (e)
		w->again = e->at + (e->event.hint_ns < ttl_of(h) / 3 ? e->event.hint_ns : ttl_of(h) / 3);
	look_back(w);
	op.req = w->req;
	op.floor = held.hi;
	if (pawl_remote_now() >= w->again && may_ask(h, &op) && h->backend->submit(h->open, &op) == 0)
		w->again = pawl_remote_now() + 300 * NS_PER_MS;
}

bool one_has_it(struct host *h, struct host *other)
{
	pawl_remote_event_t e = acquire(h, 1);

	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(other, 1).what == PAWL_REMOTE_QUEUED);
	held = (struct hold){ .h = h, .req = 1, .hi = e.hi, .deadline = e.deadline_ns, .ups = h->ups, .news = h->news };
	wanted = (struct want){ .h = other, .req = 1, .ups = other->ups, .news = other->news };
	return true;
}

static bool step(void)
{
	bool had = wanted.grant.there;

	pump();
	hold_on(&held);
	go_on_waiting(&wanted);
	if (had || !wanted.grant.there || held.over || wanted.grant.at >= held.deadline)
		return true;
	tap_note("granted %.3f s before the other's deadline", (double)(held.deadline - wanted.grant.at) / 1e9);
	return false;
}

bool let_pass(int64_t ns)
{
	int64_t end = pawl_remote_now() + ns;
	bool good = true;

	while (good && pawl_remote_now() < end)
		good = step();
	return good;
}

bool has_settled(void)
{
	int64_t end = pawl_remote_now() + PATIENCE, since = pawl_remote_now();
	bool good = true;

	while (good && !held.over && held.deadline < pawl_remote_deadline(since, ttl_of(held.h)) && pawl_remote_now() < end)
		good = step();
	return good;
}

bool the_other_gets_it(void)
{
	int64_t end = pawl_remote_now() + PATIENCE;

	/* Also of what is over by its own clock: the service may know nothing of that. */
	CHECK(is_over(release(held.h, held.req, held.hi)));
	held.over = true;
	while (!wanted.grant.there && pawl_remote_now() < end)
		step();
	CHECK(wanted.grant.there);
	CHECK(is_over(release(held.h, held.req, held.hi))); /* touches nothing */
	CHECK(still_has(wanted.h, wanted.req, wanted.grant.event.hi));
	return true;
}
