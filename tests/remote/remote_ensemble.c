/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_ensemble.c: services of three servers each, etcd and ZooKeeper, whose leader is lost while one host has a lock and another
 * waits: killed, and stopped, so that it does not know. The lock goes on, or its owner is told in time; nobody else is granted
 * it before; and then it is handed on, with a larger token.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "conform_kit.h"
#include "ensemble.h"
#include "etcd.h"
#include "zookeeper.h"

#define TTL (6 * NS_PER_S)

static struct ensemble ensemble;
static char url[300];
static struct conform service;

static void take_up(const char *scheme, const pawl_backend_t *backend, const struct server *leader)
{
	snprintf(url, sizeof(url), "%s://%s", scheme, ensemble_authority(&ensemble, leader));
	service = (struct conform){ .backend = backend, .url = url, .ttl_ns = TTL };
	target = &service;
}

/* Both hosts use the leader first, where the client does not choose for itself. */
static bool is_lost(const char *scheme, const pawl_backend_t *backend, void (*lose)(struct server *), const char *how)
{
	struct server *leader = ensemble_leader(&ensemble, NULL);
	int64_t begin;
	bool good;

	CHECK(leader);
	take_up(scheme, backend, leader);
	snprintf(case_lock, sizeof(case_lock), "%s", how);
	CHECK(open_host(&a, TTL) && open_host(&b, TTL) && one_has_it(&a, &b));
	lose(leader);
	begin = now_ns();
	good = let_pass(NS_PER_S / 2) && has_settled() && ensemble_leader(&ensemble, leader);
	tap_note("%s: the leader is %s: %s after %.1f s", scheme, how,
		held.over ? "the lock is lost" : "the lock goes on", (double)(now_ns() - begin) / 1e9);
	good = good && the_other_gets_it() && is_after(wanted.grant.event.hi, held.hi);
	if (leader->pid) { /* it wakes up, and believes that it leads */
		server_go_on(leader);
		good = good && still_has(&b, wanted.req, wanted.grant.event.hi);
	} else {
		good = server_again(leader) && good;
	}
	good = good && is_over(release(&b, wanted.req, wanted.grant.event.hi));
	host_close(&a, true);
	host_close(&b, true);
	return good;
}

static void loses_leaders(const char *kind, const char *scheme, const pawl_backend_t *backend)
{
	if (tap_ok(backend && ensemble_start(&ensemble, kind), "%s: three servers", kind)) {
		tap_ok(is_lost(scheme, backend, server_kill, "killed"),
			"%s: the leader is killed while a lock is held, and waited for", kind);
		tap_ok(is_lost(scheme, backend, server_stop, "stopped"), "%s: the leader is stopped, and goes on later", kind);
	}
	ensemble_end(&ensemble);
}

int main(void)
{
	watchdog(280);
	signal(SIGPIPE, SIG_IGN); /* as in the keeper's thread */
	loses_leaders("etcd", "etcd", etcd_backend());
	loses_leaders("zookeeper", "zk", zookeeper_backend());
	return tap_done();
}
