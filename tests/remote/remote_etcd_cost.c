/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_etcd_cost.c: what the etcd backend asks of its server, counted: requests for each hand-off between two hosts, by the
 * server's own figures; and how much an acquisition brings, which must not grow with the number of those who wait.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "etcd.h"
#include "proxy.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { HANDOFFS = 40, FEW = 8, MANY = 200, MOST_REQUESTS = 2 };

static struct server s;
static struct host a, b;

/* ---- requests ---- */

static const struct figure {
	const char *what, *metric;
} figures[] = {
	{ "requests", "grpc_server_handled_total.*unary" },
	{ "of these transactions", "grpc_server_handled_total.*Txn" },
	{ "ranges read", "etcd_debugging_mvcc_range_total" },
	{ "keys written", "etcd_debugging_mvcc_put_total" },
	{ "keys deleted", "etcd_debugging_mvcc_delete_total" },
	{ "events told", "etcd_debugging_mvcc_events_total" },
	{ "writes of the log", "etcd_disk_wal_fsync_duration_seconds_count" },
};

static double now_at(const struct figure *f)
{
	char command[200];

	snprintf(command, sizeof(command),
		"curl -s http://127.0.0.1:$PORT/metrics | grep '^%s' | awk '{ n += $NF } END { print n + 0 }'", f->metric);
	return atof(server_ask(&s, command));
}

/* The owner goes to the end of the queue: that is a hand-off, as often as keepers do it. */
static bool hand_on(struct host *from, struct host *to, uint64_t req, pawl_remote_event_t *grant)
{
	const struct host_event *e;

	if (etcd_submit(from, PAWL_REMOTE_RELEASE, "hot", req, grant->hi) != 0 ||
		!etcd_wait2(from, to, PAWL_REMOTE_RELEASED, "hot", req))
		return false;
	etcd_submit(from, PAWL_REMOTE_ACQUIRE, "hot", req + 1, 0);
	e = etcd_wait2(to, from, PAWL_REMOTE_GRANTED, "hot", from == &a ? req : req + 1);
	if (!e || e->event.hi <= grant->hi || e->event.owner_died)
		return false;
	*grant = e->event;
	return etcd_wait2(from, to, PAWL_REMOTE_QUEUED, "hot", req + 1) &&
	       (grant->contended || etcd_wait2(to, from, PAWL_REMOTE_CONTENDED, "hot", grant->req));
}

static bool hand_round(unsigned n)
{
	pawl_remote_event_t grant = etcd_acquire(&a, "hot", 1);
	bool good = grant.hi && etcd_ask(&b, PAWL_REMOTE_ACQUIRE, "hot", 1, 0).what == PAWL_REMOTE_QUEUED;

	for (unsigned i = 0; i < n && good; i++)
		good = hand_on(i % 2 ? &b : &a, i % 2 ? &a : &b, i / 2 + 1, &grant);
	return good;
}

static void count_requests(void)
{
	double before[COUNT(figures)], each[COUNT(figures)];
	bool good;

	for (size_t i = 0; i < COUNT(figures); i++)
		before[i] = now_at(&figures[i]);
	good = hand_round(HANDOFFS);
	for (size_t i = 0; i < COUNT(figures); i++) {
		each[i] = (now_at(&figures[i]) - before[i]) / HANDOFFS;
		tap_note("%5.2f %s for each hand-off", each[i], figures[i].what);
	}
	tap_ok(good, "%d hand-offs between two hosts", HANDOFFS);
	tap_ok(each[1] > 1 && each[1] < MOST_REQUESTS + 0.5,
		"a hand-off is two transactions: giving it back, which grants it, and queueing up again");
}

/* ---- how much they bring ---- */

static bool queue_up(unsigned from, unsigned to)
{
	char place[8];
	bool good = true;

	for (unsigned i = from; i < to && good; i++) {
		snprintf(place, sizeof(place), "%x", i + 1);
		b.place = place;
		good = etcd_ask(&b, PAWL_REMOTE_ACQUIRE, "crowd", 1, 0).what ==
		       (i ? PAWL_REMOTE_QUEUED : PAWL_REMOTE_GRANTED);
	}
	b.place = "";
	return good;
}

/* In bytes: asking, and asking again, of another host. */
static unsigned long brought(struct proxy *wire, struct host *far, uint64_t req)
{
	bool good;

	proxy_rule(wire, (struct proxy_rules){ 0 });
	good = etcd_ask(far, PAWL_REMOTE_ACQUIRE, "crowd", req, 0).what == PAWL_REMOTE_QUEUED &&
	       etcd_ask(far, PAWL_REMOTE_ACQUIRE, "crowd", req, 0).what == PAWL_REMOTE_QUEUED &&
	       etcd_ask(far, PAWL_REMOTE_CANCEL, "crowd", req, 0).what == PAWL_REMOTE_RELEASED;
	etcd_pass(&far, 1, 100 * NS_PER_MS);
	return good ? proxy_counts(wire).bytes[TO_CLIENT] : 0;
}

static void count_bytes(void)
{
	unsigned long few = 0, many = 0;
	struct proxy wire;
	struct host far;
	char url[64];

	if (!tap_ok(proxy_start(&wire, s.port), "a wire to look at"))
		return;
	snprintf(url, sizeof(url), "etcd://%s", wire.authority);
	if (etcd_host(&far, url, ETCD_LONG, 9) && queue_up(0, FEW) && (few = brought(&wire, &far, 1)) && queue_up(FEW, MANY)) {
		etcd_pass((struct host *[]){ &far }, 1, 300 * NS_PER_MS);
		many = brought(&wire, &far, 2);
	}
	tap_note("%lu bytes among %d, %lu among %d", few, FEW, many, MANY);
	tap_ok(few && many && many < 2 * few, "what an acquisition brings does not grow with those who wait");
	host_close(&far, true);
	proxy_end(&wire);
}

int main(void)
{
	watchdog(200);
	if (!tap_ok(etcd_backend(), "libpawl-etcd.so is there") ||
		!tap_ok(server_start(&s, "etcd", NULL), "a server starts") ||
		!tap_ok(etcd_host(&a, etcd_url(&s, ""), ETCD_LONG, 1) && etcd_host(&b, etcd_url(&s, ""), ETCD_LONG, 2),
			"two hosts"))
		return tap_done();
	count_requests();
	count_bytes();
	host_close(&a, true);
	host_close(&b, true);
	server_end(&s);
	return tap_done();
}
