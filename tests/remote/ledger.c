/* SPDX-License-Identifier: BSD-2-Clause */
/** ledger.c: requests on one lock (ledger.h).
 *
 *   request   finished before       else
 *   ACQUIRE   LOST                  ours: once more, same token. Not ours: a place in the queue; free: to its head
 *   RENEW     LOST                  ours, that token: once more. Else LOST
 *   RELEASE   RELEASED              finished; ours: to the head of the queue
 *   CANCEL    RELEASED              the same
 *   any                             all smaller requests of this host are finished: place and tenure
 */
#include "ledger.h"

#include <string.h>

/* A time that lies ahead is one from before the machine was started: whoever that was is gone. */
static bool lasts(int64_t since, int64_t span, int64_t now)
{
	return since <= now && now - since < span;
}

/* ---- hosts, their places ---- */

/* Its finished requests are remembered for ten times as long as a late copy may be under way. */
static bool is_forgotten(const struct ledger_host *h, int64_t now)
{
	return h->seen > now || (now - h->seen) / 10 >= h->ttl + h->wait;
}

static struct ledger_host *host_of(struct ledger *l, const char *id, int64_t now)
{
	struct ledger_host *room = NULL;

	for (struct ledger_host *h = l->hosts; h < l->hosts + LEDGER_HOSTS; h++) {
		if (strcmp(h->id, id) == 0)
			return h;
		if (!room && is_forgotten(h, now))
			room = h;
	}
	if (room) {
		*room = (struct ledger_host){ 0 };
		strncpy(room->id, id, sizeof(room->id) - 1);
	}
	return room;
}

static bool waits(const struct ledger_host *h, int64_t now)
{
	return h->asks != 0 && lasts(h->asked, h->wait, now);
}

static struct ledger_host *head(struct ledger *l, int64_t now)
{
	struct ledger_host *first = NULL;

	for (struct ledger_host *h = l->hosts; h < l->hosts + LEDGER_HOSTS; h++)
		if (waits(h, now) && (!first || h->ticket < first->ticket))
			first = h;
	return first;
}

static void take_place(struct ledger *l, struct ledger_host *h, const pawl_remote_op_t *op, int64_t now)
{
	if (!waits(h, now))
		h->ticket = ++l->tickets;
	h->asks = op->req;
	h->asked = now;
	h->wait = op->wait_ns;
}

/* ---- the tenure ---- */

static bool owns(const struct ledger *l, const struct ledger_host *h)
{
	return l->owner != 0 && h == &l->hosts[l->owner - 1];
}

static void grant(struct ledger *l, int64_t now)
{
	struct ledger_host *h = head(l, now);

	if (l->owner != 0 || !h)
		return;
	l->owner = (uint32_t)(h - l->hosts) + 1;
	l->req = h->asks;
	l->token = ++l->hi;
	l->died = l->unclean;
	l->since = now;
	l->ttl = h->ttl;
	h->asks = 0;
}

/* Given on at once: whoever waits need not come by. */
static void end(struct ledger *l, bool clean, int64_t now)
{
	l->owner = 0;
	l->unclean = !clean;
	grant(l, now);
}

static void expire(struct ledger *l, int64_t now)
{
	if (l->owner != 0 && !lasts(l->since, l->ttl, now))
		end(l, false, now);
}

/* A larger request finishes the smaller. Nobody says that no owner died in what they were granted. */
static void finish_below(struct ledger *l, struct ledger_host *h, uint64_t req, int64_t now)
{
	h->done = req - 1;
	if (h->asks < req)
		h->asks = 0;
	if (owns(l, h) && l->req < req)
		end(l, false, now);
}

/* ---- requests ---- */

static pawl_remote_what_t acquire(struct ledger *l, struct ledger_host *h, const pawl_remote_op_t *op, int64_t now)
{
	if (op->floor > l->hi)
		l->hi = op->floor;
	if (owns(l, h)) {
		l->since = now;
		l->ttl = op->ttl_ns;
		return PAWL_REMOTE_GRANTED;
	}
	take_place(l, h, op, now);
	grant(l, now);
	return owns(l, h) ? PAWL_REMOTE_GRANTED : PAWL_REMOTE_QUEUED;
}

static pawl_remote_what_t renew(struct ledger *l, struct ledger_host *h, const pawl_remote_op_t *op, int64_t now)
{
	if (!owns(l, h) || l->token != op->hi)
		return PAWL_REMOTE_LOST;
	l->since = now;
	l->ttl = op->ttl_ns;
	return PAWL_REMOTE_GRANTED;
}

/* `clean` speaks of the tenure with that token. A late copy may have brought this request another one since, as a cancelled
 * request may have been granted something nobody knows of: the death of an owner before it is for the next host to hear. */
static pawl_remote_what_t finish(struct ledger *l, struct ledger_host *h, const pawl_remote_op_t *op, int64_t now)
{
	bool clean = op->kind == PAWL_REMOTE_CANCEL ? !l->died : op->clean && op->hi == l->token;

	h->done = op->req;
	h->asks = 0;
	if (owns(l, h))
		end(l, clean, now);
	return PAWL_REMOTE_RELEASED;
}

static pawl_remote_what_t answer_to(struct ledger *l, struct ledger_host *h, const pawl_remote_op_t *op, int64_t now)
{
	bool finishes = op->kind == PAWL_REMOTE_RELEASE || op->kind == PAWL_REMOTE_CANCEL;

	if (op->req <= h->done)
		return finishes ? PAWL_REMOTE_RELEASED : PAWL_REMOTE_LOST;
	finish_below(l, h, op->req, now);
	if (finishes)
		return finish(l, h, op, now);
	return op->kind == PAWL_REMOTE_ACQUIRE ? acquire(l, h, op, now) : renew(l, h, op, now);
}

void ledger_apply(struct ledger *l, const char *host, const pawl_remote_op_t *op, int64_t now, pawl_remote_event_t *answer)
{
	struct ledger_host *h;

	*answer = (pawl_remote_event_t){ .what = PAWL_REMOTE_UNKNOWN, .req = op->req };
	expire(l, now);
	h = host_of(l, host, now);
	if (!h) {
		answer->reason = "more hosts use this lock than the directory backend can count";
		return;
	}
	h->seen = now;
	if (op->ttl_ns > 0)
		h->ttl = op->ttl_ns;
	answer->what = answer_to(l, h, op, now);
	answer->hi = answer->what == PAWL_REMOTE_GRANTED ? l->token : 0;
	answer->owner_died = answer->what == PAWL_REMOTE_GRANTED && l->died;
	answer->contended = answer->what == PAWL_REMOTE_GRANTED && ledger_is_contended(l, now);
	answer->hint_ns = answer->what == PAWL_REMOTE_QUEUED ? l->since + l->ttl - now : 0;
}

bool ledger_is_owner(const struct ledger *l, const char *host, uint64_t req)
{
	return l->owner - 1 < LEDGER_HOSTS && strcmp(l->hosts[l->owner - 1].id, host) == 0 && l->req == req;
}

bool ledger_is_contended(const struct ledger *l, int64_t now)
{
	for (const struct ledger_host *h = l->hosts; h < l->hosts + LEDGER_HOSTS; h++)
		if (waits(h, now))
			return true;
	return false;
}
