/* SPDX-License-Identifier: BSD-2-Clause */
/** service.h: the lock services that tests of locks on several hosts run over, one row each: how to get one, what it promises, and how
 * to be in its way. A test is run over all of them at the same time, a process for each.
 */
#ifndef PAWL_TESTS_SERVICE_H
#define PAWL_TESTS_SERVICE_H

#include "proxy.h"
#include "server.h"

enum { SERVICE_LINKS = 3 };

struct service_kind {
	const char *name;
	const char *scheme;     /* of its URL, and so of its backend */
	const char *server;     /* server.h; NULL: a directory (directory.h), which needs none */
	const char *everywhere; /* options that make the server listen beyond loopback, in a network of its own */
	const char *query;      /* of the URL */
	long ttl_ms;            /* as short as it and a busy machine allow */
	unsigned promises;      /* HISTORY_*, SERVICE_* */
};

#define SERVICE_ORDER  0x100u /* hosts are granted in the order in which they asked */
#define SERVICE_STRICT 0x200u /* PAWL_STRICT can be had */

struct service {
	const struct service_kind *kind;
	struct server server;
	struct proxy link[SERVICE_LINKS]; /* each of the first hosts has its own way to the server */
	bool has_net;                     /* and hosts may be put on wires (net.h) in place of that */
	bool on_wires;
	int held; /* the directory's descriptor, while it is stopped */
};

/** Hosts for it: hosts_begin or hosts_begin_at. */
void service_hosts(struct service *s);

/* ---- in its way ---- */

/** It cannot be reached, or can be again: it is killed, and starts again with the data that it had. */
void service_kill(struct service *s);
bool service_again(struct service *s);
/** It does not answer for a while, and then goes on. */
void service_stop(struct service *s);
void service_go_on(struct service *s);

enum service_when { SERVICE_TOGETHER, SERVICE_IN_TURN };

/** Something happens to the way of host `h`, of which there are so many kinds; or is over. Nothing where there is no server. */
enum { SERVICE_LINK_FAULTS = 6 };
void service_harm_link(struct service *s, int h, unsigned kind);
void service_mend_link(struct service *s, int h);

/** Run the test over each service, in a child each, at the same time or one after the other, with the service started; `cases` prints
 * TAP lines, which are passed on with the service's name in front. SERVICES= of the environment names those to run. One whose
 * backend has not been built is skipped. */
void service_each(const char *program, void (*cases)(struct service *s), enum service_when when);

#endif
