/* SPDX-License-Identifier: BSD-2-Clause */
/** ask.c: requests are taken, worked at one after the other, and answered; what happens unasked is told.
 *
 *   request          finished before   our node is there, the lowest    there, not the lowest      not there
 *   ACQUIRE          LOST              GRANTED                          QUEUED                     it is made
 *   RENEW            LOST              GRANTED if that token            LOST                       LOST
 *   RELEASE, CANCEL  RELEASED          removed, cleanly or not          removed                    RELEASED
 *   a watch fired                      GRANTED or CONTENDED, once       LOST if it was granted     LOST, once
 *   any                                nodes of ours of smaller requests are removed first; a larger one's finishes this
 *
 * What is known of the directory stays known as long as watches are set and the connection lasts: then a repeated ACQUIRE
 * costs no call.
 */
#include "backends/zookeeper/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 100 };

void zk_say(struct zk *z, const pawl_remote_event_t *event)
{
	z->said = true;
	z->config->event(z->config->arg, event);
}

/* ---- calls ---- */

void zk_ask_called(struct ask *a, int rc)
{
	if (zk_called(a->z, rc))
		a->calls++;
}

bool zk_ask_is_void(struct ask *a, int rc)
{
	a->calls--;
	return zk_is_void(a->z, rc);
}

/* ---- answers ---- */

static pawl_remote_event_t event_of(const struct ask *a, pawl_remote_what_t what)
{
	return (pawl_remote_event_t){ .what = what, .name = a->head.name, .place = a->head.place, .req = a->req };
}

static void say_simply(struct ask *a, pawl_remote_what_t what)
{
	pawl_remote_event_t e = event_of(a, what);

	zk_say(a->z, &e);
}

void zk_ask_drop_order(struct ask *a)
{
	struct order *o = a->orders;

	a->orders = o->next;
	a->begun = false;
	free(o);
}

static bool finishes(pawl_remote_kind_t kind)
{
	return kind == PAWL_REMOTE_RELEASE || kind == PAWL_REMOTE_CANCEL;
}

/* The order under way is of a request that is over, perhaps by it. */
static void be_over(struct ask *a)
{
	pawl_remote_event_t e = event_of(a, finishes(a->orders->op.kind) ? PAWL_REMOTE_RELEASED : PAWL_REMOTE_LOST);

	e.req = a->orders->op.req;
	if (e.what == PAWL_REMOTE_RELEASED && a->done < e.req)
		a->done = e.req;
	zk_ask_drop_order(a);
	zk_say(a->z, &e);
	zk_ask_next(a);
}

static void say_granted(struct ask *a)
{
	pawl_remote_event_t e = event_of(a, PAWL_REMOTE_GRANTED);

	a->granted = true;
	a->queued = false;
	a->contended = a->after.text[0];
	e.hi = a->hi;
	e.deadline_ns = zk_alive_deadline(a->z);
	e.contended = a->contended;
	e.owner_died = a->died;
	zk_say(a->z, &e);
}

static void say_queued(struct ask *a)
{
	pawl_remote_event_t e = event_of(a, PAWL_REMOTE_QUEUED);

	a->queued = true;
	e.hint_ns = a->z->timeout / 3;
	zk_say(a->z, &e);
}

void zk_ask_contended(struct ask *a)
{
	if (!a->contended)
		say_simply(a, PAWL_REMOTE_CONTENDED);
	a->contended = true;
}

static void say_place(struct ask *a)
{
	if (a->before.text[0])
		say_queued(a);
	else
		say_granted(a);
	if (!zk_look_out(a))
		zk_ask_next(a);
}

void zk_ask_fail(struct ask *a, const char *what, int rc)
{
	pawl_remote_event_t e = event_of(a, PAWL_REMOTE_UNKNOWN);
	char reason[200];

	a->known = false;
	if (a->begun) {
		snprintf(reason, sizeof(reason), "%s: %s: %s%s", a->z->where, what, zerror(rc),
			rc == ZNOAUTH ? ": check user and password in the URL, or the rights of the lock's node" : "");
		e.req = a->orders->op.req;
		e.reason = reason;
		zk_ask_drop_order(a);
		zk_say(a->z, &e);
	}
	zk_ask_next(a);
}

bool zk_ask_is_at_odds(struct ask *a)
{
	if (++a->rounds <= ROUNDS)
		return false;
	zk_ask_fail(a, "the lock's node changes all the time", ZOK);
	return true;
}

/* ---- orders ---- */

void zk_ask_forget_node(struct ask *a)
{
	a->mine = a->before = a->after = (struct zk_node){ .text = "" };
	a->granted = a->queued = a->contended = a->guarded = a->before_watched = false;
}

static void remove_mine(struct ask *a, const pawl_remote_op_t *op)
{
	struct view v = {
		.node = a->mine, .before = a->before, .after = a->after, .foreign = a->view.foreign, .next = a->view.next
	};

	zk_change_remove(a, &v, op->kind == PAWL_REMOTE_CANCEL ? !a->died : op->clean && op->hi == a->hi);
}

/* All that is known of the directory is up to date. */
static void carry_out(struct ask *a, const pawl_remote_op_t *op)
{
	bool there = a->mine.text[0], owner = there && !a->before.text[0];

	if (a->view.larger > op->req || (!there && op->kind != PAWL_REMOTE_ACQUIRE) ||
		(op->kind == PAWL_REMOTE_RENEW && (!owner || op->hi != a->hi)))
		be_over(a);
	else if (!there)
		zk_change_create(a);
	else if (finishes(op->kind))
		remove_mine(a, op);
	else {
		zk_ask_drop_order(a);
		say_place(a);
	}
}

/* It is about another request from now on. What the one before has there is to be looked for. */
static void turn_to(struct ask *a, uint64_t req)
{
	if (a->mine.text[0])
		a->known = false;
	zk_ask_forget_node(a);
	a->req = req;
	a->view = (struct view){ .complete = false };
}

void zk_ask_begin(struct ask *a)
{
	const pawl_remote_op_t *op = a->orders ? &a->orders->op : NULL;

	a->busy = true;
	if (op && (op->req <= a->done || op->req < a->req)) {
		be_over(a);
		return;
	}
	a->begun = op;
	if (op && a->done < op->req - 1)
		a->done = op->req - 1;
	if (op && op->req != a->req)
		turn_to(a, op->req);
	if (!op || a->dirty || !a->known || a->view.foreign || pawl_remote_now() >= zk_alive_deadline(a->z))
		zk_look(a); /* or what is known may be known no more */
	else
		carry_out(a, op);
}

/* ---- what has been seen ---- */

static void say_lost(struct ask *a)
{
	bool told = a->granted || a->queued;

	a->granted = a->queued = a->contended = false;
	if (told)
		say_simply(a, PAWL_REMOTE_LOST);
}

/* Nobody has asked. */
static void tell_news(struct ask *a)
{
	bool owner = !a->before.text[0];

	if (!a->mine.text[0] || (a->granted && !owner)) {
		say_lost(a);
	} else if (owner ? !a->granted : !a->queued) {
		say_place(a);
		return;
	} else if (owner && a->after.text[0]) {
		zk_ask_contended(a);
	}
	if (!zk_look_out(a))
		zk_ask_next(a);
}

static void take_over(struct ask *a)
{
	const struct view *v = &a->view;

	a->known = true;
	if (!v->node.text[0]) {
		a->mine = a->before = a->after = v->node;
		return;
	}
	if (strcmp(a->before.text, v->before.text) != 0)
		a->before_watched = false;
	a->mine = v->node;
	a->before = v->before;
	a->after = v->after;
	a->died = v->clean != v->node.seq;
	a->there = true;
}

void zk_ask_seen(struct ask *a)
{
	if (a->view.stale) {
		zk_change_remove(a, &a->view, false);
		return;
	}
	take_over(a);
	if (a->begun)
		carry_out(a, &a->orders->op);
	else
		tell_news(a);
}

void zk_ask_removed(struct ask *a)
{
	zk_ask_forget_node(a);
	a->dirty = false;
	be_over(a);
}

void zk_ask_down(struct ask *a)
{
	pawl_remote_event_t e = event_of(a, PAWL_REMOTE_UNKNOWN);

	a->busy = a->begun = a->is_ready = a->dirty = a->known = false;
	a->guarded = a->before_watched = a->dir_watched = false;
	a->calls = a->rounds = 0;
	e.reason = a->z->reason;
	while (a->orders) {
		e.req = a->orders->op.req;
		zk_ask_drop_order(a);
		zk_say(a->z, &e);
	}
}
