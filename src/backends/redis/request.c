/* SPDX-License-Identifier: BSD-2-Clause */
/** request.c: requests are one script each (common.lua), whatever the protocol: the same arguments, the same answers.
 *
 * Whatever does not look like an answer is UNKNOWN, and the keeper asks again. So is an error: a script that stopped half-way has
 * perhaps done half of it, which asking again makes whole.
 */
#include "backends/redis/redis.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

/* How often those are asked who do not tell when a lock becomes free. */
enum { BLIND_LEAST_MS = 50, BLIND_MOST_MS = 250, JITTER_MS = 10, LONG_NAME = 3 * 1015 + 1 };

/* ---- the command ---- */

enum { WORDS = 3 + PROTOCOL_KEYS + 17 };

/* EVALSHA and what follows; texts that are made here lie in `text`. */
struct words {
	const char *word[WORDS];
	size_t length[WORDS];
	int n;
	char text[8 * (LONG_NAME + 300)];
	size_t used;
};

static void add(struct words *w, const char *word)
{
	w->length[w->n] = strlen(word);
	w->word[w->n++] = word;
}

__attribute__((format(printf, 2, 3))) static void add_made(struct words *w, const char *format, ...)
{
	char *at = w->text + w->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(at, sizeof(w->text) - w->used, format, args);
	va_end(args);
	w->used += (size_t)n + 1;
	add(w, at);
}

static int64_t ms_of(int64_t ns)
{
	return ns <= 0 ? 0 : (ns - 1) / MS + 1;
}

static int64_t accept_ms(int64_t ttl_ms)
{
	int64_t a = ttl_ms / 3 > 1000 ? ttl_ms / 3 : 1000;

	return a < ttl_ms ? a : ttl_ms;
}

/* Whom the service knows: the host, or a place of it. */
static void asker_of(const struct redis *r, const struct call *c, char text[48])
{
	snprintf(text, 48, "%s%s%s", r->config->host, *c->place ? "." : "", c->place);
}

static void add_keys(struct redis *r, const struct call *c, struct words *w)
{
	const char *prefix = r->settings.prefix, *colon = *prefix ? ":" : "";
	char name[LONG_NAME], asker[48];

	pawl_remote_encode(c->name, name, sizeof(name));
	asker_of(r, c, asker);
	add_made(w, "%d", PROTOCOL_KEYS);
	for (int i = 0; i < PROTOCOL_KEYS; i++)
		if (!r->protocol->key[i])
			add_made(w, "%s%s%s", prefix, colon, name);
		else
			add_made(w, "{%s%s%s}:%s%s%s", prefix, colon, name, r->protocol->key[i], i == 2 ? ":" : "",
				i == 2 ? asker : "");
}

static const char *verb_of(pawl_remote_kind_t kind)
{
	static const char *const verbs[] = {
		[PAWL_REMOTE_ACQUIRE] = "acquire", [PAWL_REMOTE_RELEASE] = "release", [PAWL_REMOTE_RENEW] = "renew", [PAWL_REMOTE_CANCEL] = "cancel"
	};

	return verbs[kind];
}

/* In the order of common.lua. */
static void add_arguments(struct redis *r, const struct call *c, struct words *w)
{
	int64_t ttl = ms_of(c->op.ttl_ns), wait = ms_of(c->op.wait_ns);
	char asker[48];

	asker_of(r, c, asker);
	add(w, verb_of(c->op.kind));
	add_made(w, "%s", asker);
	add_made(w, "%" PRIu64, c->op.req);
	add_made(w, "%" PRIu64, c->op.hi);
	add_made(w, "%" PRIu64, c->op.floor);
	add_made(w, "%" PRId64, ttl);
	add_made(w, "%" PRId64, wait);
	add_made(w, "%" PRId64, 10 * (ttl > wait ? ttl : wait));
	add_made(w, "%" PRId64, accept_ms(ttl));
	add(w, c->op.clean ? "1" : "0");
	add(w, pawl_remote_now() >= r->not_before ? "1" : "0");
	add(w, r->era);
	add_made(w, "{%s}:h:", r->settings.prefix);
	add(w, c->name);
	add(w, r->settings.blind ? "1" : "0");
	add(w, r->settings.seconds ? "1000" : "1");
	add(w, r->settings.repair ? "1" : "0");
}

int request_send(struct redis *r, struct call *call)
{
	struct words w;

	w.n = 0;
	w.used = 0;
	add(&w, call->whole ? "EVAL" : "EVALSHA");
	add(&w, call->whole ? r->script : r->sha);
	add_keys(r, call, &w);
	add_arguments(r, call, &w);
	return link_send(&r->commands, call, w.n, w.word, w.length);
}

/* ---- the answer ---- */

void request_unknown(struct redis *r, const struct call *call, const char *reason)
{
	redis_say(r, &(pawl_remote_event_t){ .what = PAWL_REMOTE_UNKNOWN,
			     .name = call->name,
			     .place = call->place,
			     .req = call->op.req,
			     .reason = reason });
}

/* Of this lock alone: the connection goes on. */
static bool refused(struct redis *r, const struct call *call, const char *said)
{
	char text[160], reason[400];

	snprintf(reason, sizeof(reason), "%.150s: lock '%.40s': %s", redis_where(r), call->name, redis_quote(r, said, text));
	request_unknown(r, call, reason);
	return true;
}

/* A server that takes no more changes; before 7.0 the words are within those of the script's failure. */
static const char *cure_of(const char *said)
{
	static const struct {
		const char *word, *cure;
	} known[] = { { "READONLY", "it has become a replica: name its master in the URL" },
		{ "LOADING", "it reads its data and will serve soon" },
		{ "MASTERDOWN", "it is a replica whose master is gone: name the master in the URL" },
		{ "NOAUTH", "it asks for a password: write redis://:PASSWORD@HOST" },
		{ "NOREPLICAS", "it has too few replicas to take changes: mend them" },
		{ "MISCONF", "it cannot write its data: see its log" } };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strstr(said, known[i].word))
			return known[i].cure;
	return NULL;
}

static bool hear_error(struct redis *r, struct call *call, const char *said)
{
	char text[160];

	if (strncmp(said, "NOSCRIPT", 8) == 0 && !call->whole) {
		call->whole = true;
		return request_send(r, call) != 0;
	}
	if (!cure_of(said))
		return refused(r, call, said);
	request_unknown(r, call, cure_of(said));
	redis_break(r, "%s: %s", redis_quote(r, said, text), cure_of(said));
	return true;
}

/* A token: digits, below 2^63. */
static bool read_token(const redisReply *e, uint64_t *hi)
{
	char *end;

	if (e->type != REDIS_REPLY_STRING || e->len == 0 || e->len > 19 || strspn(e->str, "0123456789") != e->len)
		return false;
	errno = 0;
	*hi = strtoull(e->str, &end, 10);
	return errno == 0 && *end == '\0' && *hi <= INT64_MAX;
}

static bool read_grant(const struct redis *r, const struct call *c, const redisReply *reply, pawl_remote_event_t *e)
{
	redisReply *const *at = reply->element;

	if (reply->elements != 4 || !read_token(at[1], &e->hi) || at[2]->type != REDIS_REPLY_INTEGER ||
		at[3]->type != REDIS_REPLY_STRING || (e->hi == 0) == r->protocol->fences)
		return false;
	e->what = PAWL_REMOTE_GRANTED;
	e->contended = at[2]->integer != 0;
	e->owner_died = strcmp(at[3]->str, "1") == 0;
	e->deadline_ns = pawl_remote_deadline(c->sent, ms_of(c->op.ttl_ns) * MS - r->settings.clock_slack);
	return c->op.kind != PAWL_REMOTE_RENEW || e->hi == c->op.hi;
}

/* When the lease of whoever has it ends, and a bit later, so that not all come at once. */
static bool read_place(const struct redis *r, const redisReply *reply, pawl_remote_event_t *e)
{
	int64_t ms, chance = backoff_jitter(2 * JITTER_MS * MS) - JITTER_MS * MS;

	if (reply->elements != 2 || reply->element[1]->type != REDIS_REPLY_INTEGER)
		return false;
	ms = reply->element[1]->integer;
	e->what = PAWL_REMOTE_QUEUED;
	e->hint_ns = (ms < 0 || ms > INT32_MAX ? BLIND_MOST_MS : ms + 1) * MS + chance;
	if (r->protocol->plain && e->hint_ns > BLIND_LEAST_MS * MS) {
		chance = backoff_jitter(BLIND_MOST_MS * MS);
		e->hint_ns = e->hint_ns < chance ? e->hint_ns : chance;
	}
	return true;
}

static bool read_answer(const struct redis *r, const struct call *c, const redisReply *reply, pawl_remote_event_t *e)
{
	bool finishes = c->op.kind == PAWL_REMOTE_RELEASE || c->op.kind == PAWL_REMOTE_CANCEL;

	switch (*reply->element[0]->str) {
	case 'G':
		return !finishes && read_grant(r, c, reply, e);
	case 'Q':
		return c->op.kind == PAWL_REMOTE_ACQUIRE && read_place(r, reply, e);
	case 'L':
		e->what = PAWL_REMOTE_LOST;
		return !finishes;
	case 'R':
		e->what = PAWL_REMOTE_RELEASED;
		return finishes;
	default:
		return false;
	}
}

static bool is_array(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 && reply->element[0]->type == REDIS_REPLY_STRING;
}

static bool is_refusal(const redisReply *reply)
{
	return *reply->element[0]->str == 'E' && reply->elements == 2 && reply->element[1]->type == REDIS_REPLY_STRING;
}

/* True: freed. A grant that was only a hint, and is not true, is none. */
bool request_answer(struct redis *r, struct call *call, const redisReply *reply)
{
	pawl_remote_event_t e = { .name = call->name, .place = call->place, .req = call->op.req };

	if (reply->type == REDIS_REPLY_ERROR)
		return hear_error(r, call, reply->str);
	if (is_array(reply) && is_refusal(reply))
		return refused(r, call, reply->element[1]->str);
	if (!is_array(reply) || !read_answer(r, call, reply, &e))
		return refused(r, call, "an answer that makes no sense: is that a Redis server?");
	r->backoff = (struct backoff){ 0 };
	if (e.what == PAWL_REMOTE_GRANTED && r->settings.min_replicas > 0 &&
		(call->op.kind == PAWL_REMOTE_ACQUIRE || call->confirms)) {
		replicas_gather(r, call, &e);
		return false;
	}
	if (e.what != PAWL_REMOTE_LOST || !call->confirms)
		redis_say(r, &e);
	return true;
}
