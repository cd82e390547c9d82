/* SPDX-License-Identifier: BSD-2-Clause */
/** settings.c: the URL (settings.h).
 *
 *   redis://[[USER]:PASSWORD@]HOST[:PORT][,HOST...][/DATABASE][?OPTIONS]      the first of the hosts that is a master
 *   redis:///PATH/TO/SOCKET[?OPTIONS]                                         ?db=, ?user=, ?password=
 */
#include "backends/redis/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

enum { PORT = 6379, DATABASES = 1 << 20, REPLICAS = 1000 };

static bool wrong(struct settings *s, const char *what)
{
	if (!s->url.wrong)
		snprintf(s->url.reason, s->url.reason_size, "%s", what);
	s->url.wrong = true;
	return false;
}

static bool read_socket(struct settings *s)
{
	if (!*s->url.path)
		return wrong(s, "no server in the URL: write redis://HOST, or redis:///PATH/TO/SOCKET");
	if (strlen(s->url.path) + 1 >= sizeof(s->socket) - 1)
		return wrong(s, "the path of the socket in the URL is too long: 107 bytes at most");
	snprintf(s->socket, sizeof(s->socket), "/%s", s->url.path);
	snprintf(s->where[0], sizeof(s->where[0]), "redis %s", s->socket);
	return true;
}

/* The path is the database. */
static bool read_hosts(struct settings *s)
{
	const struct url *u = &s->url;
	char *end;

	for (unsigned i = 0; i < u->hosts; i++)
		snprintf(s->where[i], sizeof(s->where[i]), "redis %.255s:%u", u->at[i].host, u->at[i].port);
	if (!*u->path)
		return true;
	s->database = strtol(u->path, &end, 10);
	if (*u->path < '0' || *u->path > '9' || *end || s->database > DATABASES)
		return wrong(s, "the path of the URL is no database: write redis://HOST/NUMBER");
	return true;
}

/* In the authority, or as options: a URL with a socket has no authority. */
static bool read_user(struct settings *s)
{
	s->user = url_text(&s->url, "user", s->url.user);
	s->password = url_text(&s->url, "password", s->url.password);
	if (s->user && !*s->user)
		s->user = NULL;
	if (s->password && !*s->password)
		s->password = NULL;
	if (s->user && !s->password)
		return wrong(s, "a user without a password in the URL: write redis://USER:PASSWORD@HOST, "
				"or redis://:PASSWORD@HOST for a password alone");
	return true;
}

/* Keys must hash to the same slot of a cluster: what is in braces decides. */
static bool read_prefix(struct settings *s)
{
	s->prefix = url_text(&s->url, "prefix", "pawl");
	if (strlen(s->prefix) > 200 || strpbrk(s->prefix, "{}"))
		return wrong(s, "prefix= in the URL has braces, or more than 200 bytes");
	return true;
}

static void read_options(struct settings *s)
{
	struct url *u = &s->url;

	s->protocol = url_word(u, "protocol", (const char *const[]){ "queue", "setnx", "getset", NULL });
	s->connect_timeout = url_time(u, "connect_timeout", 10 * MS, 60 * S, 2 * S);
	s->timeout = url_time(u, "timeout", 10 * MS, 60 * S, 2 * S);
	s->min_replicas = url_number(u, "min_replicas", 0, REPLICAS, 0);
	if (*s->socket)
		s->database = url_number(u, "db", 0, DATABASES, 0);
	if (s->protocol != REDIS_QUEUE)
		s->blind = url_number(u, "blind", 0, 1, 1) == 1;
	if (s->protocol == REDIS_SETNX)
		s->repair = url_word(u, "repair", (const char *const[]){ "on", "off", NULL }) == 0;
	if (s->protocol == REDIS_GETSET) {
		s->seconds = url_word(u, "unit", (const char *const[]){ "s", "ms", NULL }) == 0;
		s->clock_slack = url_time(u, "clock_slack", 0, 3600 * S, S);
	}
}

bool settings_read(struct settings *s, const char *url, int64_t ttl_ns, char *reason, size_t size)
{
	*s = (struct settings){ 0 };
	if (!url_parse(&s->url, url, PORT, reason, size))
		return false;
	if (s->url.hosts == 0 ? !read_socket(s) : !read_hosts(s))
		return false;
	if (!read_user(s) || !read_prefix(s))
		return false;
	read_options(s);
	if (!url_done(&s->url))
		return false;
	s->replica_timeout = s->timeout / 2 < ttl_ns / 10 ? s->timeout / 2 : ttl_ns / 10;
	if (ttl_ns < 2 * s->clock_slack)
		return wrong(s, "leases are shorter than twice clock_slack: make clock_slack= in the URL smaller, or "
				"leases longer");
	return true;
}
