/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_redis_plain.c: `setnx` and `getset` beside clients that know nothing of pawl: by hand, and in a crowd of both kinds. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pawl/annotate.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "redis.h"
#include "redis_plain.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SETNX        "?protocol=setnx"
#define GETSET       "?protocol=getset&unit=ms&clock_slack=20ms"
#define LEASE        (10 * NS_PER_S)

static struct server server;

static bool has(const char *command, const char *answer)
{
	const char *said = redis_cli(&server, "%s", command);

	if (strcmp(said, answer) != 0)
		tap_note("%s: '%s', not '%s'", command, said, answer);
	return strcmp(said, answer) == 0;
}

static pawl_remote_event_t acquire(struct host *h, const char *name, uint64_t req)
{
	return redis_ask(h, PAWL_REMOTE_ACQUIRE, name, req, 0);
}

static bool queued(struct host *h, const char *name, uint64_t req)
{
	return acquire(h, name, req).what == PAWL_REMOTE_QUEUED;
}

static bool gives_back(struct host *h, const char *name, uint64_t req, uint64_t hi)
{
	return redis_ask(h, PAWL_REMOTE_RELEASE, name, req, hi).what == PAWL_REMOTE_RELEASED;
}

static bool renews(struct host *h, const char *name, uint64_t req, uint64_t hi)
{
	return redis_ask(h, PAWL_REMOTE_RENEW, name, req, hi).what == PAWL_REMOTE_GRANTED;
}

/* ---- SETNX by hand ---- */

static void setnx_by_hand(void)
{
	struct host h;
	uint64_t hi = 0, last = 0;

	redis_host(&h, redis_url(&server, SETNX), LEASE, 1);
	tap_ok(has("SETNX pawl:orders me", "1") && queued(&h, "orders", 1), "SETNX by hand: we wait");
	tap_ok(has("DEL pawl:orders", "1") && (last = redis_acquire(&h, "orders", 1).hi) != 0, "DEL: we have it");
	tap_ok(has("SETNX pawl:orders me", "0") && renews(&h, "orders", 1, last),
		"SETNX by hand: not while we have it");
	tap_ok(gives_back(&h, "orders", 1, last) && has("SETNX pawl:orders me", "1") && has("PEXPIRE pawl:orders 200", "1"),
		"we give it back: it is theirs, for a while");
	tap_ok(queued(&h, "orders", 2) && (hi = redis_acquire(&h, "orders", 2).hi) > last,
		"its time ends: ours, with a larger token");
	has("PEXPIRE pawl:orders 5000", "1");
	tap_ok(renews(&h, "orders", 2, hi) && atoi(redis_cli(&server, "PTTL pawl:orders")) > 5000,
		"a loser's EXPIRE cuts it short: a renewal mends that");
	has("SET pawl:orders thief", "OK");
	tap_ok(!renews(&h, "orders", 2, hi) && gives_back(&h, "orders", 2, hi) && has("GET pawl:orders", "thief"),
		"it is overwritten: lost, and what is not ours is not deleted");
	has("DEL pawl:orders", "1");
	tap_ok(acquire(&h, "orders", 3).owner_died, "who has it next is told");
	has("LPUSH pawl:list x", "1");
	tap_ok(acquire(&h, "list", 1).what == PAWL_REMOTE_UNKNOWN && has("LRANGE pawl:list 0 -1", "x"),
		"a key of another type: unknown, and it stays");
	tap_ok(redis_acquire(&h, "a b/{c}", 1).hi != 0 && has("EXISTS 'pawl:a%20b%2F%7Bc%7D'", "1"),
		"what is odd in a name is %%XX in its key");
	h.place = "1f";
	tap_ok(redis_submit(&h, PAWL_REMOTE_ACQUIRE, "orders", 9, 0) == EINVAL,
		"places in a queue are refused: there is none");
	host_close(&h, true);
	redis_host(&h, redis_url(&server, SETNX "&prefix="), LEASE, 1);
	tap_ok(has("SETNX orders me", "1") && queued(&h, "orders", 4), "without a prefix the key is the name");
	host_close(&h, true);
}

static void repaired(void)
{
	struct host h, other;

	redis_host(&h, redis_url(&server, SETNX), REDIS_BRIEF, 1);
	redis_host(&other, redis_url(&server, SETNX "&repair=off"), REDIS_BRIEF, 2);
	has("SETNX pawl:crashed me", "1");
	for (int i = 0; i < 10; i++) {
		queued(&other, "crashed", 1);
		redis_pass(&other, REDIS_BRIEF / 4);
	}
	tap_ok(has("PTTL pawl:crashed", "-1") && queued(&other, "crashed", 1),
		"a key without an end, repair=off: it stays");
	tap_ok(redis_acquire(&h, "crashed", 1).hi != 0, "else it is given one: its owner has crashed before EXPIRE");
	for (int i = 0; i < 8; i++) {
		redis_cli(&server, "SET pawl:busy me%d", i);
		queued(&h, "busy", 1);
		redis_pass(&h, REDIS_BRIEF / 2);
	}
	tap_ok(has("PTTL pawl:busy", "-1"), "not one that changes hands meanwhile");
	host_close(&h, true);
	host_close(&other, true);
}

/* ---- GETSET by hand ---- */

static void getset_by_hand(void)
{
	struct host h;
	int fd = plain_connect(server.port);
	int64_t stamp, ours;

	redis_host(&h, redis_url(&server, GETSET), LEASE, 1);
	tap_ok(plain_getset(fd, "pawl:stamp", 60000, &stamp) && queued(&h, "stamp", 1), "taken by hand: we wait");
	plain_delete(fd, "pawl:stamp", stamp);
	tap_ok(redis_acquire(&h, "stamp", 1).what == PAWL_REMOTE_GRANTED, "given back: we have it");
	ours = plain_say(fd, "GET pawl:stamp");
	tap_ok(!plain_getset(fd, "pawl:stamp", 60000, &stamp), "by hand: not while we have it");
	redis_pass(&h, 5 * NS_PER_MS);
	tap_ok(renews(&h, "stamp", 1, 0) && plain_say(fd, "GET pawl:stamp") > ours, "a renewal is a later time");
	plain_say(fd, "GETSET pawl:stamp %lld", (long long)ours + 12345);
	tap_ok(renews(&h, "stamp", 1, 0) && plain_say(fd, "GET pawl:stamp") != ours + 12345,
		"a loser's GETSET overwrites our time: we have it still, and write ours again");
	tap_ok(gives_back(&h, "stamp", 1, 0) && plain_getset(fd, "pawl:stamp", 100, &stamp), "we give it back: theirs");
	tap_ok(redis_acquire(&h, "stamp", 2).owner_died, "they die: ours when its time has passed, and we are told");
	plain_say(fd, "SET pawl:word theirs");
	plain_say(fd, "SET pawl:seconds 1700000000");
	plain_say(fd, "LPUSH pawl:stamps 1");
	tap_ok(acquire(&h, "word", 1).what == PAWL_REMOTE_UNKNOWN && acquire(&h, "seconds", 1).what == PAWL_REMOTE_UNKNOWN &&
			acquire(&h, "stamps", 1).what == PAWL_REMOTE_UNKNOWN && has("GET pawl:word", "theirs"),
		"no time, one of another unit, another type: unknown, and they stay");
	host_close(&h, true);
	close(fd);
}

/* A lease that has ended is somebody else's: it is not deleted. */
static void getset_too_late(void)
{
	struct host h, other;

	redis_host(&h, redis_url(&server, GETSET), REDIS_BRIEF, 1);
	redis_host(&other, redis_url(&server, GETSET), LEASE, 2);
	tap_ok(redis_acquire(&h, "late", 1).what == PAWL_REMOTE_GRANTED &&
			redis_acquire(&other, "late", 1).what == PAWL_REMOTE_GRANTED,
		"a time passes: another host has it");
	tap_ok(gives_back(&h, "late", 1, 0) && renews(&other, "late", 1, 0),
		"a release that comes too late touches nothing");
	host_close(&h, true);
	host_close(&other, true);
}

static void seconds(void)
{
	struct host h;
	int fd = plain_connect(server.port);

	redis_host(&h, redis_url(&server, "?protocol=getset"), LEASE, 1);
	tap_ok(redis_acquire(&h, "plain", 1).what == PAWL_REMOTE_GRANTED && plain_say(fd, "GET pawl:plain") > 1000000000 &&
			plain_say(fd, "GET pawl:plain") < INT64_C(100000000000),
		"times are seconds unless the URL says otherwise");
	host_close(&h, true);
	close(fd);
}

/* ---- all we, or not ---- */

static void alone(const char *options)
{
	struct host h, other;
	pawl_remote_event_t e;
	char url[200];

	snprintf(url, sizeof(url), "%s&blind=0", options);
	redis_host(&h, redis_url(&server, url), LEASE, 1);
	redis_host(&other, redis_url(&server, url), LEASE, 2);
	e = redis_acquire(&h, "alone", 1);
	tap_ok(!(h.flags & PAWL_REMOTE_BLIND) && !e.contended, "blind=0: nobody waits, and it is known");
	tap_ok(queued(&other, "alone", 1) && redis_wait(&h, PAWL_REMOTE_CONTENDED, "alone", 1) &&
			acquire(&h, "alone", 1).contended,
		"somebody does, and it is told");
	gives_back(&h, "alone", 1, e.hi);
	tap_ok(redis_wait(&other, PAWL_REMOTE_QUEUED, "alone", 1) && acquire(&other, "alone", 1).what == PAWL_REMOTE_GRANTED,
		"it is free: who waits is told to ask again");
	host_close(&h, true);
	host_close(&other, true);
}

/* ---- a crowd ---- */

enum { PLAYERS = 3, HOLDS = 60, CROWD_MS = 400 }; /* players of each kind; holds of each */

/* Who had it, from when to when; a hold that outlived its time ends there. */
static struct hold {
	int64_t from, to;
} * holds;
static uint32_t *held_by[2]; /* how many holds there were, by kind */

static const struct scene {
	const char *what, *options, *key;
	bool (*take)(int fd, const char *key, int64_t ttl_ms, int64_t *stamp);
} scenes[] = { { "setnx", SETNX, "pawl:crowd-setnx", plain_setnx }, { "getset", GETSET, "pawl:crowd-getset", plain_getset } };

struct player {
	const struct scene *scene;
	unsigned number;
};

static void note(const struct player *p, int64_t from, int64_t deadline)
{
	int64_t now = pawl_remote_now();
	uint32_t kind = p->number < PLAYERS;
	uint32_t i = PAWL_FETCH_ADD(held_by[kind], 1u, RELAXED); /* relaxed: read when all have ended */

	holds[kind * PLAYERS * HOLDS + i] = (struct hold){ from, now < deadline ? now : deadline };
}

/* One in ten dies holding it: the others wait for its time to pass. */
static bool dies(const struct player *p, int i)
{
	return (p->number + (unsigned)i) % 10 == 9;
}

static void play_plain(void *arg)
{
	const struct player *p = arg;
	int fd = plain_connect(server.port);
	int64_t stamp;

	for (int i = 0; i < HOLDS; i++) {
		int64_t asked = pawl_remote_now(), from;

		while (!p->scene->take(fd, p->scene->key, CROWD_MS, &stamp)) {
			nap_us(2000);
			asked = pawl_remote_now();
		}
		from = pawl_remote_now();
		nap_us(1000);
		note(p, from, asked + CROWD_MS * NS_PER_MS * 9 / 10);
		if (!dies(p, i))
			plain_delete(fd, p->scene->key, stamp);
	}
}

static void play_ours(void *arg)
{
	const struct player *p = arg;
	const char *name = strchr(p->scene->key, ':') + 1;
	struct host h;

	if (!redis_host(&h, redis_url(&server, p->scene->options), CROWD_MS * NS_PER_MS, p->number))
		_exit(1);
	for (int i = 0; i < HOLDS; i++) {
		pawl_remote_event_t e = redis_acquire(&h, name, (uint64_t)i + 1);
		int64_t from = pawl_remote_now();

		if (e.what != PAWL_REMOTE_GRANTED)
			_exit(1);
		nap_us(1000);
		note(p, from, e.deadline_ns);
		if (!dies(p, i))
			gives_back(&h, name, (uint64_t)i + 1, e.hi);
		nap_us(2000);
	}
	host_close(&h, true);
}

static int by_start(const void *a, const void *b)
{
	const struct hold *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static unsigned overlaps(size_t n)
{
	unsigned found = 0;

	qsort(holds, n, sizeof(*holds), by_start);
	for (size_t i = 0; i + 1 < n; i++)
		found += holds[i].to > holds[i].from && holds[i].to > holds[i + 1].from;
	return found;
}

static void crowd(const struct scene *scene)
{
	static struct player players[2 * PLAYERS];
	pid_t pids[2 * PLAYERS];
	bool good = true;

	holds = shared_alloc(2 * PLAYERS * HOLDS * sizeof(*holds));
	for (int kind = 0; kind < 2; kind++)
		held_by[kind] = shared_alloc(sizeof(uint32_t));
	for (unsigned i = 0; i < 2 * PLAYERS; i++) {
		players[i] = (struct player){ scene, i };
		pids[i] = spawn(i < PLAYERS ? play_ours : play_plain, &players[i]);
	}
	for (unsigned i = 0; i < 2 * PLAYERS; i++)
		good &= reap(pids[i]) == 0;
	tap_ok(good && *held_by[0] == PLAYERS * HOLDS && *held_by[1] == PLAYERS * HOLDS,
		"%s: %d of ours and %d plain clients, one in ten dying: each has it %d times", scene->what, PLAYERS,
		PLAYERS, HOLDS);
	tap_ok(overlaps(2 * PLAYERS * HOLDS) == 0, "%s: and never two at once", scene->what);
}

int main(void)
{
	watchdog(240);
	signal(SIGPIPE, SIG_IGN); /* as in the keeper's thread */
	if (!tap_ok(redis_backend() && redis_start(&server, NULL), "a server starts"))
		return tap_done();
	setnx_by_hand();
	repaired();
	getset_by_hand();
	getset_too_late();
	seconds();
	alone(SETNX);
	redis_cli(&server, "DEL pawl:alone");
	alone(GETSET);
	for (size_t i = 0; i < COUNT(scenes); i++)
		crowd(&scenes[i]);
	server_end(&server);
	return tap_done();
}
