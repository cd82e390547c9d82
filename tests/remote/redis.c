/* SPDX-License-Identifier: BSD-2-Clause */
/** redis.c: see redis.h. */
#include "redis.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "remote/registry.h"

#include "../lib/harness.h"
#include "../lib/tap.h"

const pawl_backend_t *redis_backend(void)
{
	static const pawl_backend_t *found;
	char folder[PATH_MAX - 16] = "", path[PATH_MAX];

	if (found)
		return found;
	if (readlink("/proc/self/exe", folder, sizeof(folder) - 1) > 0)
		*strstr(folder, "/tests/remote/") = '\0';
	snprintf(path, sizeof(path), "%s/backends", folder);
	setenv("PAWL_BACKEND_DIR", path, 1);
	if (pawl__backend_find("redis://", &found) != 0)
		tap_note("%s", pawl_space_reason());
	return found;
}

/* ---- servers ---- */

const char *redis_cli(const struct server *s, const char *format, ...)
{
	char command[4096] = "redis-cli -h 127.0.0.1 -p $PORT ";
	size_t n = strlen(command);
	va_list args;

	va_start(args, format);
	vsnprintf(command + n, sizeof(command) - n, format, args);
	va_end(args);
	return server_ask(s, command);
}

void redis_is_new(const struct server *s)
{
	server_ask(s, "run=$(redis-cli -p $PORT INFO server | sed -n 's/^run_id:\\([0-9a-f]*\\).*/\\1/p'); "
		      "redis-cli -p $PORT HSET '{pawl}:boot' run $run offset -1 since 0 ttl 0");
}

bool redis_start(struct server *s, const char *options)
{
	if (!server_start(s, "redis", options))
		return false;
	redis_is_new(s);
	return true;
}

const char *redis_url(const struct server *s, const char *rest)
{
	static char url[PATH_MAX];

	snprintf(url, sizeof(url), "redis://%s%s", s->authority, rest);
	return url;
}

void redis_conforms(const char *column, const char *options, const struct conform_exception *exceptions)
{
	struct server s;
	struct conform target = { .column = column,
		.backend = redis_backend(),
		.ttl_ns = NS_PER_S / 2,
		.exceptions = exceptions,
		.server = &s,
		.is_new = redis_is_new };

	if (!tap_ok(redis_start(&s, NULL), "a server starts"))
		return;
	target.url = redis_url(&s, options);
	tap_note("%s", target.url);
	conform_run(&target);
	server_end(&s);
}

/* ---- a host ---- */

const struct host_event *redis_wait(struct host *h, pawl_remote_what_t what, const char *name, uint64_t req)
{
	int64_t end = pawl_remote_now() + 30 * NS_PER_S;
	const struct host_event *e;

	while (!(e = host_take(h, what, name, req)) && pawl_remote_now() < end)
		host_pump(&h, 1);
	return e;
}

static pawl_remote_op_t op_of(const struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi)
{
	return (pawl_remote_op_t){ .kind = kind,
		.name = name,
		.place = h->place,
		.req = req,
		.hi = hi,
		.ttl_ns = h->config.ttl_ns,
		.wait_ns = h->config.ttl_ns,
		.clean = true };
}

int redis_submit(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi)
{
	pawl_remote_op_t op = op_of(h, kind, name, req, hi);

	return h->backend->submit(h->open, &op);
}

pawl_remote_event_t redis_ask(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi)
{
	static const pawl_remote_what_t answers[] = { PAWL_REMOTE_GRANTED, PAWL_REMOTE_QUEUED, PAWL_REMOTE_RELEASED,
		PAWL_REMOTE_LOST, PAWL_REMOTE_UNKNOWN };
	int64_t end = pawl_remote_now() + 30 * NS_PER_S;
	const struct host_event *e = NULL;

	host_clear(h, name, req);
	if (redis_submit(h, kind, name, req, hi) != 0)
		return (pawl_remote_event_t){ 0 };
	while (pawl_remote_now() < end) {
		for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
			if ((e = host_take(h, answers[i], name, req)))
				return e->event;
		host_pump(&h, 1);
	}
	return (pawl_remote_event_t){ 0 };
}

pawl_remote_event_t redis_acquire(struct host *h, const char *name, uint64_t req)
{
	int64_t end = pawl_remote_now() + 30 * NS_PER_S;
	pawl_remote_event_t e = { 0 };

	while (e.what != PAWL_REMOTE_GRANTED && pawl_remote_now() < end) {
		e = redis_ask(h, PAWL_REMOTE_ACQUIRE, name, req, 0);
		if (e.what != PAWL_REMOTE_GRANTED)
			redis_pass(h, 5 * NS_PER_MS);
	}
	return e;
}

bool redis_host(struct host *h, const char *url, int64_t ttl_ns, unsigned number)
{
	static char urls[16][512];

	snprintf(urls[number % 16], sizeof(urls[0]), "%s", url); /* the config points to it */
	host_init(h, redis_backend(), urls[number % 16], ttl_ns, number);
	return host_open(h);
}

void redis_pass(struct host *h, int64_t ns)
{
	int64_t end = pawl_remote_now() + ns;

	while (pawl_remote_now() < end)
		host_pump(&h, 1);
}
