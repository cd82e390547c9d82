/* SPDX-License-Identifier: BSD-2-Clause */
/** look.c: what is in the directory of a lock: the children, then the directory's data, then, of a node of ours that is not
 * known yet, what the server says of it. In this order: who is the lowest stays so, and then only it writes the data.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/zookeeper/ask.h"

static struct ask *self(const void *arg)
{
	return (struct ask *)(uintptr_t)arg;
}

static void path_of(const struct ask *a, const struct zk_node *n, char path[ZK_PATH])
{
	strcpy(path, a->dir);
	strcat(path, "/");
	strcat(path, n->text);
}

/* ---- children ---- */

/* One node of ours is looked at: one that has to go, or else that of our request, the first of it. */
static void choose(struct ask *a, const struct zk_node *n)
{
	struct view *v = &a->view;
	bool second = n->req == a->req && v->node.text[0] && v->node.req == a->req;

	if (n->req > v->larger)
		v->larger = n->req;
	if (n->req > a->req || v->stale)
		return;
	v->stale = second || n->req < a->req;
	if (!second || zk_node_is_before(&v->node, n)) /* of two, the later one has to go */
		v->node = *n;
}

static void place(struct view *v, const struct zk_node *n)
{
	if (strcmp(n->text, v->node.text) == 0)
		return;
	if (zk_node_is_before(n, &v->node)) {
		if (!v->before.text[0] || zk_node_is_before(&v->before, n))
			v->before = *n;
	} else if (!v->after.text[0] || zk_node_is_before(n, &v->after)) {
		v->after = *n;
	}
}

static void digest(struct ask *a, const struct String_vector *children)
{
	struct view *v = &a->view;
	struct zk_node n;

	for (int32_t i = 0; i < children->count; i++)
		if (!zk_node_read(&n, children->data[i]))
			v->foreign = true;
		else if (strcmp(n.who, a->who) == 0)
			choose(a, &n);
	for (int32_t i = 0; i < children->count && v->node.text[0]; i++)
		if (zk_node_read(&n, children->data[i]))
			place(v, &n);
}

static void have_children(int rc, const struct String_vector *children, const void *arg)
{
	struct ask *a = self(arg);

	if (!zk_ask_is_void(a, rc) && rc == ZOK && children)
		digest(a, children);
}

/* ---- data ---- */

/* A child's number is how many were made before it. The server tells that doubled, less the children there are, so a bit is
 * lost: it is the same as in a number close by. */
static int32_t next_number(const struct Stat *stat, int32_t close_by)
{
	uint32_t n = ((uint32_t)stat->cversion + (uint32_t)stat->numChildren) / 2;

	return (int32_t)(((n - (uint32_t)close_by + (1u << 30)) & ((1u << 31) - 1)) + (uint32_t)close_by - (1u << 30));
}

static void have_data(int rc, const char *value, int length, const struct Stat *stat, const void *arg)
{
	struct ask *a = self(arg);
	char text[16] = "";

	if (zk_ask_is_void(a, rc))
		return;
	if (rc != ZOK && rc != ZNONODE) {
		zk_ask_fail(a, "the lock's node cannot be read", rc);
		return;
	}
	if (rc == ZOK && value && length > 0 && length < (int)sizeof(text))
		memcpy(text, value, (size_t)length);
	a->view.clean = (int32_t)strtol(text, NULL, 10);
	if (!text[0] && a->view.node.text[0]) /* not what we write: nothing is known of an end */
		a->view.clean = (int32_t)((uint32_t)a->view.node.seq + 1);
	if (rc == ZOK)
		a->view.next = next_number(stat, a->view.node.seq);
	a->there = rc == ZOK;
	a->view.complete = true;
	if (!a->view.stale && a->view.node.text[0] && (!a->guarded || strcmp(a->view.node.text, a->mine.text) != 0))
		zk_look_at_node(a);
	else
		zk_ask_seen(a);
}

/* ---- our node ---- */

/* Above that it is none that could be a token: the upper half counts elections. */
static bool is_token(int64_t czxid)
{
	return czxid > 0 && czxid >> 62 == 0;
}

static void have_node(int rc, const struct Stat *stat, const void *arg)
{
	struct ask *a = self(arg);

	if (zk_ask_is_void(a, rc))
		return;
	if (rc == ZOK && is_token(stat->czxid)) {
		a->guarded = true;
		a->hi = (uint64_t)stat->czxid;
		zk_saved_saw(a->z, stat->czxid);
		a->view.stale = stat->ephemeralOwner != a->z->session; /* of a session that is over, or soon will be */
	}
	if (!a->view.complete)
		return; /* the look is still under way */
	if (rc == ZOK && a->guarded)
		zk_ask_seen(a);
	else if (rc == ZNONODE)
		zk_look(a);
	else
		zk_ask_fail(a, rc == ZOK ? "its czxid is no token" : "our node cannot be read", rc);
}

void zk_look_at_node(struct ask *a)
{
	char path[ZK_PATH];

	path_of(a, &a->view.node, path);
	a->guarded = false;
	zk_ask_called(a, zoo_aexists(a->z->handle, path, 1, have_node, a));
}

void zk_look(struct ask *a)
{
	if (zk_ask_is_at_odds(a))
		return;
	a->dirty = false;
	a->view = (struct view){ .complete = false };
	zk_ask_called(a, zoo_aget_children(a->z->handle, a->dir, 0, have_children, a));
	zk_ask_called(a, zoo_aget(a->z->handle, a->dir, 0, have_data, a));
}

/* ---- looking out ---- */

/* There from now on, or gone already. */
static void have_before(int rc, const char *value, int length, const struct Stat *stat, const void *arg)
{
	struct ask *a = self(arg);

	(void)value;
	(void)length;
	(void)stat;
	if (zk_ask_is_void(a, rc))
		return;
	a->before_watched = rc == ZOK;
	a->dirty |= rc != ZOK;
	zk_ask_next(a);
}

/* Whoever has come since the look; who comes later fires the watch. */
static void have_others(int rc, const struct String_vector *children, const void *arg)
{
	struct ask *a = self(arg);
	struct view v = { .node = a->mine };
	struct zk_node n;

	if (zk_ask_is_void(a, rc) || rc != ZOK || !children || !a->granted || a->after.text[0])
		return;
	for (int32_t i = 0; i < children->count; i++)
		if (zk_node_read(&n, children->data[i]))
			place(&v, &n);
	if (!v.after.text[0])
		return;
	a->after = v.after;
	zk_ask_contended(a);
}

bool zk_look_out(struct ask *a)
{
	char path[ZK_PATH];

	if (a->queued && a->before.text[0] && !a->before_watched) {
		path_of(a, &a->before, path);
		zk_ask_called(a, zoo_aget(a->z->handle, path, 1, have_before, a));
		return true;
	}
	if (a->granted && !a->after.text[0] && !a->dir_watched) {
		a->dir_watched = true;
		zk_ask_called(a, zoo_aget_children(a->z->handle, a->dir, 1, have_others, a));
	}
	return false;
}
