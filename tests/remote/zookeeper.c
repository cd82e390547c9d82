/* SPDX-License-Identifier: BSD-2-Clause */
/** zookeeper.c: the backend and its hosts (zookeeper.h). */
#include "zookeeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pawl/space.h>

#include "remote/registry.h"

#include "../lib/harness.h"
#include "../lib/tap.h"

const pawl_backend_t *zookeeper_backend(void)
{
	static const pawl_backend_t *found;
	char folder[PATH_MAX - 16] = "", path[PATH_MAX];

	if (found)
		return found;
	if (readlink("/proc/self/exe", folder, sizeof(folder) - 1) > 0)
		*strstr(folder, "/tests/remote/") = '\0';
	snprintf(path, sizeof(path), "%s/backends", folder);
	setenv("PAWL_BACKEND_DIR", path, 1);
	if (pawl__backend_find("zk://", &found) != 0)
		tap_note("%s", pawl_space_reason());
	return found;
}

const char *zookeeper_url(const struct server *s, const char *rest)
{
	static char urls[4][200];
	static unsigned n;
	char *url = urls[n++ % 4];

	snprintf(url, sizeof(urls[0]), "zk://%s%s", s->authority, rest);
	return url;
}

bool zookeeper_submit(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi, bool clean)
{
	pawl_remote_op_t op = { .kind = kind,
		.name = name,
		.place = h->place,
		.req = req,
		.hi = hi,
		.ttl_ns = h->config.ttl_ns,
		.wait_ns = h->config.ttl_ns,
		.clean = clean };

	return h->backend->submit(h->open, &op) == 0;
}

const struct host_event *zookeeper_wait(
	struct host *h, struct host *other, pawl_remote_what_t what, const char *name, uint64_t req)
{
	int64_t end = pawl_remote_now() + 30 * NS_PER_S;
	struct host *const both[] = { h, other };
	const struct host_event *e;

	while (!(e = host_take(h, what, name, req)) && pawl_remote_now() < end)
		host_pump(both, other ? 2 : 1);
	return e;
}

/* UNKNOWN: once more, as keepers do. */
static bool is_asked_again(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi)
{
	return h->up && host_take(h, PAWL_REMOTE_UNKNOWN, name, req) && zookeeper_submit(h, kind, name, req, hi, true);
}

pawl_remote_event_t zookeeper_acquire(struct host *h, const char *name, uint64_t req, bool queued)
{
	int64_t end = pawl_remote_now() + 30 * NS_PER_S;
	const struct host_event *e = NULL;

	zookeeper_submit(h, PAWL_REMOTE_ACQUIRE, name, req, 0, true);
	while (!e && pawl_remote_now() < end) {
		host_pump(&h, 1);
		is_asked_again(h, PAWL_REMOTE_ACQUIRE, name, req, 0);
		e = host_take(h, queued ? PAWL_REMOTE_QUEUED : PAWL_REMOTE_GRANTED, name, req);
	}
	return e ? e->event : (pawl_remote_event_t){ 0 };
}

bool zookeeper_give(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi)
{
	int64_t end = pawl_remote_now() + 30 * NS_PER_S;

	zookeeper_submit(h, kind, name, req, hi, true);
	while (!host_take(h, PAWL_REMOTE_RELEASED, name, req) && !host_take(h, PAWL_REMOTE_LOST, name, req)) {
		if (pawl_remote_now() > end)
			return false;
		host_pump(&h, 1);
		is_asked_again(h, kind, name, req, hi);
	}
	return true;
}
