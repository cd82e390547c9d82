/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_redis_faults.c: what can become of a Redis server, and what the backend makes of that: restarts, lost data, replicas,
 * passwords, keys of others, answers that are none.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "redis.h"
#include "redis_fake.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LEASE        (8 * NS_PER_S) /* a machine may be slow */

static uint64_t hi_of(struct host *h, const char *name, uint64_t req)
{
	return redis_acquire(h, name, req).hi;
}

static bool gives_back(struct host *h, const char *name, uint64_t req, uint64_t hi)
{
	return redis_ask(h, PAWL_REMOTE_RELEASE, name, req, hi).what == PAWL_REMOTE_RELEASED;
}

/* The delay that comes with the next UP; -1: none came. */
static int64_t delay_of_up(struct host *h)
{
	const struct host_event *e = redis_wait(h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_UP);

	return e ? e->event.delay_ns : -1;
}

/* ---- what a reason says: which server, what, and no secret. Kept by those who heard it ---- */

static char heard[512];

/* As the host's own, but for the reason, which is good only while it is told. */
static void (*keep)(void *, const pawl_remote_event_t *);

static void hear(void *arg, const pawl_remote_event_t *event)
{
	if (event->reason)
		snprintf(heard, sizeof(heard), "%s", event->reason);
	keep(arg, event);
}

static bool opens(struct host *h, const char *url, int64_t ttl, unsigned number)
{
	static char urls[8][512];
	int rc;

	snprintf(urls[number % 8], sizeof(urls[0]), "%s", url);
	host_init(h, redis_backend(), urls[number % 8], ttl, number);
	keep = h->config.event;
	h->config.event = hear;
	*heard = '\0';
	rc = h->backend->open(&h->config, &h->open, &h->flags, h->reason, sizeof(h->reason));
	if (rc != 0)
		snprintf(heard, sizeof(heard), "%s", h->reason);
	return rc == 0;
}

/* It does not come up; why is in `heard`. */
static bool stays_down(const char *url)
{
	struct host h;
	bool down = opens(&h, url, LEASE, 5) && redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN);

	redis_pass(&h, 50 * NS_PER_MS);
	down &= !host_take(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_UP);
	h.backend->close(h.open, true);
	return down;
}

static bool says(const char *a, const char *b)
{
	bool good = strstr(heard, a) && strstr(heard, b) && !strstr(heard, "geheim");

	if (!good)
		tap_note("'%s' lacks '%s' or '%s'", heard, a, b);
	return good;
}

/* With all that a space keeps of it. */
static bool says_in_short(const char *a, const char *b)
{
	heard[sizeof(((pawl_remote_info_t *)0)->reason) - 1] = '\0';
	return says(a, b);
}

/* ---- URLs ---- */

static void urls(void)
{
	static const char *const bad[] = { "redis://", "redis:///", "redis://h/x", "redis://h/-1", "redis://h:0",
		"redis://h?db=1", "redis://h?protocol=best", "redis://h?timeout=0", "redis://h?timeout=x",
		"redis://h?min_replicas=-1", "redis://h?prefix={a}", "redis://h?blind=0", "redis://h?unit=s",
		"redis://h?protocol=getset&unit=h", "redis://h?protocol=setnx&clock_slack=1s",
		"redis://h?protocol=getset&clock_slack=4500ms", "redis://user@h", "redis://u:geh/eim@h", "redis://u:geh?eim@h",
		"redis://:geh/eim@h", "redis://h?speed=1", "redis://h?password=a%00b", "redis://h?repair=off" };
	static const char *const good[] = { "redis://h", "redis://h:1/3", "redis://:p%40@h", "redis://u:p@h",
		"redis://a,b:2,[::1]:3", "redis:///tmp/x?db=3&password=p",
		"redis://h?protocol=setnx&blind=0&repair=off&prefix=", "redis://h?protocol=getset&unit=ms&clock_slack=100ms&blind=1",
		"redis://h?connect_timeout=50ms&timeout=1s" };
	struct host h;
	bool all = true;

	for (size_t i = 0; i < COUNT(bad); i++)
		if (opens(&h, bad[i], LEASE, 1) || !*heard || strstr(heard, "geh")) {
			tap_note("%s is not refused", bad[i]);
			all = false;
		}
	tap_ok(all, "%zu URLs that are none are refused, with a reason", COUNT(bad));
	all = true;
	for (size_t i = 0; i < COUNT(good); i++) {
		bool opened = opens(&h, good[i], LEASE, 1);

		if (opened)
			h.backend->close(h.open, true);
		else
			tap_note("%s: %s", good[i], heard);
		all &= opened;
	}
	tap_ok(all, "%zu good ones are taken", COUNT(good));
}

/* ---- restarts ---- */

static void restarted(void)
{
	struct server s;
	struct host h, other;
	uint64_t hi = 0;
	int64_t delay = 0;

	tap_ok(redis_start(&s, "--appendfsync always") && redis_host(&h, redis_url(&s, ""), LEASE, 1) &&
			(hi = hi_of(&h, "x", 1)) != 0,
		"a lock is held");
	server_kill(&s);
	tap_ok(redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN) &&
			redis_submit(&h, PAWL_REMOTE_RENEW, "x", 1, hi) == ENOTCONN,
		"its server is killed: down, and nothing is taken");
	tap_ok(server_again(&s) && (delay = delay_of_up(&h)) > 0 && delay <= LEASE + LEASE / 10,
		"it is started again: up, and what may still be leased is not asked for");
	tap_ok(redis_submit(&h, PAWL_REMOTE_ACQUIRE, "y", 1, 0) == EAGAIN, "nor granted, should anybody ask");
	tap_ok(redis_ask(&h, PAWL_REMOTE_RENEW, "x", 1, hi).what == PAWL_REMOTE_GRANTED, "the lock is still held");
	delay = opens(&other, redis_url(&s, ""), LEASE, 2) ? delay_of_up(&other) : -1;
	for (int64_t end = pawl_remote_now() + delay; pawl_remote_now() < end; redis_pass(&other, LEASE / 8))
		redis_ask(&h, PAWL_REMOTE_RENEW, "x", 1, hi);
	tap_ok(delay > 0 && redis_ask(&other, PAWL_REMOTE_ACQUIRE, "x", 1, 0).what == PAWL_REMOTE_QUEUED,
		"another host waits for as long, and is queued");
	tap_ok(gives_back(&h, "x", 1, hi) && redis_wait(&other, PAWL_REMOTE_GRANTED, "x", 1), "and is granted it");
	tap_ok(hi_of(&other, "x", 1) > hi + (1 << 20), "with a token far above those of the run before");
	host_close(&h, true);
	host_close(&other, true);
	server_end(&s);
}

/* What is given back is sent at once: so it may be then that the connection is found to be cut. */
static void cut_while_given_back(void)
{
	struct server s;
	struct host h;
	uint64_t hi = 0;
	int rc = 0;

	tap_ok(redis_start(&s, "--appendfsync always") && redis_host(&h, redis_url(&s, ""), LEASE, 1) &&
			(hi = hi_of(&h, "x", 1)) != 0,
		"a lock is held");
	server_kill(&s);
	for (int i = 0; i < 10000 && rc == 0; i++) {
		rc = redis_submit(&h, PAWL_REMOTE_RELEASE, "x", 1, hi);
		nap_us(1000);
	}
	tap_ok(rc == ENOTCONN && !host_take(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN),
		"it is given back to a server that is no more: not taken in the end, and nothing is told out of turn");
	tap_ok(redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN) && redis_wait(&h, PAWL_REMOTE_UNKNOWN, "x", 1),
		"down, and the outcome unknown");
	tap_ok(server_again(&s) && delay_of_up(&h) > 0 && gives_back(&h, "x", 1, hi), "it is there again: given back");
	host_close(&h, true);
	server_end(&s);
}

static void data_lost(void)
{
	struct server s;
	struct host h;
	uint64_t hi = 0;
	int64_t delay = 0;
	pawl_remote_op_t op = { .kind = PAWL_REMOTE_ACQUIRE, .name = "x", .req = 2, .ttl_ns = LEASE, .wait_ns = LEASE };
	const struct host_event *e;

	tap_ok(redis_start(&s, NULL) && redis_host(&h, redis_url(&s, ""), LEASE, 1) && (hi = hi_of(&h, "x", 1)) != 0,
		"a lock is held");
	server_kill(&s);
	server_forget(&s);
	tap_ok(server_again(&s) && (delay = delay_of_up(&h)) > 0, "its server has lost all: up, later");
	tap_ok(redis_ask(&h, PAWL_REMOTE_RENEW, "x", 1, hi).what == PAWL_REMOTE_LOST, "the lock is lost");
	redis_pass(&h, delay);
	op.floor = hi + 40;
	tap_ok(h.backend->submit(h.open, &op) == 0 && (e = redis_wait(&h, PAWL_REMOTE_GRANTED, "x", 2)) &&
			e->event.hi > hi + 40,
		"tokens begin above the largest that is known");
	host_close(&h, true);
	server_end(&s);
}

static void stopped(void)
{
	struct server s;
	struct host h;
	uint64_t hi;

	redis_start(&s, NULL);
	tap_ok(opens(&h, redis_url(&s, "?timeout=200ms&connect_timeout=200ms"), 30 * NS_PER_S, 1) &&
			delay_of_up(&h) >= 0 && (hi = hi_of(&h, "x", 1)) != 0,
		"a lock is held");
	server_stop(&s);
	redis_submit(&h, PAWL_REMOTE_ACQUIRE, "y", 1, 0);
	tap_ok(redis_wait(&h, PAWL_REMOTE_UNKNOWN, "y", 1) && says(s.authority, "no answer"),
		"its server is stopped: the outcome of a request is unknown, after timeout=");
	tap_ok(redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN), "and the session down");
	tap_ok(redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN) &&
			says_in_short("no connection", "connect_timeout= too short"),
		"it is so for another reason: that is told as well");
	redis_pass(&h, 500 * NS_PER_MS);
	tap_ok(!host_take(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN), "and once");
	server_go_on(&s);
	tap_ok(delay_of_up(&h) == 0, "it goes on: up at once, since it has forgotten nothing");
	tap_ok(redis_ask(&h, PAWL_REMOTE_RENEW, "x", 1, hi).what == PAWL_REMOTE_GRANTED && hi_of(&h, "y", 1) != 0,
		"the lock is held; what was under way is asked again");
	server_stop(&s);
	tap_ok(redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN),
		"stopped while nothing is under way: that is noticed, too");
	server_go_on(&s);
	host_close(&h, true);
	server_end(&s);
}

/* ---- the server's memory ---- */

static void scripts_flushed(struct server *s)
{
	struct host h;
	uint64_t hi;

	redis_host(&h, redis_url(s, ""), LEASE, 1);
	redis_cli(s, "SCRIPT FLUSH");
	hi = hi_of(&h, "flushed", 1);
	redis_cli(s, "SCRIPT FLUSH");
	tap_ok(hi != 0 && gives_back(&h, "flushed", 1, hi), "the server forgets scripts: it is told again");
	host_close(&h, true);
}

/* 1e14 is where Lua's numbers become texts like 1e+14; at 2^53 they stop counting. */
static void counters(struct server *s)
{
	static const uint64_t starts[] = { UINT64_C(99999999999998), (UINT64_C(1) << 53) - 2, (UINT64_C(1) << 62) - 6 };
	struct host h;
	uint64_t req = 0;

	redis_host(&h, redis_url(s, ""), LEASE, 1);
	for (size_t i = 0; i < COUNT(starts); i++) {
		bool all = true;

		redis_cli(s, "HSET '{pawl:counted}:L' f %" PRIu64 " x %" PRIu64, starts[i], starts[i]);
		for (uint64_t n = 1; n <= 6; n++) {
			pawl_remote_event_t e = redis_acquire(&h, "counted", ++req);

			all &= e.hi == starts[i] + n && !e.owner_died && redis_acquire(&h, "counted", req).hi == e.hi &&
			       redis_ask(&h, PAWL_REMOTE_RENEW, "counted", req, e.hi).what == PAWL_REMOTE_GRANTED &&
			       gives_back(&h, "counted", req, e.hi);
		}
		tap_ok(all, "tokens grow by one from %" PRIu64 " on", starts[i]);
	}
	host_close(&h, true);
}

static void lapsed_waiters(struct server *s)
{
	struct host h, other;
	uint64_t hi;

	redis_host(&h, redis_url(s, ""), LEASE, 1);
	redis_host(&other, redis_url(s, ""), LEASE, 2);
	hi = hi_of(&h, "lapsed", 1);
	redis_cli(s, "EVAL \"for i = 1, 1000 do redis.call('ZADD', KEYS[1], i, 'w'..i..' 1 1') end\" 1 "
		     "'{pawl:lapsed}:Q'");
	redis_cli(s, "ZADD '{pawl:lapsed}:Q' 0.5 stranger");
	redis_ask(&other, PAWL_REMOTE_ACQUIRE, "lapsed", 1, 0);
	tap_ok(gives_back(&h, "lapsed", 1, hi) && redis_wait(&other, PAWL_REMOTE_GRANTED, "lapsed", 1),
		"a thousand waiters whose time has passed, and a stranger: the lock goes to the next one");
	redis_acquire(&other, "lapsed", 1);
	tap_ok(strcmp(redis_cli(s, "ZCARD '{pawl:lapsed}:Q'"), "0") == 0, "and nothing of them is left");
	host_close(&h, true);
	host_close(&other, true);
}

/* The script that hands on leaves to the next one that it writes down whose request is over, and who waits no more. */
static void handed_on(struct server *s)
{
	struct host h, other;
	pawl_remote_event_t e;
	uint64_t hi;

	redis_host(&h, redis_url(s, ""), LEASE, 1);
	redis_host(&other, redis_url(s, ""), LEASE, 2);
	hi = hi_of(&h, "handed", 1);
	redis_ask(&other, PAWL_REMOTE_ACQUIRE, "handed", 1, 0);
	tap_ok(gives_back(&h, "handed", 1, hi) && strcmp(redis_cli(s, "HGET '{pawl:handed}:L' p"), "") != 0,
		"a lock is handed on, and something left for later");
	tap_ok(redis_ask(&h, PAWL_REMOTE_ACQUIRE, "handed", 1, 0).what == PAWL_REMOTE_LOST &&
			strcmp(redis_cli(s, "ZCARD '{pawl:handed}:Q'"), "0") == 0,
		"a late copy of the request before finds that it is over");
	tap_ok(hi_of(&other, "handed", 1) == hi + 1, "who waited has it");
	redis_ask(&h, PAWL_REMOTE_ACQUIRE, "handed", 2, 0);
	redis_submit(&other, PAWL_REMOTE_RELEASE, "handed", 1, hi + 1);
	tap_ok(redis_wait(&other, PAWL_REMOTE_RELEASED, "handed", 1) &&
			redis_submit(&h, PAWL_REMOTE_RELEASE, "handed", 2, hi + 2) == 0 &&
			redis_wait(&h, PAWL_REMOTE_RELEASED, "handed", 2),
		"handed on twice, with nobody asking in between");
	e = redis_acquire(&other, "handed", 2);
	tap_ok(e.hi == hi + 3 && !e.owner_died, "it is free, its tokens are in order, and nobody died");
	tap_ok(redis_ask(&h, PAWL_REMOTE_ACQUIRE, "handed", 2, 0).what == PAWL_REMOTE_LOST &&
			redis_ask(&other, PAWL_REMOTE_ACQUIRE, "handed", 1, 0).what == PAWL_REMOTE_LOST,
		"and both requests are over");
	host_close(&h, true);
	host_close(&other, true);
}

static void keys_of_others(struct server *s)
{
	static const char *const keys[] = { "L", "Q" };
	struct host h;
	bool all = true;

	opens(&h, redis_url(s, ""), LEASE, 1);
	delay_of_up(&h);
	for (size_t i = 0; i < COUNT(keys); i++) {
		redis_cli(s, "DEL '{pawl:odd}:L' '{pawl:odd}:Q'");
		redis_cli(s, "SET '{pawl:odd}:%s' theirs", keys[i]);
		all &= redis_ask(&h, PAWL_REMOTE_ACQUIRE, "odd", i + 1, 0).what == PAWL_REMOTE_UNKNOWN &&
		       says("WRONGTYPE", "odd");
		all &= strcmp(redis_cli(s, "GET '{pawl:odd}:%s'", keys[i]), "theirs") == 0;
	}
	tap_ok(all, "keys of another type: unknown, the reason names the lock, and they stay as they were");
	tap_ok(hi_of(&h, "even", 1) != 0, "other locks go on");
	host_close(&h, true);
}

/* What anybody who may write there can write: that a script cannot go on is no answer, and it is to be said what to do. */
static void nonsense(struct server *s)
{
	static const char *const values[] = { "u x", "r x", "t x", "p x", "p '1 2 3'" };
	struct host h;
	bool all = true;

	opens(&h, redis_url(s, ""), LEASE, 1);
	delay_of_up(&h);
	for (size_t i = 0; i < COUNT(values); i++) {
		redis_cli(s, "DEL '{pawl:odd}:L' '{pawl:odd}:Q'");
		redis_cli(s, "HSET '{pawl:odd}:L' o somebody u 9999999999999 h 1 r 1 f 1 x 1 t 1 %s", values[i]);
		*heard = '\0';
		all &= redis_ask(&h, PAWL_REMOTE_ACQUIRE, "odd", i + 1, 0).what == PAWL_REMOTE_UNKNOWN &&
		       says("'odd'", "DEL ");
	}
	tap_ok(all, "what is written down of a lock makes no sense: unknown, and what to do");
	redis_cli(s, "DEL '{pawl:odd}:L'");
	tap_ok(hi_of(&h, "odd", COUNT(values)) != 0, "when that is done, the same request has the lock");
	host_close(&h, true);
}

/* How long is written down who has finished what depends on it, and a script that fails half-way keeps what it has done. */
static void times_to_live(struct server *s)
{
	static const int64_t bad[] = { 0, -1, INT64_MIN, INT64_MAX };
	struct host h;
	bool all = true;
	uint64_t hi;

	redis_host(&h, redis_url(s, ""), LEASE, 1);
	hi = hi_of(&h, "brief", 1);
	for (int kind = PAWL_REMOTE_ACQUIRE; kind <= PAWL_REMOTE_CANCEL; kind++)
		for (size_t i = 0; i < COUNT(bad); i++)
			all &= h.backend->submit(h.open, &(pawl_remote_op_t){ .kind = (pawl_remote_kind_t)kind,
								 .name = "brief",
								 .req = 1,
								 .hi = hi,
								 .ttl_ns = bad[i],
								 .clean = true }) == EINVAL;
	tap_ok(hi && all, "a request for no time at all, or for ever, is refused, whatever it is for");
	tap_ok(gives_back(&h, "brief", 1, hi), "and the lock is as it was");
	host_close(&h, true);
}

static void crowded(struct server *s)
{
	struct host h, other;
	pawl_remote_event_t e;

	redis_host(&h, redis_url(s, ""), REDIS_BRIEF, 1);
	redis_host(&other, redis_url(s, ""), REDIS_BRIEF, 2);
	redis_cli(s, "EVAL \"for i = 1, 20000 do redis.call('SET', 'k'..i, 1, 'PX', 600000 + i) end\" 0");
	hi_of(&h, "crowd", 1);
	e = redis_ask(&other, PAWL_REMOTE_ACQUIRE, "crowd", 1, 0);
	tap_ok(e.what == PAWL_REMOTE_QUEUED && e.hint_ns <= REDIS_BRIEF + 100 * NS_PER_MS,
		"20000 other keys that expire: a waiter is told when to ask again");
	redis_pass(&other, e.hint_ns);
	tap_ok(hi_of(&other, "crowd", 1) != 0, "and has the lock then");
	host_close(&h, true);
	host_close(&other, true);
}

/* ---- hints ---- */

static void forged(struct server *s)
{
	static const char *const texts[] = { "", "G", "G ", "G - 1", "G - 1 5", "G - 1 5 9 0", "G - 1 5 9 0 ",
		"G xyz 1 5 9 0 x", "G 1234567 1 5 9 0 x", "R - -1 5 9 0 x", "R - 99999999999999999999 5 9 0 x",
		"X - 1 5 9 0 x", "R - 9007199254740992 5 9 0 x", "G - 1 9223372036854775808 9 0 x",
		"G - 1 5 99999999999 0 x", "G - 1 5 9000 0 nobodys" };
	struct host h;
	uint64_t hi;

	redis_host(&h, redis_url(s, ""), LEASE, 1);
	hi = hi_of(&h, "x", 1);
	for (size_t i = 0; i < COUNT(texts); i++)
		redis_cli(s, "PUBLISH '{pawl}:h:%s' '%s'", h.id, texts[i]);
	redis_cli(s, "PUBLISH '{pawl}:h:%s' \"$(head -c 100000 /dev/zero | tr '\\0' G)\"", h.id);
	redis_cli(s, "PUBLISH '{pawl}:h:%s' 'R - 1 %" PRIu64 " 0 0 x'", h.id, hi);
	tap_ok(redis_wait(&h, PAWL_REMOTE_CONTENDED, "x", 1), "of %zu forged hints the well-formed one is told",
		COUNT(texts) + 2);
	tap_ok(!host_take(&h, PAWL_REMOTE_GRANTED, "nobodys", 1) && hi_of(&h, "x", 1) == hi,
		"and no lock is granted by one");
	host_close(&h, true);
}

/* ---- the keeper before ---- */

static void succeeded(struct server *s)
{
	struct host old, new;

	redis_host(&old, redis_url(s, ""), 30 * NS_PER_S, 1);
	hi_of(&old, "x", 7);
	new = old;
	new.config.saved = new.saved;
	new.config.arg = &new;
	new.config.host = new.id;
	tap_ok(host_open(&new), "another keeper of the same host takes over");
	tap_ok(redis_wait(&old, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN),
		"and ends the connection of the one before: nothing of that comes late");
	host_close(&old, false);
	host_close(&new, true);
}

/* ---- replicas ---- */

static void replicas(void)
{
	struct server s, replica;
	struct host h, other;
	char options[128];
	pawl_remote_event_t e;
	uint64_t hi = 0;

	redis_start(&s, NULL);
	opens(&h, redis_url(&s, "?min_replicas=1"), LEASE, 1);
	tap_ok(delay_of_up(&h) >= 0 && (e = redis_ask(&h, PAWL_REMOTE_ACQUIRE, "x", 1, 0)).what == PAWL_REMOTE_GRANTED &&
			e.deadline_ns <= pawl_remote_now() && says("0 of 1", s.authority),
		"min_replicas=1 without any: the grant has run out before it is told, and the reason says so");
	tap_ok(gives_back(&h, "x", 1, e.hi), "it is given back");
	tap_ok(redis_host(&other, redis_url(&s, ""), LEASE, 2) && (hi = hi_of(&other, "x", 1)) &&
			gives_back(&other, "x", 1, hi),
		"and the lock is free");
	snprintf(options, sizeof(options), "--replicaof 127.0.0.1 %d", s.port);
	tap_ok(server_start(&replica, "redis", options), "a replica starts");
	for (int i = 0; i < 300 && strcmp(redis_cli(&s, "WAIT 1 100"), "1") != 0; i++)
		nap_us(10000);
	for (uint64_t req = 2; req < 100; req++) {
		e = redis_ask(&h, PAWL_REMOTE_ACQUIRE, "x", req, 0);
		if (e.what == PAWL_REMOTE_GRANTED && e.deadline_ns > pawl_remote_now())
			break;
		redis_pass(&h, 10 * NS_PER_MS);
	}
	tap_ok(e.what == PAWL_REMOTE_GRANTED && e.deadline_ns > pawl_remote_now(), "with it the lock is granted");
	tap_ok(redis_ask(&other, PAWL_REMOTE_ACQUIRE, "x", 2, 0).what == PAWL_REMOTE_QUEUED, "and others are queued");
	tap_ok(stays_down(redis_url(&replica, "")) && says("replica", replica.authority),
		"a replica is not asked for locks");
	host_close(&other, true);
	snprintf(options, sizeof(options), "redis://%s,%s", replica.authority, s.authority);
	tap_ok(redis_host(&other, options, LEASE, 3), "of two hosts in the URL the one that is a master is");
	host_close(&other, true);
	host_close(&h, true);
	server_end(&replica);
	server_end(&s);
}

static void demoted(void)
{
	struct server s;
	struct host h;
	int64_t delay;

	redis_start(&s, NULL);
	opens(&h, redis_url(&s, ""), LEASE, 1);
	delay_of_up(&h);
	hi_of(&h, "x", 1);
	redis_cli(&s, "REPLICAOF 127.0.0.1 1");
	redis_ask(&h, PAWL_REMOTE_ACQUIRE, "x", 2, 0);
	tap_ok(redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN) && says("replica", s.authority),
		"a master becomes a replica: down");
	redis_cli(&s, "REPLICAOF NO ONE");
	delay = delay_of_up(&h);
	tap_ok(delay > 0 && delay <= LEASE + LEASE / 10,
		"it is promoted again: up, later, since it may have lost grants");
	host_close(&h, true);
	server_end(&s);
}

/* ---- who we are ---- */

static void passwords(void)
{
	struct server s;
	struct host h;
	char url[200];

	server_start(&s, "redis", "--user app on '>geheim' '~*' '&*' +@all");
	redis_cli(&s, "CONFIG SET requirepass geheim0");
	snprintf(url, sizeof(url), "redis://:geheim0@%s", s.authority);
	tap_ok(redis_host(&h, url, REDIS_BRIEF, 1) && hi_of(&h, "x", 1) != 0, "with the password a lock is granted");
	host_close(&h, true);
	snprintf(url, sizeof(url), "redis://app:geheim@%s/2", s.authority);
	tap_ok(redis_host(&h, url, REDIS_BRIEF, 1) && hi_of(&h, "x", 1) != 0, "with user and password, too");
	host_close(&h, true);
	snprintf(url, sizeof(url), "redis://:geheim1@%s", s.authority);
	tap_ok(stays_down(url) && says_in_short("WRONGPASS", "in the URL"),
		"a wrong one: down, and the reason says why without it");
	tap_ok(stays_down(redis_url(&s, "")) && says_in_short("NOAUTH", "write redis://:PASSWORD@HOST"),
		"none: down, and what to write");
	server_end(&s);
}

static void databases(struct server *s)
{
	struct host h, other;
	char url[200];

	redis_host(&h, redis_url(s, "/3"), LEASE, 1);
	tap_ok(hi_of(&h, "db", 1) != 0 && strcmp(redis_cli(s, "-n 3 EXISTS '{pawl:db}:L'"), "1") == 0,
		"the path of the URL is the database");
	snprintf(url, sizeof(url), "redis://%s/socket?db=3", s->dir);
	tap_ok(redis_host(&other, url, LEASE, 2) && redis_ask(&other, PAWL_REMOTE_ACQUIRE, "db", 1, 0).what == PAWL_REMOTE_QUEUED,
		"by its socket it is the same server");
	host_close(&other, true);
	tap_ok(redis_host(&other, redis_url(s, "/3?prefix=b"), LEASE, 2) && hi_of(&other, "db", 1) != 0,
		"another prefix is another lock");
	host_close(&other, true);
	host_close(&h, true);
	tap_ok(stays_down(redis_url(s, "/999999")) && says("SELECT", s->authority), "a database that is none: down");
	snprintf(url, sizeof(url), "redis://%s/nowhere", s->dir);
	tap_ok(stays_down(url) && says("nowhere", "No such file"), "a socket that is none: down");
	tap_ok(stays_down("redis://127.0.0.1:1") && says("127.0.0.1:1", "refused"),
		"a port where nobody listens: down");
}

/* What a user may not, a server without memory cannot, and somebody ends. */
static void full(struct server *s, const char *options)
{
	struct host h;
	uint64_t hi;

	opens(&h, redis_url(s, options), LEASE, 1);
	delay_of_up(&h);
	redis_acquire(&h, "full", 1);
	hi = redis_acquire(&h, "full", 1).hi;
	redis_cli(s, "CONFIG SET maxmemory 1");
	tap_ok(redis_ask(&h, PAWL_REMOTE_ACQUIRE, "more", 1, 0).what == PAWL_REMOTE_UNKNOWN && says("maxmemory", s->authority),
		"%s a server's memory is full: nothing is granted, and the reason says why", options);
	tap_ok(redis_ask(&h, PAWL_REMOTE_RENEW, "full", 1, hi).what == PAWL_REMOTE_GRANTED && gives_back(&h, "full", 1, hi),
		"what is granted is renewed, and given back");
	redis_cli(s, "CONFIG SET maxmemory 0");
	tap_ok(redis_acquire(&h, "full", 2).what == PAWL_REMOTE_GRANTED, "and granted again when there is room");
	gives_back(&h, "full", 2, redis_acquire(&h, "full", 2).hi);
	host_close(&h, true);
}

static void full_while_handed_on(struct server *s)
{
	struct host h, other;
	uint64_t hi;

	redis_host(&h, redis_url(s, ""), LEASE, 1);
	redis_host(&other, redis_url(s, ""), LEASE, 2);
	hi = hi_of(&h, "full", 3);
	redis_ask(&other, PAWL_REMOTE_ACQUIRE, "full", 3, 0);
	redis_cli(s, "CONFIG SET maxmemory 1");
	tap_ok(gives_back(&h, "full", 3, hi) && redis_wait(&other, PAWL_REMOTE_GRANTED, "full", 3),
		"it is handed on, too, while memory is full");
	redis_cli(s, "CONFIG SET maxmemory 0");
	host_close(&h, true);
	host_close(&other, true);
}

static void forbidden(struct server *s)
{
	struct host h;
	char url[200];

	snprintf(url, sizeof(url), "redis://app:geheim@%s", s->authority);
	redis_cli(s, "ACL SETUSER app on '>geheim' '~*' +@all");
	tap_ok(stays_down(url) && says("may not", s->authority),
		"a user that may not hear of hints: down, and what to allow");
	redis_cli(s, "ACL SETUSER app '&*' resetkeys '~{pawl}:boot'");
	opens(&h, url, LEASE, 1);
	tap_ok(delay_of_up(&h) >= 0 && redis_ask(&h, PAWL_REMOTE_ACQUIRE, "x", 1, 0).what == PAWL_REMOTE_UNKNOWN &&
			says("may not", s->authority),
		"one that may not touch the keys: unknown, and what to allow");
	host_close(&h, true);
	redis_cli(s, "DEL '{pawl}:boot'");
	redis_cli(s, "SET '{pawl}:boot' theirs");
	tap_ok(stays_down(redis_url(s, "")) && says("somebody else's", s->authority),
		"the key of its runs is another's: down");
	redis_cli(s, "DEL '{pawl}:boot'");
	redis_is_new(s);
}

static void connections_killed(struct server *s)
{
	static const char *const types[] = { "normal", "pubsub" };
	struct host h;
	uint64_t hi;

	redis_host(&h, redis_url(s, ""), LEASE, 1);
	hi = hi_of(&h, "killed", 1);
	for (size_t i = 0; i < COUNT(types); i++) {
		redis_cli(s, "CLIENT KILL TYPE %s", types[i]);
		tap_ok(redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN) && delay_of_up(&h) == 0 &&
				redis_ask(&h, PAWL_REMOTE_RENEW, "killed", 1, hi).what == PAWL_REMOTE_GRANTED,
			"its connection is ended, %s: down, up, and it has what it had", types[i]);
	}
	host_close(&h, true);
}

/* ---- servers that lie ---- */

static bool survives(const char *to, const char *payload)
{
	struct redis_fake f;
	struct host h;
	char url[100], where[32];
	bool good;

	redis_fake_start(&f, to, payload);
	snprintf(where, sizeof(where), "127.0.0.1:%d", f.port);
	snprintf(url, sizeof(url), "redis://:geheim@%s?timeout=100ms&connect_timeout=100ms", where);
	opens(&h, url, LEASE, 1);
	if (strcmp(to, "EVALSHA") == 0)
		good = delay_of_up(&h) == 0 && redis_ask(&h, PAWL_REMOTE_ACQUIRE, "x", 1, 0).what == PAWL_REMOTE_UNKNOWN;
	else
		good = redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN);
	good &= says(where, where);
	if (!good)
		tap_note("to %s it says %.40s", to, payload);
	redis_pass(&h, 20 * NS_PER_MS);
	h.backend->close(h.open, true);
	redis_fake_end(&f);
	return good;
}

/* Until the server answers so; false: not within 30 s. */
static bool answers(const struct server *s, const char *word)
{
	for (int i = 0; i < 300; i++) {
		if (strstr(redis_cli(s, "PING 2>&1"), word))
			return true;
		nap_us(100000);
	}
	return false;
}

/* A script of somebody's that does not end. */
static void busy(void)
{
	struct server s;
	struct host h;

	redis_start(&s, "--busy-reply-threshold 50");
	opens(&h, redis_url(&s, ""), LEASE, 1);
	delay_of_up(&h);
	redis_cli(&s, "EVAL 'while true do end' 0 >/dev/null 2>&1 &");
	tap_ok(answers(&s, "BUSY") && redis_ask(&h, PAWL_REMOTE_ACQUIRE, "busy", 1, 0).what == PAWL_REMOTE_UNKNOWN &&
			says("BUSY", "SCRIPT KILL"),
		"a script runs that does not end: unknown, and what to do");
	redis_cli(&s, "SCRIPT KILL");
	tap_ok(hi_of(&h, "busy", 1) != 0, "when that is done, the same request has the lock");
	host_close(&h, true);
	server_end(&s);
}

/* A server that reads its data again answers in between, if told to often enough. */
static void loading(void)
{
	struct server s;
	struct host h;
	uint64_t hi;

	redis_start(
		&s, "--enable-debug-command yes --loading-process-events-interval-bytes 1024 --key-load-delay 1000");
	opens(&h, redis_url(&s, ""), LEASE, 1);
	delay_of_up(&h);
	hi = hi_of(&h, "loaded", 1);
	redis_cli(&s, "DEBUG POPULATE 2000 other 100");
	redis_cli(&s, "DEBUG RELOAD >/dev/null 2>&1 &");
	tap_ok(answers(&s, "LOADING") && redis_submit(&h, PAWL_REMOTE_ACQUIRE, "loading", 1, 0) == 0 &&
			redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_DOWN) &&
			says_in_short("LOADING", "will serve soon"),
		"a server that reads its data: down, and why");
	tap_ok(redis_wait(&h, PAWL_REMOTE_SESSION, NULL, PAWL_REMOTE_UP) &&
			redis_ask(&h, PAWL_REMOTE_RENEW, "loaded", 1, hi).what == PAWL_REMOTE_GRANTED,
		"it has read them: up, and what was leased still is");
	host_close(&h, true);
	server_end(&s);
}

static void liars(void)
{
	static const char *const payloads[] = { "", "HTTP/1.1 400 Bad Request\r\n\r\n", "*-5\r\n",
		"*999999999999999999\r\n", "$999999999999999999\r\n", "$-7\r\nx\r\n",
		"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "\r\n", "\001\377",
		"-ERR geheim is your password\r\n", "*3\r\n$-1\r\n$-1\r\n$-1\r\n", "*0\r\n", ":-1\r\n" };
	static const char *const answers[] = { "+OK\r\n", "$-1\r\n", "*1\r\n:1\r\n", "*1\r\n$0\r\n\r\n", "*1\r\n$1\r\nG\r\n",
		"*4\r\n$1\r\nG\r\n$-1\r\n:0\r\n$1\r\n0\r\n", "*4\r\n$1\r\nG\r\n$2\r\n-1\r\n:0\r\n$1\r\n0\r\n",
		"*4\r\n$1\r\nG\r\n$20\r\n18446744073709551616\r\n:0\r\n$1\r\n0\r\n",
		"*4\r\n$1\r\nG\r\n$19\r\n9999999999999999999\r\n:0\r\n$1\r\n0\r\n",
		"*4\r\n$1\r\nG\r\n$1\r\n0\r\n:0\r\n$1\r\n0\r\n", "*4\r\n$1\r\nG\r\n$5\r\n1e+14\r\n:0\r\n$1\r\n0\r\n",
		"*4\r\n$1\r\nG\r\n$1\r\n5\r\n$1\r\n0\r\n$1\r\n0\r\n", "*3\r\n$1\r\nQ\r\n$1\r\n5\r\n$1\r\n0\r\n",
		"*3\r\n$1\r\nQ\r\n:5\r\n$2\r\n-1\r\n", "*1\r\n$1\r\nR\r\n", "*2\r\n$1\r\nE\r\n:1\r\n",
		"*2\r\n$1\r\nE\r\n$6\r\ngeheim\r\n", "-OOM command not allowed\r\n", "-READONLY You can't\r\n",
		"-LOADING geheim\r\n", "-NOSCRIPT again\r\n-NOSCRIPT and again\r\n", ":1\r\n:2\r\n:3\r\n" };
	static const char *const steps[] = { "", "AUTH", "CLIENT", "SCRIPT", "INFO", "EVAL", "SUBSCRIBE" };
	size_t tried = 0;
	bool all = true;

	for (size_t i = 0; i < COUNT(steps); i++)
		for (size_t j = 0; j < COUNT(payloads); j++)
			if (strcmp(steps[i], "CLIENT") != 0 || j < 4) { /* it may answer anything that is an answer */
				all &= survives(steps[i], payloads[j]);
				tried++;
			}
	for (size_t j = 0; j < COUNT(payloads) + COUNT(answers); j++, tried++)
		all &= survives("EVALSHA", j < COUNT(payloads) ? payloads[j] : answers[j - COUNT(payloads)]);
	tap_ok(all, "%zu things that a server should not say: unknown or down, a reason that names it, and no secret", tried);
}

int main(void)
{
	struct server s;

	watchdog(240);
	signal(SIGPIPE, SIG_IGN); /* as in the keeper's thread */
	if (!tap_ok(redis_backend(), "libpawl-redis.so is there"))
		return tap_done();
	urls();
	restarted();
	cut_while_given_back();
	data_lost();
	stopped();
	if (tap_ok(redis_start(&s, NULL), "a server starts")) {
		scripts_flushed(&s);
		counters(&s);
		lapsed_waiters(&s);
		handed_on(&s);
		keys_of_others(&s);
		nonsense(&s);
		times_to_live(&s);
		crowded(&s);
		forged(&s);
		succeeded(&s);
		databases(&s);
		full(&s, "");
		full(&s, "?protocol=setnx");
		full(&s, "?protocol=getset");
		full_while_handed_on(&s);
		connections_killed(&s);
		forbidden(&s);
		server_end(&s);
	}
	replicas();
	demoted();
	passwords();
	busy();
	loading();
	liars();
	return tap_done();
}
