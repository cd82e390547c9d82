/* SPDX-License-Identifier: BSD-2-Clause */
/** greet.c: what is said on new connections, until the keeper is told that the session is up.
 *
 *   commands  AUTH  SELECT  CLIENT ID  SCRIPT LOAD  INFO  |  CLIENT KILL of the keeper's before this one  BOOT
 *   hints     AUTH  SUBSCRIBE
 *
 * What a server may have forgotten is who holds leases: one that has been restarted, or promoted, a short while ago is asked
 * for nothing until they have all ended (boot.lua).
 */
#include "backends/redis/redis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS       INT64_C(1000000)
#define MS_PER_S INT64_C(1000)

/* What the next keeper of this host finds. */
struct saved {
	int64_t client; /* our connection, as the server calls it in that run */
	char run_id[41];
};

/* ---- who we are ---- */

/* An error, or not what was expected. */
static bool cannot(struct redis *r, const char *command, const redisReply *reply)
{
	char text[160];

	if (reply->type != REDIS_REPLY_ERROR) {
		redis_break(r, "what it answers to %s makes no sense: is that a Redis server?", command);
		return true;
	}
	if (*answer_known(reply->str, text))
		redis_break(r, "%s", text);
	else
		redis_break(r, "%s: %s", command, redis_quote(r, reply->str, text));
	return true;
}

/* Its words may hold what we said: its first is enough. */
static bool hear_auth(struct redis *r, struct call *call, const redisReply *reply)
{
	(void)call;
	if (reply->type != REDIS_REPLY_STATUS)
		redis_break(r, "it refuses user and password (%.*s): check them in the URL",
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
	*r->told = '\0';
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
		return cannot(r, "BOOT", reply);
	age = at[0]->integer;
	longest = at[1]->integer;
	if (age < 0 || longest < 0 || longest > INT64_MAX / (2 * MS))
		return cannot(r, "BOOT", &(redisReply){ .type = REDIS_REPLY_NIL });
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
		session_ask(r, &r->commands, hear_kill, "CLIENT", "KILL", "ID", id, NULL);
}

static void boot(struct redis *r)
{
	char key[300], ttl[24], uptime[24];

	snprintf(key, sizeof(key), "{%s}:boot", r->settings.prefix);
	snprintf(ttl, sizeof(ttl), "%" PRId64, (r->config->ttl_ns + MS - 1) / MS);
	snprintf(uptime, sizeof(uptime), "%" PRId64, r->uptime_ms);
	session_ask(r, &r->commands, hear_boot, "EVAL", protocol_boot, "1", key, r->run_id, r->offset, ttl, uptime, NULL);
}

static bool hear_server(struct redis *r, struct call *call, const redisReply *reply)
{
	char uptime[24] = "";
	long seconds;

	(void)call;
	if (reply->type != REDIS_REPLY_STRING || !find(reply->str, "run_id", r->run_id, sizeof(r->run_id)) ||
		!*r->run_id || !find(reply->str, "uptime_in_seconds", uptime, sizeof(uptime)))
		return cannot(r, "INFO", reply);
	seconds = strtol(uptime, NULL, 10);
	/* Of two times that were cut off each: it may be a second younger. */
	r->uptime_ms = seconds > 0 && seconds < INT32_MAX ? (seconds - 1) * MS_PER_S : 0;
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

/* ---- all of it ---- */

static void log_in(struct redis *r, struct link *l)
{
	const struct settings *s = &r->settings;

	if (s->password && s->user)
		session_ask(r, l, hear_auth, "AUTH", s->user, s->password, NULL);
	else if (s->password)
		session_ask(r, l, hear_auth, "AUTH", s->password, NULL);
}

void greet(struct redis *r)
{
	char database[24], channel[280];

	snprintf(database, sizeof(database), "%" PRId64, r->settings.database);
	hints_channel(r, channel);
	r->booted = r->subscribed = false;
	log_in(r, &r->commands);
	log_in(r, &r->hints);
	if (r->settings.database)
		session_ask(r, &r->commands, hear_select, "SELECT", database, NULL);
	session_ask(r, &r->commands, hear_client, "CLIENT", "ID", NULL);
	session_ask(r, &r->commands, hear_script, "SCRIPT", "LOAD", r->script, NULL);
	session_ask(r, &r->commands, hear_server, "INFO", "server", NULL);
	session_ask(r, &r->commands, hear_replication, "INFO", "replication", NULL);
	session_ask(r, &r->hints, hear_subscribed, "SUBSCRIBE", channel, NULL);
}
