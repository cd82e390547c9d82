/* SPDX-License-Identifier: BSD-2-Clause */
/** host.c: a backend's events are kept until somebody asks for them (host.h). */
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../lib/harness.h"
#include "../lib/tap.h"

static void hear_session(struct host *h, const pawl_remote_event_t *event)
{
	bool fresh = event->state == PAWL_REMOTE_UP || event->state == PAWL_REMOTE_NEW;

	h->up = event->state != PAWL_REMOTE_DOWN;
	h->ups += fresh;
	h->news += event->state == PAWL_REMOTE_NEW;
	if (fresh)
		h->not_before = pawl_remote_now() + event->delay_ns;
	if (event->state == PAWL_REMOTE_ALIVE)
		h->alive_until = event->deadline_ns;
	host_take(h, PAWL_REMOTE_SESSION, NULL, (uint64_t)event->state);
}

/* It may be said at each attempt. */
static void note_reason(struct host *h, const char *reason)
{
	if (strncmp(h->why, reason, sizeof(h->why) - 1) != 0)
		tap_note("host %s: %s", h->id + 31, reason);
	snprintf(h->why, sizeof(h->why), "%s", reason);
}

static void keep(void *arg, const pawl_remote_event_t *event)
{
	struct host *h = arg;

	if (event->reason)
		note_reason(h, event->reason);
	if (event->what == PAWL_REMOTE_SESSION)
		hear_session(h, event);
	if (event->what == PAWL_REMOTE_CONTENDED) /* may be said as often as you like */
		host_take(h, PAWL_REMOTE_CONTENDED, event->name, event->req);
	for (struct host_event *e = h->events; e < h->events + HOST_EVENTS; e++)
		if (!e->there) {
			*e = (struct host_event){ .event = *event, .at = pawl_remote_now(), .there = true };
			snprintf(e->name, sizeof(e->name), "%s", event->name ? event->name : "");
			snprintf(e->place, sizeof(e->place), "%s", event->place ? event->place : "");
			e->event.name = e->event.place = NULL; /* theirs */
			return;
		}
	h->lost_events++;
}

void host_init(struct host *h, const pawl_backend_t *backend, const char *url, int64_t ttl_ns, unsigned number)
{
	*h = (struct host){ .backend = backend, .wake = -1, .place = "" };
	snprintf(h->id, sizeof(h->id), "%016llx%08x%08x", (unsigned long long)pawl_remote_now(), (unsigned)getpid(), number);
	h->config = (pawl_remote_config_t){
		.url = url, .host = h->id, .ttl_ns = ttl_ns, .saved = h->saved, .event = keep, .arg = h
	};
}

static bool wait_up(struct host *h)
{
	int64_t end = pawl_remote_now() + 20 * NS_PER_S, delay;
	const struct host_event *up;

	while (!(up = host_take(h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_UP)) &&
		!(up = host_take(h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_NEW)))
		if (pawl_remote_now() > end)
			return false;
		else
			host_pump(&h, 1);
	delay = up->event.delay_ns;
	for (end = up->at + delay; pawl_remote_now() < end;)
		host_pump(&h, 1);
	return true;
}

bool host_open(struct host *h)
{
	int rc;

	memset(h->events, 0, sizeof(h->events));
	h->config.term++;
	h->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	rc = h->backend->open(&h->config, &h->open, &h->flags, h->reason, sizeof(h->reason));
	if (rc == 0)
		return wait_up(h);
	tap_note("%s: %s: %s", h->config.url, strerror(rc), h->reason);
	close(h->wake);
	return false;
}

void host_close(struct host *h, bool last)
{
	h->backend->close(h->open, last);
	h->open = NULL;
	close(h->wake);
}

void host_pump(struct host *const hosts[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hosts[i]->open && !hosts[i]->asleep)
			hosts[i]->backend->poll(hosts[i]->open, pawl_remote_now() + NS_PER_MS, hosts[i]->wake);
}

static bool says(const struct host_event *e, pawl_remote_what_t what, const char *name, uint64_t req)
{
	if (!e->there || e->event.what != what)
		return false;
	if (what == PAWL_REMOTE_SESSION)
		return (uint64_t)e->event.state == req;
	return strcmp(e->name, name) == 0 && e->event.req == req;
}

const struct host_event *host_take(struct host *h, pawl_remote_what_t what, const char *name, uint64_t req)
{
	for (struct host_event *e = h->events; e < h->events + HOST_EVENTS; e++)
		if (says(e, what, name, req)) {
			e->there = false;
			return e;
		}
	return NULL;
}

void host_clear(struct host *h, const char *name, uint64_t req)
{
	for (struct host_event *e = h->events; e < h->events + HOST_EVENTS; e++)
		if (e->event.what != PAWL_REMOTE_CONTENDED && e->event.what != PAWL_REMOTE_SESSION &&
			says(e, e->event.what, name, req))
			e->there = false;
}
