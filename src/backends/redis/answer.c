/* SPDX-License-Identifier: BSD-2-Clause */
/** answer.c: an answer of a script (common.lua) becomes an event.
 *
 * Whatever does not look like an answer is UNKNOWN, and the keeper asks again. So is an error: a script that stopped half-way has
 * perhaps done half of it, which asking again makes whole.
 */
#include "backends/redis/redis.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

/* How often those ask again who are not told when a lock becomes free. */
enum { BLIND_LEAST_MS = 50, BLIND_MOST_MS = 250, JITTER_MS = 10 };

void request_unknown(struct redis *r, const struct call *call, const char *reason)
{
	redis_say(r, &(pawl_remote_event_t){ .what = PAWL_REMOTE_UNKNOWN,
			     .name = call->name,
			     .place = call->place,
			     .req = call->op.req,
			     .reason = reason });
}

#define NONSENSE                                                                                                       \
	"what is written down there makes no sense: DEL the lock's keys when nobody has it, or use another prefix="

/* What is wrong with a server that says so, and what to do. Before 7.0 the words are within those of the script's failure. */
static const struct cure {
	const char *word, *cure;
	bool down; /* it is of no use at present */
} cures[] = { { "READONLY", "it has become a replica: name its master in the URL", true },
	{ "LOADING", "it reads its data, and will serve soon", true },
	{ "MASTERDOWN", "a replica whose master is gone: name the master in the URL", true },
	{ "NOAUTH", "it asks for a password: write redis://:PASSWORD@HOST", true },
	{ "BUSY", "a script runs there that does not end: see to it, or SCRIPT KILL", false },
	{ "NOREPLICAS", "it has too few replicas to take changes: mend those", false },
	{ "MISCONF", "it cannot write its data: see its log", false },
	{ "OOM", "its memory is full: raise its maxmemory", false },
	{ "NOPERM", "its user may not: allow the keys, the channels and the scripts", false },
	{ "WRONGTYPE", "a key of this lock is somebody else's: delete that, or use another prefix=", false },
	/* What Lua says of values that it cannot work with. */
	{ "attempt to ", NONSENSE, false }, { "bad argument #", NONSENSE, false },
	{ "arguments must be strings or integers", NONSENSE, false } };

static const struct cure *find_cure(const char *said)
{
	for (size_t i = 0; i < sizeof(cures) / sizeof(*cures); i++)
		if (strstr(said, cures[i].word))
			return &cures[i];
	return NULL;
}

const char *answer_known(const char *said, char text[160])
{
	const struct cure *c = find_cure(said);

	*text = '\0';
	if (c)
		snprintf(text, 160, "%s: %s", c->word, c->cure);
	return text;
}

static bool refused(struct redis *r, const struct call *call, const char *said, const char *cure)
{
	char name[160], text[160], reason[512];

	snprintf(reason, sizeof(reason), "%.150s: lock '%.40s': %s%s%s", redis_where(r),
		redis_quote(r, call->name, name), redis_quote(r, said, text), *cure ? ": " : "", cure);
	request_unknown(r, call, reason);
	return true;
}

/* The server has forgotten the script: it has not run, and is told with the request. */
static bool tell_script(struct redis *r, struct call *call)
{
	call->whole = true;
	if (request_send(r, call) != 0)
		redis_break(r, "out of memory");
	return false;
}

static bool hear_error(struct redis *r, struct call *call, const char *said)
{
	const struct cure *c = find_cure(said);
	char text[160];

	if (strncmp(said, "NOSCRIPT", 8) == 0 && !call->whole)
		return tell_script(r, call);
	if (c && c->down)
		redis_break(r, "%s", answer_known(said, text));
	return refused(r, call, said, c ? c->cure : "");
}

/* A token: digits, below 2^63. */
static bool read_token(const redisReply *e, uint64_t *hi)
{
	char *end;

	if (e->type != REDIS_REPLY_STRING || e->len == 0 || e->len > 19 || strspn(e->str, "0123456789") != e->len)
		return false;
	errno = 0;
	*hi = strtoull(e->str, &end, 10);
	return errno == 0 && *end == '\0' && *hi <= UINT64_C(1) << 62; /* a floor above that is refused, ours included */
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
	e->deadline_ns = pawl_remote_deadline(c->sent, request_ms(c->op.ttl_ns) * MS - r->settings.clock_slack);
	return c->op.kind != PAWL_REMOTE_RENEW || e->hi == c->op.hi;
}

/* When the lease of whoever has it ends, and a bit later, so that not all come at once. */
static bool read_place(struct redis *r, const struct call *c, const redisReply *reply, pawl_remote_event_t *e)
{
	bool queue = !r->protocol->plain;
	uint64_t last;
	int64_t ms, chance = backoff_jitter(2 * JITTER_MS * MS) - JITTER_MS * MS;

	if (reply->elements != (queue ? 3 : 2) || reply->element[1]->type != REDIS_REPLY_INTEGER ||
		(queue && !read_token(reply->element[2], &last)))
		return false;
	if (queue)
		belief_queued(r, c, last);
	ms = reply->element[1]->integer;
	e->what = PAWL_REMOTE_QUEUED;
	e->hint_ns = (ms < 0 || ms > INT32_MAX ? BLIND_MOST_MS : ms + 1) * MS + chance;
	if (r->protocol->plain && e->hint_ns > BLIND_LEAST_MS * MS) {
		chance = backoff_jitter(BLIND_MOST_MS * MS);
		e->hint_ns = e->hint_ns < chance ? e->hint_ns : chance;
	}
	return true;
}

static bool read_answer(struct redis *r, const struct call *c, const redisReply *reply, pawl_remote_event_t *e)
{
	bool finishes = c->op.kind == PAWL_REMOTE_RELEASE || c->op.kind == PAWL_REMOTE_CANCEL;

	switch (*reply->element[0]->str) {
	case 'G':
		return !finishes && read_grant(r, c, reply, e);
	case 'Q':
		return c->op.kind == PAWL_REMOTE_ACQUIRE && read_place(r, c, reply, e);
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
		return refused(r, call, reply->element[1]->str, "");
	if (!is_array(reply) || !read_answer(r, call, reply, &e))
		return refused(r, call, "an answer that makes no sense", "is that a Redis server?");
	r->backoff = (struct backoff){ 0 };
	if (e.what != PAWL_REMOTE_QUEUED)
		belief_over(r, call->name, call->place);
	if (e.what == PAWL_REMOTE_GRANTED && r->settings.min_replicas > 0 &&
		(call->op.kind == PAWL_REMOTE_ACQUIRE || call->confirms)) {
		replicas_gather(r, call, &e);
		return false;
	}
	if (e.what != PAWL_REMOTE_LOST || !call->confirms)
		redis_say(r, &e);
	return true;
}
