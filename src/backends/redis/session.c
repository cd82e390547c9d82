/* SPDX-License-Identifier: BSD-2-Clause */
/** session.c: two connections, of which either both are of use or none: opened together, closed together when anything goes wrong,
 * and opened again later. In between their answers are read, and those that do not come are noticed.
 */
#include "backends/redis/redis.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

enum { MOST_WORDS = 12 };

void session_ask(struct redis *r, struct link *l, answer_fn *answer, ...)
{
	const char *words[MOST_WORDS];
	size_t lengths[MOST_WORDS];
	va_list args;
	int n = 0;

	va_start(args, answer);
	for (const char *word; n < MOST_WORDS && (word = va_arg(args, const char *)); n++) {
		words[n] = word;
		lengths[n] = strlen(word);
	}
	va_end(args);
	if (link_send(l, call_new(answer, NULL), n, words, lengths) != 0)
		redis_break(r, "out of memory");
}

/* ---- connecting ---- */

static bool open_link(struct redis *r, struct link *l)
{
	const struct settings *s = &r->settings;
	const struct url_host *at = &s->url.at[r->at];
	char reason[200];

	if (!link_open(l, s->socket, at->host, at->port, reason, sizeof(reason))) {
		redis_break(r, "%s: is it running?", reason);
		return false;
	}
	return true;
}

void session_begin(struct redis *r)
{
	int64_t now = pawl_remote_now();

	if (r->commands.c || now < r->retry_at)
		return;
	r->up_by = now + r->settings.connect_timeout;
	if (open_link(r, &r->commands) && open_link(r, &r->hints))
		greet(r);
	if (r->broken)
		session_end(r);
}

/* ---- what comes ---- */

static void hear(struct redis *r, struct link *l, const redisReply *reply)
{
	struct call *call;

	if (l == &r->hints && hints_hear(r, reply))
		return;
	call = calls_take(&l->calls);
	if (!call)
		redis_break(r, "it says something that nobody asked for: is that a Redis server?");
	else if (call->answer(r, call, reply))
		free(call);
}

void session_hurry(struct redis *r)
{
	char reason[200] = "";

	if (!link_flush(&r->commands, reason, sizeof(reason)))
		redis_break(r, "%s: is it running?", reason);
}

static void listen_to(struct redis *r, struct link *l)
{
	char reason[200] = "";
	redisReply *reply = NULL;
	bool good = link_pump(l, reason, sizeof(reason));

	while (good && !r->broken && (good = link_next(l, &reply, reason, sizeof(reason))) && reply) {
		hear(r, l, reply);
		freeReplyObject(reply);
	}
	if (!good)
		redis_break(r, "%s: is it running?", reason);
}

/* ---- what does not ---- */

static bool hear_pong(struct redis *r, struct call *call, const redisReply *reply)
{
	(void)call;
	if (reply->type == REDIS_REPLY_ERROR)
		redis_break(r, "PING: %s", redis_quote(r, reply->str, (char[160]){ "" }));
	return true;
}

static int64_t beat(const struct redis *r)
{
	return r->settings.timeout > S ? r->settings.timeout : S;
}

/* When the first answer is due, or when a silent connection is asked whether it is still there. */
static int64_t due(const struct redis *r, const struct link *l)
{
	int64_t since = l->heard;

	if (!l->calls.first)
		return since + beat(r);
	if (l->calls.first->sent > since)
		since = l->calls.first->sent;
	return since + r->settings.timeout;
}

static void look_after(struct redis *r, struct link *l)
{
	if (r->broken || pawl_remote_now() < due(r, l))
		return;
	if (l->calls.first)
		redis_break(r, "no answer for %" PRId64 " ms: is it overloaded or stopped, timeout= too short?",
			r->settings.timeout / MS);
	else
		session_ask(r, l, hear_pong, "PING", NULL);
}

static void see_to_it(struct redis *r)
{
	if (r->up) {
		look_after(r, &r->commands);
		look_after(r, &r->hints);
	} else if (pawl_remote_now() >= r->up_by) {
		redis_break(r, "no connection within %" PRId64 " ms: is it running, connect_timeout= too short?",
			r->settings.connect_timeout / MS);
	}
}

int64_t session_date(const struct redis *r)
{
	int64_t a, b;

	if (!r->commands.c)
		return r->retry_at;
	if (!r->up)
		return r->up_by;
	a = due(r, &r->commands);
	b = due(r, &r->hints);
	return a < b ? a : b;
}

void session_work(struct redis *r)
{
	if (!r->commands.c)
		return;
	if (!r->broken)
		listen_to(r, &r->commands);
	if (!r->broken)
		listen_to(r, &r->hints);
	if (!r->broken)
		see_to_it(r);
	if (r->broken)
		session_end(r);
}

/* ---- down ---- */

/* The keeper may submit meanwhile: it is told that there is no connection. */
void session_end(struct redis *r)
{
	struct calls left = { 0 };

	link_close(&r->commands, &left);
	link_close(&r->hints, NULL);
	calls_move(&r->asked, &left);
	calls_move(&r->gathered, &left);
	names_drop_all(&r->queued);
	r->up = r->broken = false;
	r->retry_at = pawl_remote_now() + backoff_next(&r->backoff);
	if (strcmp(r->told, r->reason) != 0) /* first it is overloaded, say, and then gone */
		redis_say(r, &(pawl_remote_event_t){
				     .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_DOWN, .reason = r->reason });
	strcpy(r->told, r->reason);
	for (struct call *c; (c = calls_take(&left)); free(c))
		if (*c->name)
			request_unknown(r, c, r->reason);
	if (r->settings.url.hosts > 1)
		r->at = (r->at + 1) % r->settings.url.hosts;
}
