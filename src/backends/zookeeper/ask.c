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

/* ---- those with something to do ---- */

static void make_ready(struct ask *a)
{
	if (a->is_ready || a->busy)
		return;
	a->is_ready = true;
	a->next_ready = NULL;
	*a->z->ready_end = a;
	a->z->ready_end = &a->next_ready;
}

static struct ask *next_ready(struct zk *z)
{
	struct ask *a = z->ready;

	if (!a)
		return NULL;
	z->ready = a->next_ready;
	if (!z->ready)
		z->ready_end = &z->ready;
	a->is_ready = false;
	return a;
}

void zk_ask_next(struct ask *a)
{
	a->busy = false;
	a->rounds = 0;
	if (a->orders || a->dirty)
		make_ready(a);
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

static void drop_order(struct ask *a)
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
	drop_order(a);
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
		drop_order(a);
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
		drop_order(a);
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

static void begin(struct ask *a)
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
	if (a->dirty || !a->known || a->view.foreign || pawl_remote_now() >= zk_alive_deadline(a->z))
		zk_look(a); /* or what is known may be known no more */
	else
		carry_out(a, op);
}

void zk_asks_turn(struct zk *z)
{
	struct ask *a;

	while (z->up && !z->lost && (a = next_ready(z)))
		if (a->orders || a->dirty)
			begin(a);
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

/* ---- those there are ---- */

static bool fill_in(struct ask *a, struct zk *z)
{
	char encoded[3 * PAWL_NAME_MAX + 1];

	if (a->z)
		return true;
	if (pawl_remote_encode(a->head.name, encoded, sizeof(encoded)) == 0 ||
		asprintf(&a->dir, "%s/l/%s", z->root, encoded) < 0) {
		a->dir = NULL;
		names_drop(&z->asks, a);
		return false;
	}
	snprintf(a->who, sizeof(a->who), "%.32s%s%.6s", z->config->host, *a->head.place ? "." : "", a->head.place);
	a->z = z;
	a->known = z->fresh;
	return true;
}

static struct ask *ask_of(struct zk *z, const char *name, const char *place)
{
	struct ask *a = names_get(&z->asks, name, place, sizeof(*a));

	return a && fill_in(a, z) ? a : NULL;
}

static bool is_valid(const pawl_remote_op_t *op, const char *place)
{
	size_t name = strlen(op->name);

	return op->kind >= PAWL_REMOTE_ACQUIRE && op->kind <= PAWL_REMOTE_CANCEL && name > 0 && name <= PAWL_NAME_MAX &&
	       strlen(place) <= 6 && !strpbrk(place, "-/.") && op->req > 0 && op->req >> 53 == 0 && op->floor >> 62 == 0;
}

int zk_ask_submit(struct zk *z, const pawl_remote_op_t *op)
{
	const char *place = op->place ? op->place : "";
	struct order *o, **at;
	struct ask *a;

	if (!is_valid(op, place))
		return EINVAL;
	if (!z->up || z->lost)
		return ENOTCONN;
	a = ask_of(z, op->name, place);
	o = a ? calloc(1, sizeof(*o)) : NULL;
	if (!o)
		return ENOMEM;
	o->op = *op;
	o->op.name = o->op.place = NULL; /* theirs */
	for (at = &a->orders; *at; at = &(*at)->next)
		;
	*at = o;
	a->used_at = pawl_remote_now();
	make_ready(a);
	return 0;
}

void zk_asks_found(struct zk *z, const char *name, const struct zk_node *n)
{
	const char *dot = strchr(n->who, '.');
	struct ask *a = strlen(dot ? dot : "") <= 7 ? ask_of(z, name, dot ? dot + 1 : "") : NULL;

	if (!a || a->known || a->orders || a->busy || a->req >= n->req)
		return; /* whoever asks looks */
	a->req = n->req;
	a->dirty = true;
	a->used_at = pawl_remote_now();
	make_ready(a);
}

static void free_parts(void *record, void *arg)
{
	struct ask *a = record;

	(void)arg;
	while (a->orders)
		drop_order(a);
	free(a->dir);
}

void zk_asks_drop(struct zk *z)
{
	names_each(&z->asks, free_parts, NULL);
	names_drop_all(&z->asks);
}

/* Late copies of a request come within ten times to live. */
static void sweep(void *record, void *arg)
{
	struct ask *a = record;
	struct zk *z = arg;
	int64_t keep = 10 * (z->timeout > z->config->ttl_ns ? z->timeout : z->config->ttl_ns);

	if (a->orders || a->busy || a->dirty || a->is_ready || a->calls || !a->known || a->mine.text[0] ||
		pawl_remote_now() - a->used_at < keep)
		return;
	free_parts(a, NULL);
	names_drop(&z->asks, a);
}

void zk_asks_sweep(struct zk *z)
{
	names_each(&z->asks, sweep, z);
}

/* ---- connections come and go ---- */

static void go_down(void *record, void *arg)
{
	struct ask *a = record;
	pawl_remote_event_t e = event_of(a, PAWL_REMOTE_UNKNOWN);

	(void)arg;
	a->busy = a->begun = a->is_ready = a->dirty = a->known = false;
	a->guarded = a->before_watched = a->dir_watched = false;
	a->calls = a->rounds = 0;
	e.reason = a->z->reason;
	while (a->orders) {
		e.req = a->orders->op.req;
		drop_order(a);
		zk_say(a->z, &e);
	}
}

void zk_asks_down(struct zk *z)
{
	z->ready = NULL;
	z->ready_end = &z->ready;
	names_each(&z->asks, go_down, NULL);
}

static void go_up(void *record, void *all_gone)
{
	struct ask *a = record;

	if (all_gone) {
		zk_ask_forget_node(a);
		a->there = false;
		a->known = true;
	} else if (a->mine.text[0]) {
		a->dirty = true;
		make_ready(a);
	}
}

void zk_asks_up(struct zk *z, bool all_gone)
{
	names_each(&z->asks, go_up, all_gone ? z : NULL);
}

/* ---- watches ---- */

struct fired {
	char name[PAWL_NAME_MAX + 1];
	const char *node; /* "": the directory itself */
};

static void hear(struct ask *a, const char *node)
{
	if (!*node) {
		a->dir_watched = false;
		if (!a->granted)
			return;
	} else if (strcmp(node, a->mine.text) == 0) {
		a->guarded = false;
	} else if (strcmp(node, a->before.text) == 0) {
		a->before_watched = false;
	} else {
		return;
	}
	a->dirty = true;
	make_ready(a);
}

static void hear_if_it_is(void *record, void *arg)
{
	const struct fired *f = arg;
	struct ask *a = record;

	if (strcmp(a->head.name, f->name) == 0)
		hear(a, f->node);
}

void zk_asks_watched(struct zk *z, const char *path)
{
	size_t root = strlen(z->root);
	char encoded[3 * PAWL_NAME_MAX + 1] = "";
	struct fired f = { .node = "" };
	size_t n;

	if (strncmp(path, z->root, root) != 0 || strncmp(path + root, "/l/", 3) != 0)
		return;
	path += root + 3;
	n = strcspn(path, "/");
	if (n >= sizeof(encoded))
		return;
	memcpy(encoded, path, n);
	if (path[n])
		f.node = path + n + 1;
	if (zk_decode(encoded, f.name, sizeof(f.name)))
		names_each(&z->asks, hear_if_it_is, &f);
}
