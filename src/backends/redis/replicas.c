/* SPDX-License-Identifier: BSD-2-Clause */
/** replicas.c: min_replicas=N in the URL: a grant counts once N replicas have heard of it (WAIT). Not enough of them in time: it is
 * given back.
 *
 * WAIT speaks of what its own connection has changed before, and holds that connection up: grants that come meanwhile are gathered,
 * and share the next one.
 */
#include "backends/redis/redis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ask(struct redis *r);

/* Too few: a grant that has already run out, which the keeper gives back. It may have others of this request, and believe them. */
static void conclude(struct redis *r, struct call *c, long long replicas)
{
	char name[160], reason[400];

	snprintf(reason, sizeof(reason),
		"%.150s: lock '%.40s': %lld of %" PRId64 " replicas heard of the grant in time: mend "
		"them, or ask for fewer by min_replicas= in the URL",
		redis_where(r), redis_quote(r, c->name, name), replicas, r->settings.min_replicas);
	if (replicas < r->settings.min_replicas) {
		c->grant.deadline_ns = c->sent;
		c->grant.reason = reason;
	}
	redis_say(r, &c->grant);
}

static bool hear(struct redis *r, struct call *call, const redisReply *reply)
{
	struct calls heard = { 0 };

	(void)call;
	if (reply->type != REDIS_REPLY_INTEGER) {
		redis_break(r, "it does not understand WAIT: leave out min_replicas= of the URL");
		return true;
	}
	calls_move(&r->asked, &heard);
	if (r->gathered.first)
		ask(r);
	for (struct call *c; (c = calls_take(&heard)); free(c))
		conclude(r, c, reply->integer);
	return true;
}

static void ask(struct redis *r)
{
	char number[24], ms[24];
	const char *words[] = { "WAIT", number, ms };
	size_t lengths[3];

	snprintf(number, sizeof(number), "%" PRId64, r->settings.min_replicas);
	snprintf(ms, sizeof(ms), "%" PRId64, r->settings.replica_timeout / 1000000 + 1);
	for (int i = 0; i < 3; i++)
		lengths[i] = strlen(words[i]);
	calls_move(&r->gathered, &r->asked);
	if (link_send(&r->commands, call_new(hear, NULL), 3, words, lengths) != 0)
		redis_break(r, "out of memory");
}

void replicas_gather(struct redis *r, struct call *call, const pawl_remote_event_t *grant)
{
	call->grant = *grant; /* whose texts are the call's */
	calls_put(&r->gathered, call);
	if (!r->asked.first)
		ask(r);
}
