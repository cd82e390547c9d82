/* SPDX-License-Identifier: BSD-2-Clause */
/** settings.h: what a redis:// URL says: where the server is, who we are to it, and how patient we are. */
#ifndef PAWL_BACKENDS_REDIS_SETTINGS_H
#define PAWL_BACKENDS_REDIS_SETTINGS_H

#include "backends/url.h"

enum redis_protocol { REDIS_QUEUE, REDIS_SETNX, REDIS_GETSET };

struct settings {
	struct url url;              /* whose texts are pointed to */
	const char *user, *password; /* NULL: none */
	char socket[110];            /* "": hosts */
	char where[URL_HOSTS][280];  /* for people: HOST:PORT, or the socket */
	const char *prefix;          /* of all keys */
	enum redis_protocol protocol;
	int64_t database;
	int64_t connect_timeout, timeout;
	int64_t min_replicas, replica_timeout;
	int64_t clock_slack; /* getset: how far the clocks of others may be off */
	bool blind;          /* others, whom we cannot see, use the same locks */
	bool seconds;        /* getset: the unit of stamps */
	bool repair;         /* setnx: give a key an end that has none */
};

/** False, and `reason`, if the URL is none, or does not fit leases of `ttl_ns`. */
bool settings_read(struct settings *s, const char *url, int64_t ttl_ns, char *reason, size_t size);

#endif
