/* SPDX-License-Identifier: BSD-2-Clause */
/** session.c: from nothing to UP, and down again. Two connections are opened; when both are ready, the keeper is told.
 *
 *   commands  AUTH  SELECT  CLIENT ID  SCRIPT LOAD  INFO  |  CLIENT KILL of the keeper's before this one  BOOT
 *   hints     AUTH  SUBSCRIBE
 *
 * What a server may have forgotten is who holds leases: one that has been restarted, or promoted, a short while ago is asked
 * for nothing until they have all ended (boot.lua). Whatever goes wrong, both are closed, and opened again later.
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

/* What the next keeper of this host finds. */
struct saved {
	int64_t client; /* our connection, as the server calls it in that run */
	char run_id[41];
};

/* ---- commands of our own ---- */

/* Texts, up to a NULL. */
static void ask(struct redis *r, struct link *l, answer_fn *answer, ...)
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

/* An error, or not what was expected. */
static bool cannot(struct redis *r, const char *command, const redisReply *reply)
{
	char text[160];

	if (reply->type != REDIS_REPLY_ERROR)
		redis_break(r, "what it answers to %s makes no sense: is that a Redis server?", command);
	else if (strncmp(reply->str, "NOAUTH", 6) == 0)
		redis_break(r, "it asks for a password: write redis://:PASSWORD@HOST");
	else
		redis_break(r, "%s: %s", command, redis_quote(r, reply->str, text));
	return true;
}

/* Its words may hold what we said: its first is enough. */
static bool hear_auth(struct redis *r, struct call *call, const redisReply *reply)
{
	(void)call;
	if (reply->type != REDIS_REPLY_STATUS)
		redis_break(r, "it does not take the user and password (%.*s): see to those in the URL",
			reply->type == REDIS_REPLY_ERROR ? (int)strspn(reply->str, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") : 0,
			reply->type == REDIS_REPLY_ERROR ? reply->str : "");
	return true;
}

static bool hear_select(struct redis *r, struct call *call, const redisReply *reply)
{
	(void)call;
	return reply->type == REDIS_REPLY_STATUS || cannot(r, "SELECT", reply);
}

/* Not every user may ask for it: requests are safe without. */
static bool hear_client(struct redis *r, struct call *call, const redisReply *reply)
{
	(void)call;
	r->client = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
	return true;
}

static bool hear_script(struct redis *r, struct call *call, const redisReply *reply)
{
	(void)call;
	if (reply->type != REDIS_REPLY_STRING || reply->len != 40)
		return cannot(r, "SCRIPT LOAD", reply);
	strcpy(r->sha, reply->str);
	return true;
}

static bool hear_pong(struct redis *r, struct call *call, const redisReply *reply)
{
	(void)call;
	return reply->type != REDIS_REPLY_ERROR || cannot(r, "PING", reply);
}

/* ---- which server that is ---- */

/* The value behind `key:` at the beginning of a line. */
static bool find(const char *info, const char *key, char *value, size_t size)
{
	size_t n = strlen(key);

	for (const char *line = info; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, n) == 0 && line[n] == ':') {
			snprintf(value, size, "%.*s", (int)strcspn(line + n + 1, "\r\n"), line + n + 1);
			return true;
		}
	}
	return false;
}

static void say_up(struct redis *r)
{
	struct saved saved = { .client = r->client };

	if (!r->booted || !r->subscribed)
		return;
	memcpy(saved.run_id, r->run_id, sizeof(saved.run_id));
	memcpy(r->config->saved, &saved, sizeof(saved));
	r->up = true;
	r->told_down = false;
	redis_say(r, &(pawl_remote_event_t){ .what = PAWL_REMOTE_SESSION,
			     .state = PAWL_REMOTE_UP,
			     .delay_ns = r->not_before > pawl_remote_now() ? r->not_before - pawl_remote_now() : 0 });
}

/* Leases end after ttl by the server's clock; a tenth more, since that has been asked of two servers. */
static bool hear_boot(struct redis *r, struct call *call, const redisReply *reply)
{
	redisReply *const *at = reply->element;
	int64_t age, longest;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 || at[0]->type != REDIS_REPLY_INTEGER ||
		at[1]->type != REDIS_REPLY_INTEGER || at[2]->type != REDIS_REPLY_STRING || at[2]->len >= sizeof(r->era))
		return cannot(r, "EVAL", reply);
	age = at[0]->integer;
	longest = at[1]->integer;
	if (age < 0 || longest < 0 || longest > INT64_MAX / (2 * MS))
		return cannot(r, "EVAL", &(redisReply){ .type = REDIS_REPLY_NIL });
	strcpy(r->era, at[2]->str);
	longest += longest / 10;
	r->not_before = age < longest ? call->sent + (longest - age) * MS : 0;
	r->booted = true;
	say_up(r);
	return true;
}

static bool hear_kill(struct redis *r, struct call *call, const redisReply *reply)
{
	(void)r, (void)call, (void)reply; /* there or not, allowed or not: requests are safe without */
	return true;
}

/* Whatever the keeper before has still under way: another one's number in another run of the server. */
static void end_the_keeper_before(struct redis *r)
{
	struct saved saved;
	char id[24];

	memcpy(&saved, r->config->saved, sizeof(saved));
	snprintf(id, sizeof(id), "%" PRId64, saved.client);
	if (saved.client > 0 && saved.client != r->client && memcmp(saved.run_id, r->run_id, sizeof(saved.run_id)) == 0)
		ask(r, &r->commands, hear_kill, "CLIENT", "KILL", "ID", id, NULL);
}

static void boot(struct redis *r)
{
	char key[300], ttl[24], uptime[24];

	snprintf(key, sizeof(key), "{%s}:boot", r->settings.prefix);
	snprintf(ttl, sizeof(ttl), "%" PRId64, (r->config->ttl_ns + MS - 1) / MS);
	snprintf(uptime, sizeof(uptime), "%" PRId64, r->uptime_ms);
	ask(r, &r->commands, hear_boot, "EVAL", protocol_boot, "1", key, r->run_id, r->offset, ttl, uptime, NULL);
}

static bool hear_server(struct redis *r, struct call *call, const redisReply *reply)
{
	char uptime[24] = "";

	(void)call;
	if (reply->type != REDIS_REPLY_STRING || !find(reply->str, "run_id", r->run_id, sizeof(r->run_id)) ||
		!*r->run_id || !find(reply->str, "uptime_in_seconds", uptime, sizeof(uptime)))
		return cannot(r, "INFO", reply);
	r->uptime_ms = strtol(uptime, NULL, 10) % INT32_MAX * 1000;
	return true;
}

static bool hear_replication(struct redis *r, struct call *call, const redisReply *reply)
{
	char role[16] = "";

	(void)call;
	if (reply->type != REDIS_REPLY_STRING || !find(reply->str, "role", role, sizeof(role)))
		return cannot(r, "INFO", reply);
	if (!find(reply->str, "second_repl_offset", r->offset, sizeof(r->offset)))
		strcpy(r->offset, "-1");
	if (strcmp(role, "master") != 0) {
		redis_break(r, "it is a replica: name its master in the URL");
		return true;
	}
	end_the_keeper_before(r);
	boot(r);
	return true;
}

static bool hear_subscribed(struct redis *r, struct call *call, const redisReply *reply)
{
	(void)call;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 || reply->element[0]->type != REDIS_REPLY_STRING ||
		strcmp(reply->element[0]->str, "subscribe") != 0)
		return cannot(r, "SUBSCRIBE", reply);
	r->subscribed = true;
	say_up(r);
	return true;
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
	if (s->password && s->user)
		ask(r, l, hear_auth, "AUTH", s->user, s->password, NULL);
	else if (s->password)
		ask(r, l, hear_auth, "AUTH", s->password, NULL);
	return true;
}

static void introduce(struct redis *r)
{
	char database[24], channel[280];

	snprintf(database, sizeof(database), "%" PRId64, r->settings.database);
	hints_channel(r, channel);
	if (r->settings.database)
		ask(r, &r->commands, hear_select, "SELECT", database, NULL);
	ask(r, &r->commands, hear_client, "CLIENT", "ID", NULL);
	ask(r, &r->commands, hear_script, "SCRIPT", "LOAD", r->script, NULL);
	ask(r, &r->commands, hear_server, "INFO", "server", NULL);
	ask(r, &r->commands, hear_replication, "INFO", "replication", NULL);
	ask(r, &r->hints, hear_subscribed, "SUBSCRIBE", channel, NULL);
}

void session_begin(struct redis *r)
{
	int64_t now = pawl_remote_now();

	if (r->commands.c || now < r->retry_at)
		return;
	r->booted = r->subscribed = false;
	r->up_by = now + r->settings.connect_timeout;
	if (open_link(r, &r->commands) && open_link(r, &r->hints))
		introduce(r);
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
		redis_break(r, "no answer for %" PRId64 " ms: is it overloaded, or stopped? (timeout= in the URL)",
			r->settings.timeout / MS);
	else
		ask(r, l, hear_pong, "PING", NULL);
}

static void see_to_it(struct redis *r)
{
	if (r->up) {
		look_after(r, &r->commands);
		look_after(r, &r->hints);
	} else if (pawl_remote_now() >= r->up_by) {
		redis_break(r, "no connection within %" PRId64 " ms: is it running, and to be reached? (connect_timeout= in the URL)",
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
	r->up = r->broken = false;
	r->retry_at = pawl_remote_now() + backoff_next(&r->backoff);
	if (!r->told_down)
		redis_say(r, &(pawl_remote_event_t){
				     .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_DOWN, .reason = r->reason });
	r->told_down = true;
	for (struct call *c; (c = calls_take(&left)); free(c))
		if (*c->name)
			request_unknown(r, c, r->reason);
	if (r->settings.url.hosts > 1)
		r->at = (r->at + 1) % r->settings.url.hosts;
}
