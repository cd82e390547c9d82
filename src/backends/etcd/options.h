/* SPDX-License-Identifier: BSD-2-Clause */
/** options.h: what the URL of an etcd says. etcd://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...][?KEY=VALUE...]; see pawl_etcd(7). */
#ifndef PAWL_ETCD_OPTIONS_H
#define PAWL_ETCD_OPTIONS_H

#include "backends/url.h"

enum { PREFIX_MOST = 200 };

enum protocol { QUEUE, KEY, V3LOCK };

struct options {
	struct url url; /* its hosts, user and password; the texts below are parts of it */
	enum protocol protocol;
	const char *prefix; /* in front of all our keys */
	bool tls, blind;
	const char *ca, *cert, *key; /* NULL: not given */
	int64_t timeout;             /* of a request */
};

/** False, and `reason`, if that is no such URL. `ttl` is that of the leases. */
bool options_read(struct options *o, const char *url, int64_t ttl, char *reason, size_t size);

#endif
