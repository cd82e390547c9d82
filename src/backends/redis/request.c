/* SPDX-License-Identifier: BSD-2-Clause */
/** request.c: requests are one script each (common.lua), whatever the protocol: the same keys, the same arguments. */
#include "backends/redis/redis.h"

#include <stdarg.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MS INT64_C(1000000)

enum { LONG_NAME = 3 * 1015 + 1 };

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

int64_t request_ms(int64_t ns)
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
	const struct protocol *p = r->protocol;
	const char *prefix = r->settings.prefix, *colon = *prefix ? ":" : "";
	char name[LONG_NAME], asker[48];

	pawl_remote_encode(c->name, name, sizeof(name));
	asker_of(r, c, asker);
	add_made(w, "%d", p->keys);
	for (int i = 0; i < p->keys; i++)
		if (!p->key[i])
			add_made(w, "%s%s%s", prefix, colon, name);
		else
			add_made(w, "{%s%s%s}:%s%s%s", prefix, colon, name, p->key[i], i == PROTOCOL_ASKERS ? ":" : "",
				i == PROTOCOL_ASKERS ? asker : "");
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
	int64_t ttl = request_ms(c->op.ttl_ns), wait = request_ms(c->op.wait_ns);
	char asker[48];

	asker_of(r, c, asker);
	add(w, verb_of(c->op.kind));
	add_made(w, "%s", asker);
	add_made(w, "%" PRIu64, c->op.req);
	add_made(w, "%" PRIu64, c->op.hi);
	add(w, r->era);
	add(w, c->op.clean ? "1" : "0");
	add(w, pawl_remote_now() >= r->not_before ? "1" : "0");
	add_made(w, "%" PRId64, accept_ms(ttl));
	add_made(w, "%" PRId64, 10 * (ttl > wait ? ttl : wait));
	add_made(w, "{%s}:h:", r->settings.prefix);
	add(w, c->name);
	if (c->op.kind == PAWL_REMOTE_RELEASE && !r->protocol->plain)
		return; /* somebody waits for it: each word takes time */
	add_made(w, "%" PRIu64, c->op.floor);
	add_made(w, "%" PRId64, ttl);
	add_made(w, "%" PRId64, wait);
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
