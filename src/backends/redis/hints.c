/* SPDX-License-Identifier: BSD-2-Clause */
/** hints.c: what the scripts of other hosts publish for this one (common.lua, tell): WHAT PLACE REQUEST TOKEN LEASE DIED NAME, in one text.
 *
 * A hint may be lost, late or doubled: it makes us ask, or tells the keeper that it may want to. What it says of a grant is believed
 * only where it cannot be old (belief.c), and confirmed in any case.
 */
#include "backends/redis/redis.h"

#include <pawl/lock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hint {
	char what, place[8];
	unsigned long long req, hi, lease_ms, died;
	const char *name;
};

void hints_channel(const struct redis *r, char text[280])
{
	snprintf(text, 280, "{%s}:h:%s", r->settings.prefix, r->config->host);
}

/* Digits, and the blank behind them. */
static const char *read_number(const char *text, unsigned long long *n)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 19 || text[digits] != ' ')
		return NULL;
	*n = strtoull(text, NULL, 10);
	return text + digits + 1;
}

/* Of places, only what this host could have: 1 to 6 hex digits, or none. */
static const char *read_place(const char *text, char place[8])
{
	size_t n = strcspn(text, " ");

	if (n == 0 || n > 6 || text[n] != ' ')
		return NULL;
	snprintf(place, 8, "%.*s", (int)n, text);
	if (strcmp(place, "-") == 0)
		*place = '\0';
	return strspn(place, "0123456789abcdef") == strlen(place) ? text + n + 1 : NULL;
}

static bool read_hint(const redisReply *text, struct hint *h)
{
	const char *at = text->str;

	if (text->type != REDIS_REPLY_STRING || text->len < 2 || strlen(at) != text->len || at[1] != ' ')
		return false;
	h->what = *at;
	at = read_place(at + 2, h->place);
	at = at ? read_number(at, &h->req) : NULL;
	at = at ? read_number(at, &h->hi) : NULL;
	at = at ? read_number(at, &h->lease_ms) : NULL;
	h->name = at ? read_number(at, &h->died) : NULL;
	return h->name && h->lease_ms < UINT32_MAX && h->hi <= UINT64_C(1) << 62 && *h->name &&
	       strlen(h->name) <= PAWL_NAME_MAX && h->req >> 53 == 0;
}

static void confirm(struct redis *r, const struct hint *h, bool in_doubt)
{
	pawl_remote_op_t op = { .kind = PAWL_REMOTE_RENEW,
		.name = h->name,
		.place = h->place,
		.req = h->req,
		.hi = h->hi,
		.ttl_ns = r->config->ttl_ns };
	struct call *call = call_new(request_answer, &op);

	if (!call)
		return; /* the keeper asks again, later */
	call->confirms = in_doubt;
	request_send(r, call);
}

/* Granted, they say. A renewal tells whether that is so, and until when. It has time: who waits is told first. */
static void hear_grant(struct redis *r, const struct hint *h)
{
	pawl_remote_event_t e = { .name = h->name, .place = h->place, .req = h->req, .hi = h->hi, .owner_died = h->died != 0 };
	bool believed = belief_granted(r, &e, (int64_t)h->lease_ms * 1000000);

	if (believed)
		redis_say(r, &e);
	confirm(r, h, !believed);
}

static void act_on(struct redis *r, const struct hint *h)
{
	pawl_remote_event_t e = { .name = h->name, .place = h->place, .req = h->req };

	if (h->what == 'G') {
		hear_grant(r, h);
		return;
	}
	e.what = h->what == 'A' ? PAWL_REMOTE_QUEUED : PAWL_REMOTE_CONTENDED;
	e.hint_ns = 1;
	if (h->what == 'A' || h->what == 'R')
		redis_say(r, &e);
}

/* message CHANNEL TEXT; of our own channel: we have asked for no other. */
bool hints_hear(struct redis *r, const redisReply *reply)
{
	struct hint h;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 || reply->element[0]->type != REDIS_REPLY_STRING ||
		strcmp(reply->element[0]->str, "message") != 0)
		return false;
	if (r->up && read_hint(reply->element[2], &h))
		act_on(r, &h);
	return true;
}
