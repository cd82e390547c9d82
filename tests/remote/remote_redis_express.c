/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_redis_express.c: the express way of a hand-off (queue_express.lua) may save time, and nothing else. Of two locks one is asked
 * through the whole script, the other through all of it but that way: whatever is asked, and whenever, by those who ask in time and
 * by those who are late, both answer the same, tell others the same, and have the same written down.
 */
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "redis.h"

static const char express[] =
#include "backends/redis/queue_express.lua.h"
	;
static const char basis[] =
#include "backends/redis/common.lua.h"
#include "backends/redis/fence.lua.h"
	;
static const char lock_of[] =
#include "backends/redis/queue_lock.lua.h"
	;
static const char queue[] =
#include "backends/redis/queue.lua.h"
	;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Leases end half a second off whole ones, by which the clock is set on, and never back: a lapsed place that was taken away in time
 * would be there again for whoever looks later. A story that takes longer proves nothing. */
#define SLOW (NS_PER_S / 4)

/* In ms: nothing is forgotten in a story. (By the express way it is so a bit later: when somebody asks, not at once.) */
#define KEEP INT64_C(1000000000)

enum { STORIES = 500, STEPS = 40, ASKERS = 4, LATE = 24, TEXT = 8192 };

struct request {
	const char *op, *asker;
	uint64_t req, hi, floor;
	unsigned run;
	bool clean, hand;
	int64_t ttl, wait;
};

struct asker {
	const char *id;
	uint64_t req, hi;
	char told; /* the beginning of the last answer */
	int64_t ttl;
};

/* What happens to two locks. */
struct story {
	unsigned number, run;
	struct asker askers[ASKERS];
	struct request late[LATE]; /* what was asked before */
	unsigned n;
	int64_t began;
	char said[STEPS][400]; /* so far */
};

static struct server server;
static redisContext *commands, *hints;
static char sha[2][41];
static uint64_t chance;
static int64_t clock_at;
static unsigned long handed_on; /* by the express way */

static unsigned below(unsigned n)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (unsigned)(chance >> 32) % n;
}

static bool one_in(unsigned n)
{
	return below(n) == 0;
}

/* ---- the server ---- */

static redisReply *good(redisReply *reply)
{
	if (reply && reply->type != REDIS_REPLY_ERROR)
		return reply;
	tap_ok(false, "the server answers, and not with an error: %s", reply ? reply->str : commands->errstr);
	exit(tap_done());
}

/* Words, with one blank between two. */
__attribute__((format(printf, 1, 2))) static redisReply *command(const char *format, ...)
{
	const char *words[32];
	char text[512], *rest = text;
	va_list args;
	int n = 0;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	while (n < 32 && (words[n] = strsep(&rest, " ")))
		n++;
	return good(redisCommandArgv(commands, n, words, NULL));
}

static void load(char to[41], const char *first)
{
	static char text[sizeof(express) + sizeof(basis) + sizeof(lock_of) + sizeof(queue)];
	redisReply *r;

	snprintf(text, sizeof(text), "%s%s%s%s", first, basis, lock_of, queue);
	r = good(redisCommand(commands, "SCRIPT LOAD %s", text));
	snprintf(to, 41, "%s", r->str);
	freeReplyObject(r);
}

/* ---- what is said, as a text: of times, which are a millisecond apart, that they are ---- */

static void add(char *text, const char *words)
{
	size_t n = strlen(text), digits;

	for (; *words && n < TEXT - 32; words += digits ? digits : 1) {
		digits = strspn(words, "0123456789");
		n += (size_t)snprintf(text + n, 32, "%.*s",
			digits == 13 ? 1
			: digits     ? (int)digits
				     : 1,
			digits == 13 ? "T" : words);
	}
	snprintf(text + n, 2, " ");
}

static void add_reply(char *text, const redisReply *r)
{
	char number[24];

	for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i < r->elements; i++)
		add_reply(text, r->element[i]);
	snprintf(number, sizeof(number), "%lld", r->integer > 1 ? (r->integer + 250) / 500 * 500 : r->integer);
	if (r->type != REDIS_REPLY_ARRAY)
		add(text, r->type == REDIS_REPLY_INTEGER ? number : r->str ? r->str : "nil");
}

/* G: somebody was granted the lock. Most of them hear of it. */
static void hear_grant(struct story *s, const char *channel, const char *hint)
{
	char place[8], id[16];
	uint64_t req, hi;

	if (one_in(4) || sscanf(hint, "G %7s %" SCNu64 " %" SCNu64, place, &req, &hi) != 3)
		return;
	snprintf(id, sizeof(id), "%s%s%s", channel + 2, *place == '-' ? "" : ".", *place == '-' ? "" : place);
	for (struct asker *a = s->askers; a < s->askers + ASKERS; a++)
		if (strcmp(a->id, id) == 0 && a->req == req) {
			a->hi = hi;
			a->told = 'G';
		}
}

/* All that has been published until now: pmessage PATTERN CHANNEL TEXT. */
static void hear_hints(struct story *s, bool first, char *text)
{
	redisReply *r = good(redisCommand(hints, "PING"));

	while (r->elements == 4) {
		*strrchr(r->element[3]->str, ' ') = '\0'; /* the lock's name */
		add(text, r->element[2]->str);
		add(text, r->element[3]->str);
		if (first)
			hear_grant(s, r->element[2]->str, r->element[3]->str);
		freeReplyObject(r);
		r = NULL;
		redisGetReply(hints, (void **)&r);
		good(r);
	}
	freeReplyObject(r);
}

/* ---- asking ---- */

/* As src/backends/redis/request.c does. */
static redisReply *ask(const struct story *s, int lock, const struct request *q)
{
	int64_t accept = q->ttl / 3000 * 1000 + 500;
	char rest[200] = "";

	if (strcmp(q->op, "release") != 0)
		snprintf(rest, sizeof(rest), " %" PRIu64 " %" PRId64 " %" PRId64 " 0 1 0", q->floor, q->ttl, q->wait);
	return command("EVALSHA %s 3 {%u-%d}:L {%u-%d}:S:%s {%u-%d}:Q %s %s %" PRIu64 " %" PRIu64
		       " run%u %d %d %" PRId64 " %" PRId64 " h: %d%s",
		sha[lock], s->number, lock, s->number, lock, q->asker, s->number, lock, q->op, q->asker, q->req, q->hi,
		q->run, q->clean, q->hand, accept, KEEP, lock, rest);
}

static void hear(struct story *s, const struct request *q, const redisReply *r)
{
	for (struct asker *a = s->askers; a < s->askers + ASKERS; a++)
		if (strcmp(a->id, q->asker) == 0 && q->req == a->req && r->type == REDIS_REPLY_ARRAY) {
			a->told = *r->element[0]->str;
			if (a->told == 'G')
				a->hi = strtoull(r->element[1]->str, NULL, 10);
		}
}

static void ask_both(struct story *s, const struct request *q, char text[2][TEXT])
{
	for (int lock = 0; lock < 2; lock++) {
		redisReply *r = ask(s, lock, q);

		add_reply(text[lock], r);
		if (lock == 0)
			hear(s, q, r);
		freeReplyObject(r);
		hear_hints(s, lock == 0, text[lock]);
	}
}

/* What is written down of the lock, once somebody else has asked. (Of the queue, places may be left that have ended.) */
static void look(const struct story *s, char text[2][TEXT])
{
	const struct request nobodys = { .op = "renew", .asker = "nobody", .req = 1, .ttl = 1, .wait = 1 };

	for (int lock = 0; lock < 2; lock++) {
		redisReply *asked = ask(s, lock, &nobodys),
			   *found = command("HMGET {%u-%d}:L o r h d t p f x e", s->number, lock);

		add_reply(text[lock], found);
		freeReplyObject(asked);
		freeReplyObject(found);
	}
}

/* ---- what is asked ---- */

static const char *choose(const struct asker *a)
{
	unsigned n = below(20);

	if (a->told == 'G')
		return n < 10 ? "release" : n < 14 ? "renew" : n < 16 ? "cancel" : "acquire";
	if (a->told == 'Q')
		return n < 12 ? "acquire" : n < 16 ? "cancel" : n < 18 ? "renew" : "release";
	return n < 17 ? "acquire" : n < 18 ? "cancel" : n < 19 ? "renew" : "release";
}

/* Mostly what is asked in that state; sometimes what was asked before. */
static struct request make(struct story *s)
{
	struct asker *a = &s->askers[below(ASKERS)];
	struct request q = { .op = choose(a), .asker = a->id, .run = s->run };
	bool again = (a->told == 'G' || a->told == 'Q') && !one_in(8);

	if (s->n > 0 && one_in(8))
		return s->late[below(s->n < LATE ? s->n : LATE)];
	if (a->req == 0 || (*q.op == 'a' && !again))
		a->req++;
	q.req = a->req;
	q.hi = one_in(12) ? a->hi + 1 : a->hi;
	q.floor = one_in(30) ? a->hi + below(5) : one_in(2) ? a->hi : 0;
	q.clean = !one_in(8);
	q.hand = !one_in(12);
	q.ttl = one_in(5) ? below(3) * 1000 + 500 : a->ttl;
	q.wait = one_in(5) ? q.ttl + 1000 : q.ttl;
	s->late[s->n++ % LATE] = q;
	return q;
}

/* The writes since then are lost, or are kept to be lost. */
static void copy(const struct story *s, const char *from, const char *to)
{
	for (int lock = 0; lock < 2; lock++)
		for (size_t i = 0; i < 2 + ASKERS; i++) {
			char key[32];

			snprintf(key, sizeof(key), "%s%s", i > 1 ? "S:" : "",
				i > 1 ? s->askers[i - 2].id
				: i   ? "Q"
				      : "L");
			freeReplyObject(command("DEL {%u-%d}:%s%s", s->number, lock, key, to));
			freeReplyObject(command("COPY {%u-%d}:%s%s {%u-%d}:%s%s", s->number, lock, key, from, s->number,
				lock, key, to));
		}
}

static void befall(struct story *s)
{
	if (one_in(7))
		server_set_clock(&server, clock_at += 1 + below(one_in(4) ? 6 : 2));
	if (one_in(40))
		copy(s, "", "-kept");
	if (one_in(80)) {
		copy(s, "-kept", "");
		s->run += !one_in(3);
	}
	s->run += one_in(50);
}

/* ---- stories ---- */

static bool are_same(const struct story *s, int step, char text[2][TEXT])
{
	if (strcmp(text[0], text[1]) == 0 || pawl_remote_now() > s->began + SLOW)
		return true;
	for (int i = 0; i < step; i++)
		tap_note("%s", s->said[i]);
	tap_note("%s", text[0]);
	tap_note("and without the express way:");
	tap_note("%s", text[1]);
	return false;
}

static void count(const struct story *s, const struct request *q)
{
	redisReply *r = command("HGET {%u-0}:L p", s->number);

	handed_on += *q->op == 'r' && q->op[2] == 'l' && r->type == REDIS_REPLY_STRING && r->len > 0;
	freeReplyObject(r);
}

static void begin(struct story *s)
{
	static const uint64_t tokens[] = { 0, 99999999999997, 999999999999997, 9007199254740990, 9999999999999998,
		99999999999999998, 4611686018427387890 };
	uint64_t last = tokens[below(COUNT(tokens))];

	for (int lock = 0; lock < 2 && last; lock++)
		freeReplyObject(command("HSET {%u-%d}:L f %" PRIu64 " x %" PRIu64, s->number, lock, last, last));
	for (struct asker *a = s->askers; a < s->askers + ASKERS; a++)
		a->ttl = below(5) * 1000 + 500;
}

static void step(struct story *s, char text[2][TEXT])
{
	struct request q;

	befall(s);
	q = make(s);
	snprintf(text[0], 200, "%s %s %" PRIu64 " %" PRIu64 " of run%u%s%s: ", q.op, q.asker, q.req, q.hi, q.run,
		q.clean ? "" : ", not clean", q.hand ? "" : ", not to be handed on");
	strcpy(text[1], text[0]);
	ask_both(s, &q, text);
	count(s, &q);
	if (one_in(6))
		look(s, text);
}

static bool tell(unsigned number)
{
	static struct story s;
	bool same = true;

	s = (struct story){ .number = number,
		.began = pawl_remote_now(),
		.askers = { { .id = "aaa" }, { .id = "bbb" }, { .id = "bbb.1f" }, { .id = "ccc" } } };
	begin(&s);
	for (int i = 0; i < STEPS && same; i++) {
		char text[2][TEXT] = { "", "" };

		step(&s, text);
		same = are_same(&s, i, text);
		snprintf(s.said[i], sizeof(s.said[0]), "%.399s", text[0]);
	}
	return same;
}

static bool begins(void)
{
	if (!server_make(&server, "redis", NULL))
		return false;
	server_set_clock(&server, 0);
	server.own_clock = true;
	if (!server_again(&server) || !server_has_own_clock(&server))
		return false;
	commands = redisConnect("127.0.0.1", server.port);
	hints = redisConnect("127.0.0.1", server.port);
	freeReplyObject(good(redisCommand(hints, "PSUBSCRIBE *")));
	load(sha[0], express);
	load(sha[1], "");
	return true;
}

int main(void)
{
	const char *seed = getenv("SEED");
	unsigned told = 0;

	watchdog(240);
	chance = (seed ? strtoull(seed, NULL, 10) : 1) * UINT64_C(0x9e3779b97f4a7c15);
	if (!tap_ok(begins(), "a server with a clock of its own"))
		return tap_done();
	while (told < STORIES && tell(told))
		told++;
	tap_ok(told == STORIES && handed_on > 0,
		"%u of %d stories end alike with the express way, which was taken %lu times, and without", told,
		STORIES, handed_on);
	redisFree(commands);
	redisFree(hints);
	server_end(&server);
	return tap_done();
}
