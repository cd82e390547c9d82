/* SPDX-License-Identifier: BSD-2-Clause */
/** etcd.c: see etcd.h. */
#include "etcd.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "remote/registry.h"

#include "../lib/harness.h"
#include "../lib/tap.h"

const pawl_backend_t *etcd_backend(void)
{
	static const pawl_backend_t *found;
	char folder[PATH_MAX - 16] = "", path[PATH_MAX];

	if (found)
		return found;
	if (readlink("/proc/self/exe", folder, sizeof(folder) - 1) > 0)
		*strstr(folder, "/tests/remote/") = '\0';
	snprintf(path, sizeof(path), "%s/backends", folder);
	setenv("PAWL_BACKEND_DIR", path, 1);
	if (pawl__backend_find("etcd://", &found) != 0)
		tap_note("%s", pawl_space_reason());
	return found;
}

/* ---- the server ---- */

const char *etcd_ctl(const struct server *s, const char *format, ...)
{
	char command[4096] = "etcdctl --endpoints 127.0.0.1:$PORT ";
	size_t n = strlen(command);
	va_list args;

	va_start(args, format);
	vsnprintf(command + n, sizeof(command) - n, format, args);
	va_end(args);
	return server_ask(s, command);
}

int etcd_keys(const struct server *s, const char *prefix)
{
	return atoi(etcd_ctl(s, "get --prefix --keys-only '%s' | grep -c .", prefix));
}

bool etcd_keys_become(const struct server *s, const char *prefix, int n, struct host *const hosts[], size_t hosts_n)
{
	int64_t end = pawl_remote_now() + 30 * NS_PER_S;

	while (etcd_keys(s, prefix) != n)
		if (pawl_remote_now() > end)
			return false;
		else
			etcd_pass(hosts, hosts_n, 20 * NS_PER_MS);
	return true;
}

const char *etcd_url(const struct server *s, const char *rest)
{
	static char urls[4][1024];
	static unsigned next;
	char *url = urls[next++ % 4];

	snprintf(url, sizeof(urls[0]), "etcd://%s%s", s->authority, rest);
	return url;
}

/* ---- a host ---- */

bool etcd_host(struct host *h, const char *url, int64_t ttl_ns, unsigned number)
{
	host_init(h, etcd_backend(), url, ttl_ns, number);
	return host_open(h);
}

const struct host_event *etcd_wait2(struct host *h, struct host *other, pawl_remote_what_t what, const char *name, uint64_t req)
{
	int64_t end = pawl_remote_now() + 30 * NS_PER_S;
	struct host *both[] = { h, other };
	const struct host_event *e;

	while (!(e = host_take(h, what, name, req)) && pawl_remote_now() < end)
		host_pump(both, other ? 2 : 1);
	return e;
}

const struct host_event *etcd_wait(struct host *h, pawl_remote_what_t what, const char *name, uint64_t req)
{
	return etcd_wait2(h, NULL, what, name, req);
}

int etcd_submit(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi)
{
	pawl_remote_op_t op = { .kind = kind,
		.name = name,
		.place = h->place,
		.req = req,
		.hi = hi,
		.ttl_ns = h->config.ttl_ns,
		.wait_ns = h->config.ttl_ns,
		.clean = true };

	return h->backend->submit(h->open, &op);
}

pawl_remote_event_t etcd_ask(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi)
{
	static const pawl_remote_what_t answers[] = { PAWL_REMOTE_GRANTED, PAWL_REMOTE_QUEUED, PAWL_REMOTE_RELEASED,
		PAWL_REMOTE_LOST, PAWL_REMOTE_UNKNOWN };
	int64_t end = pawl_remote_now() + 30 * NS_PER_S;
	const struct host_event *e = NULL;

	host_clear(h, name, req);
	if (etcd_submit(h, kind, name, req, hi) != 0)
		return (pawl_remote_event_t){ 0 };
	while (pawl_remote_now() < end) {
		for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
			if ((e = host_take(h, answers[i], name, req)))
				return e->event;
		host_pump(&h, 1);
	}
	return (pawl_remote_event_t){ 0 };
}

pawl_remote_event_t etcd_acquire(struct host *h, const char *name, uint64_t req)
{
	pawl_remote_event_t e = etcd_ask(h, PAWL_REMOTE_ACQUIRE, name, req, 0);
	const struct host_event *later = e.what == PAWL_REMOTE_QUEUED ? etcd_wait(h, PAWL_REMOTE_GRANTED, name, req) : NULL;

	if (later)
		return later->event;
	return e.what == PAWL_REMOTE_GRANTED ? e : (pawl_remote_event_t){ 0 };
}

void etcd_pass(struct host *const hosts[], size_t n, int64_t ns)
{
	int64_t end = pawl_remote_now() + ns;

	do
		host_pump(hosts, n);
	while (pawl_remote_now() < end);
}
