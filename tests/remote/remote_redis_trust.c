/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_redis_trust.c: how long a host may believe in what a Redis server has granted: replicas that have not heard of it, hosts
 * whose leases are of different lengths, and runs of the server that have forgotten it.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "proxy.h"
#include "redis.h"

#define LEASE (8 * NS_PER_S) /* a machine may be slow */

static bool is_good(const pawl_remote_event_t *e)
{
	return e->what == PAWL_REMOTE_GRANTED && e->deadline_ns > pawl_remote_now();
}

static bool has_run_out(const pawl_remote_event_t *e)
{
	return e->what == PAWL_REMOTE_GRANTED && e->deadline_ns <= pawl_remote_now();
}

/* ---- replicas ---- */

static void wait_for_replica(const struct server *s)
{
	for (int i = 0; i < 300 && strcmp(redis_cli(s, "WAIT 1 100"), "1") != 0; i++)
		nap_us(10000);
}

/* The replica is there, and hears nothing: the server's answer is lost as well. */
static void answer_lost(const struct server *s, struct server *replica)
{
	struct proxy wire;
	struct host h;
	pawl_remote_event_t e;
	char url[100];

	tap_ok(proxy_start(&wire, s->port), "a wire to the server");
	snprintf(url, sizeof(url), "redis://%s?min_replicas=1", wire.authority);
	tap_ok(redis_host(&h, url, LEASE, 1), "a host that asks for a replica");
	server_stop(replica);
	proxy_rule(&wire, (struct proxy_rules){ .cut_at = { [TO_CLIENT] = 1 } });
	redis_submit(&h, PAWL_REMOTE_ACQUIRE, "lost", 1, 0);
	tap_ok(redis_wait(&h, PAWL_REMOTE_UNKNOWN, "lost", 1) && strcmp(redis_cli(s, "EXISTS '{pawl:lost}:L'"), "1") == 0,
		"a lock is granted; neither the replica nor the host hears of that");
	tap_ok(redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_UP), "it connects again");
	e = redis_ask(&h, PAWL_REMOTE_ACQUIRE, "lost", 1, 0);
	tap_ok(has_run_out(&e), "and asks again: what the replica has still not heard of is none");
	server_go_on(replica);
	wait_for_replica(s);
	for (int i = 0; i < 100 && !is_good(&e); i++)
		e = redis_ask(&h, PAWL_REMOTE_ACQUIRE, "lost", 1, 0);
	tap_ok(is_good(&e), "the replica goes on: the same request has it");
	host_close(&h, true);
	proxy_end(&wire);
}

static void handed_on(const struct server *s, struct server *replica)
{
	struct host h, other;
	pawl_remote_event_t e;
	const struct host_event *got;

	redis_host(&h, redis_url(s, "?min_replicas=1"), LEASE, 1);
	redis_host(&other, redis_url(s, ""), LEASE, 2);
	e = redis_acquire(&other, "handed", 1);
	tap_ok(redis_ask(&h, PAWL_REMOTE_ACQUIRE, "handed", 1, 0).what == PAWL_REMOTE_QUEUED,
		"a host waits for another");
	server_stop(replica);
	tap_ok(redis_ask(&other, PAWL_REMOTE_RELEASE, "handed", 1, e.hi).what == PAWL_REMOTE_RELEASED &&
			(got = redis_wait(&h, PAWL_REMOTE_GRANTED, "handed", 1)) && has_run_out(&got->event),
		"it is handed the lock while the replica hears nothing: that is none");
	server_go_on(replica);
	host_close(&h, true);
	host_close(&other, true);
}

static void replicas(void)
{
	struct server s, replica;
	char options[64];

	redis_start(&s, NULL);
	snprintf(options, sizeof(options), "--replicaof 127.0.0.1 %d", s.port);
	if (tap_ok(server_start(&replica, "redis", options), "a server and its replica")) {
		wait_for_replica(&s);
		answer_lost(&s, &replica);
		handed_on(&s, &replica);
		server_end(&replica);
	}
	server_end(&s);
}

/* ---- leases of different lengths ---- */

/* From whoever asks for leases of `long_ns` to whoever asks for `short_ns`: the first that this one hears of its grant must not
 * promise more than the server keeps. */
static void different(const struct server *s, int64_t from_ns, int64_t to_ns, const char *name)
{
	struct host from, to;
	pawl_remote_event_t e;
	const struct host_event *got;
	int64_t left = 0, kept = -1, deadline = 0;

	redis_host(&from, redis_url(s, ""), from_ns, 1);
	redis_host(&to, redis_url(s, ""), to_ns, 2);
	e = redis_acquire(&from, name, 1);
	redis_ask(&to, PAWL_REMOTE_ACQUIRE, name, 1, 0);
	redis_submit(&from, PAWL_REMOTE_RELEASE, name, 1, e.hi);
	host_pump(&(struct host *){ &from }, 1);
	got = redis_wait(&to, PAWL_REMOTE_GRANTED, name, 1);
	if (got) {
		deadline = got->event.deadline_ns;
		redis_pass(&to, 50 * NS_PER_MS); /* what confirms it has been heard */
		kept = strtoll(redis_cli(s,
				       "EVAL \"local t = redis.call('TIME') return redis.call('HGET', KEYS[1], 'u') - "
				       "t[1] * 1000 - t[2] / 1000\" 1 '{pawl:%s}:L'",
				       name),
			       NULL, 10) *
		       NS_PER_MS;
		left = deadline - pawl_remote_now();
	}
	tap_ok(got && left < (kept > 0 ? kept : 0) + NS_PER_S / 4,
		"from leases of %.1f s to some of %.1f s: it is kept for as long as is believed", (double)from_ns / 1e9,
		(double)to_ns / 1e9);
	if (got)
		tap_note("believed for %.2f s, kept for %.2f s", (double)left / 1e9, (double)kept / 1e9);
	host_close(&to, true);
	host_close(&from, true);
}

static void lengths(void)
{
	struct server s;

	redis_start(&s, NULL);
	different(&s, 30 * NS_PER_S, NS_PER_S, "shorter");
	different(&s, 10 * NS_PER_S, 3 * NS_PER_S, "a-bit-shorter");
	different(&s, 10 * NS_PER_S, 10 * NS_PER_S, "same");
	different(&s, NS_PER_S, 30 * NS_PER_S, "longer");
	server_end(&s);
}

/* ---- runs of the server ---- */

/* A host that asks for leases of `ttl_ns` comes up, and goes. What it is told to wait; -1: it did not come up. */
static int64_t delay_for(const struct server *s, int64_t ttl_ns)
{
	struct host h;
	const struct host_event *e;
	int64_t delay = -1;

	host_init(&h, redis_backend(), redis_url(s, ""), ttl_ns, 3);
	if (h.backend->open(&h.config, &h.open, &h.flags, h.reason, sizeof(h.reason)) != 0)
		return -1;
	if ((e = redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_UP)))
		delay = e->event.delay_ns;
	h.backend->close(h.open, true);
	return delay;
}

/* What those wait for who ask for the shortest leases is the longest of those that may still last. */
static void runs(void)
{
	const int64_t longest = 60 * NS_PER_S, own = REDIS_BRIEF + REDIS_BRIEF / 10;
	struct server s;
	int64_t delay;

	redis_start(&s, "--appendfsync always"); /* what is written behind an fsync that takes long dies with the server */
	tap_ok(delay_for(&s, longest) == 0 && delay_for(&s, REDIS_BRIEF) == 0,
		"hosts with leases of 60 s and of 0.3 s come to a server that has forgotten nothing: neither waits");
	for (int run = 1; run <= 2; run++) {
		server_kill(&s);
		server_again(&s);
		delay = delay_for(&s, REDIS_BRIEF);
		tap_ok(delay > own && delay <= longest + longest / 10,
			"restart %d: who asks for short ones waits for the long ones", run);
	}
	redis_cli(&s, "HINCRBY '{pawl}:boot' since -70000");
	tap_ok(delay_for(&s, REDIS_BRIEF) == 0, "70 s later nobody waits");
	server_kill(&s);
	server_again(&s);
	delay = delay_for(&s, REDIS_BRIEF);
	tap_ok(delay >= 0 && delay <= own, "and after another restart the long ones are of the past");
	server_end(&s);
}

static int64_t wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / NS_PER_MS;
}

static void wait_for_fraction(int64_t ms)
{
	while (wall_ms() % 1000 / 50 != ms / 50)
		nap_us(1000);
}

/* It says its age in whole seconds, as a difference of whole seconds: one that was started at .85 says 1 at .25. */
static void ages(void)
{
	struct server s;
	int64_t began;

	wait_for_fraction(850);
	began = wall_ms();
	redis_start(&s, NULL);
	redis_cli(&s, "DEL '{pawl}:boot'"); /* as if nobody had been there */
	wait_for_fraction(250);
	tap_ok(delay_for(&s, REDIS_BRIEF) >= 0 && atoll(redis_cli(&s, "HGET '{pawl}:boot' since")) >= began,
		"a server that was started just now is not taken for older than it is");
	server_end(&s);
}

/* ---- a replica that is promoted ---- */

/* Open another host, which waits for the lock-delay, and renew what `h` has meanwhile. */
static bool opens_later(struct host *other, struct host *h, const char *url, uint64_t hi)
{
	static char copy[128];
	const struct host_event *e = NULL;
	int64_t end;

	snprintf(copy, sizeof(copy), "%s", url);
	host_init(other, redis_backend(), copy, LEASE, 2);
	if (other->backend->open(&other->config, &other->open, &other->flags, other->reason, sizeof(other->reason)) == 0)
		e = redis_wait(other, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_UP);
	end = pawl_remote_now() + (e ? e->event.delay_ns : 0);
	for (; pawl_remote_now() < end; redis_pass(other, LEASE / 8))
		redis_ask(h, PAWL_REMOTE_RENEW, "kept", 1, hi);
	return e;
}

static void failed_over(void)
{
	struct server s, replica;
	struct host h, other;
	const struct host_event *e;
	pawl_remote_event_t next;
	char options[64], url[128];
	uint64_t hi;

	redis_start(&s, NULL);
	snprintf(options, sizeof(options), "--replicaof 127.0.0.1 %d", s.port);
	server_start(&replica, "redis", options);
	snprintf(url, sizeof(url), "redis://%s,%s", s.authority, replica.authority);
	redis_host(&h, url, LEASE, 1);
	hi = redis_acquire(&h, "kept", 1).hi;
	for (int i = 0; i < 1000 && strcmp(redis_cli(&replica, "EXISTS '{pawl:kept}:L'"), "1") != 0; i++)
		nap_us(10000);
	server_kill(&s);
	redis_cli(&replica, "REPLICAOF NO ONE");
	e = redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_UP);
	tap_ok(e && e->event.delay_ns > 0,
		"a replica is promoted: the other host of the URL serves, and grants nothing at first");
	redis_submit(&h, PAWL_REMOTE_RENEW, "kept", 1, hi);
	tap_ok(redis_wait(&h, PAWL_REMOTE_GRANTED, "kept", 1) && hi != 0, "what it has heard of is kept");
	tap_ok(opens_later(&other, &h, redis_url(&replica, ""), hi), "another host comes when that is over");
	redis_ask(&other, PAWL_REMOTE_ACQUIRE, "kept", 1, 0);
	redis_ask(&h, PAWL_REMOTE_RELEASE, "kept", 1, hi);
	next = redis_acquire(&other, "kept", 1);
	tap_ok(next.hi > hi + (1 << 20) && next.owner_died,
		"tokens go on far above, and a death may have been forgotten");
	host_close(&h, true);
	host_close(&other, true);
	server_end(&replica);
	server_end(&s);
}

int main(void)
{
	watchdog(240);
	signal(SIGPIPE, SIG_IGN); /* as in the keeper's thread */
	if (!tap_ok(redis_backend(), "libpawl-redis.so is there"))
		return tap_done();
	replicas();
	lengths();
	runs();
	ages();
	failed_over();
	return tap_done();
}
