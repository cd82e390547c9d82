/* SPDX-License-Identifier: BSD-2-Clause */
/** options.c: reading them (options.h). */
#include "backends/etcd/options.h"

#include <stdio.h>
#include <string.h>

#define MS INT64_C(1000000)

enum { CLIENT_PORT = 2379 };

static bool refuse(struct options *o, const char *why)
{
	snprintf(o->url.reason, o->url.reason_size, "%s", why);
	return false;
}

/* A quarter of the time to live: a server that does not answer is left while there is time to ask another. */
static int64_t patience(int64_t ttl)
{
	int64_t quarter = ttl / 4;

	return quarter < 1000 * MS ? 1000 * MS : quarter > 5000 * MS ? 5000 * MS : quarter;
}

static bool make_sense(struct options *o)
{
	if (o->url.hosts == 0)
		return refuse(o, "no host in the URL: write etcd://HOST or etcd://HOST:PORT,HOST:PORT");
	if (*o->url.path)
		return refuse(o, "etcd has no path: write ?prefix=PREFIX for keys that begin with it");
	if (strlen(o->prefix) > PREFIX_MOST)
		return refuse(o, "prefix= in the URL is too long: use up to 200 bytes");
	if (!o->tls && (o->ca || o->cert || o->key))
		return refuse(o, "ca=, cert= and key= in the URL are of no use without tls=1");
	if (!o->cert != !o->key)
		return refuse(o, "cert= and key= in the URL need each other");
	if (o->url.user && !o->url.password)
		return refuse(o, "no password in the URL: write etcd://USER:PASSWORD@HOST");
	return true;
}

bool options_read(struct options *o, const char *url, int64_t ttl, char *reason, size_t size)
{
	static const char *const protocols[] = { "queue", "key", "v3lock", NULL };
	struct url *u = &o->url;

	if (!url_parse(u, url, CLIENT_PORT, reason, size))
		return false;
	o->protocol = (enum protocol)url_word(u, "protocol", protocols);
	o->prefix = url_text(u, "prefix", "");
	o->tls = url_number(u, "tls", 0, 1, 0);
	o->ca = url_text(u, "ca", NULL);
	o->cert = url_text(u, "cert", NULL);
	o->key = url_text(u, "key", NULL);
	o->timeout = url_time(u, "timeout", 10 * MS, 60000 * MS, patience(ttl));
	o->blind = o->protocol == KEY && url_number(u, "blind", 0, 1, 1);
	return url_done(u) && make_sense(o);
}
