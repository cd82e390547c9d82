/* SPDX-License-Identifier: BSD-2-Clause */
/** belief.c: whose place is queued, and since when: so that a hint that tells of its grant can be believed at once, not only when
 * the server has confirmed it a round trip later.
 *
 * The server said QUEUED after it was asked, so that what is granted after it said so is leased from then, at least, for as long as
 * the hint says. Hints and answers come on two connections: a hint from before would tell of a lease that has long ended. So the
 * answer has the last token that had been given out, and only a larger one is believed. (Simulated: tests/sim, --plant old-hint.)
 */
#include "backends/redis/redis.h"

struct place {
	struct named head;
	uint64_t req, last; /* queued for that request, when `last` was the last token */
	int64_t sent;       /* asked for then */
};

void belief_queued(struct redis *r, const struct call *call, uint64_t last)
{
	struct place *p = names_get(&r->queued, call->name, call->place, sizeof(*p));

	if (!p) /* no memory: confirmed as ever */
		return;
	p->req = call->op.req;
	p->last = last;
	p->sent = call->sent;
}

void belief_over(struct redis *r, const char *name, const char *place)
{
	struct place *p = names_find(&r->queued, name, place);

	if (p)
		names_drop(&r->queued, p);
}

bool belief_granted(struct redis *r, pawl_remote_event_t *grant, int64_t lease)
{
	const struct place *p = names_find(&r->queued, grant->name, grant->place);
	int64_t ttl = r->config->ttl_ns, least = lease > ttl / 3 ? lease : ttl / 3;

	if (!p || p->req != grant->req || p->last >= grant->hi || r->settings.min_replicas > 0)
		return false;
	grant->what = PAWL_REMOTE_GRANTED;
	/* The renewal that confirms it asks for a lease of ours, which may be shorter than what whoever granted it gave. And what is
	 * believed has to be worth it until that has come: nearly what a new one is. */
	grant->deadline_ns = pawl_remote_deadline(p->sent, lease < ttl ? lease : ttl);
	return grant->deadline_ns > pawl_remote_now() + least / 8 * 7;
}
