/* SPDX-License-Identifier: BSD-2-Clause */
/** change.c: what is changed in the tree, a transaction each; every one checks first that this connection is still the last.
 *
 *   make      [the directory, "0"] our node
 *   remove    not the lowest        the one before is there; our node
 *             the lowest, clean     the next is there, its number into the directory; our node
 *                                   nobody waits: our node, the directory
 *             the lowest, not clean our node
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/zookeeper/ask.h"

enum { OPS = 4 };

struct change {
	struct ask *a;
	bool stale, with_dir;
	int n;
	zoo_op_t ops[OPS];
	zoo_op_result_t results[OPS];
	char keeper[ZK_PATH], node[ZK_PATH], neighbour[ZK_PATH], made[ZK_PATH];
	char number[16];
};

static void path_of(const struct ask *a, const char *node, char path[ZK_PATH])
{
	strcpy(path, a->dir);
	strcat(path, "/");
	strcat(path, node);
}

/* ---- transactions ---- */

static struct change *begin(struct ask *a)
{
	struct change *c = zk_ask_is_at_odds(a) ? NULL : calloc(1, sizeof(*c));

	if (!c) {
		if (a->busy)
			zk_ask_fail(a, "no memory", ZSYSTEMERROR);
		return NULL;
	}
	c->a = a;
	zk_keeper_path(a->z, c->keeper);
	zoo_check_op_init(&c->ops[c->n++], c->keeper, a->z->version);
	return c;
}

static void submit(struct change *c, void_completion_t done)
{
	int rc = zoo_amulti(c->a->z->handle, c->n, c->ops, c->results, done, c);

	zk_ask_called(c->a, rc);
	if (rc != ZOK)
		free(c);
}

/* Which one it failed at: those before it were undone, those behind it not tried. */
static int failed_at(const struct change *c)
{
	int i = 0;

	while (i < c->n && (c->results[i].err == ZOK || c->results[i].err == ZRUNTIMEINCONSISTENCY))
		i++;
	return i;
}

/* True if there is nothing more to do with it: there is no answer, or another connection has come after this one. */
static bool is_void(struct change *c, int rc)
{
	struct zk *z = c->a->z;

	if (!zk_ask_is_void(c->a, rc) && rc != ZOK && failed_at(c) == 0)
		zk_lose(z, "%s: another keeper of this host, or somebody by hand, has touched %s", z->where, c->keeper);
	return z->lost;
}

/* ---- making a node ---- */

/* The first in a new directory owns it; else it is to be seen. */
static void be_there(struct change *c)
{
	struct ask *a = c->a;
	const char *name = strrchr(c->made, '/');
	struct zk_node n;

	if (!name || !zk_node_read(&n, name + 1) || n.req != a->req || strcmp(n.who, a->who) != 0) {
		zk_ask_fail(a, "the node it made is not the one it was asked for", ZOK);
		return;
	}
	a->there = true;
	a->mine = n;
	a->view = (struct view){ .node = n, .complete = c->with_dir };
	zk_look_at_node(a);
	if (!c->with_dir)
		zk_look(a);
}

static void have_parents(int rc, const char *value, const void *arg)
{
	struct ask *a = (struct ask *)(uintptr_t)arg;

	(void)value;
	if (zk_ask_is_void(a, rc))
		return;
	if (rc == ZOK || rc == ZNODEEXISTS)
		zk_change_create(a);
	else
		zk_ask_fail(a, "the folder of locks cannot be made", rc);
}

static void make_again(struct change *c, int rc)
{
	struct ask *a = c->a;

	if (rc == ZNODEEXISTS && c->with_dir) {
		a->there = true;
		zk_change_create(a);
	} else if (rc == ZNONODE && !c->with_dir) {
		a->there = false;
		zk_change_create(a);
	} else if (rc == ZNONODE) {
		a->calls++;
		zk_make_parents(a->z, "l", have_parents, a);
	} else {
		zk_ask_fail(a, "no node can be made in the queue", rc);
	}
}

static void be_made(int rc, const void *arg)
{
	struct change *c = (struct change *)(uintptr_t)arg;

	if (!is_void(c, rc)) {
		if (rc == ZOK)
			be_there(c);
		else
			make_again(c, rc);
	}
	free(c);
}

void zk_change_create(struct ask *a)
{
	struct change *c = begin(a);
	char node[ZK_NODE];

	if (!c)
		return;
	c->with_dir = !a->there;
	if (c->with_dir)
		zoo_create_op_init(&c->ops[c->n++], a->dir, "0", 1, a->z->acl, ZOO_PERSISTENT, NULL, 0);
	snprintf(node, sizeof(node), "h-%s-%llu-", a->who, (unsigned long long)a->req);
	path_of(a, node, c->node);
	zoo_create_op_init(&c->ops[c->n++], c->node, NULL, -1, a->z->acl, ZOO_EPHEMERAL_SEQUENTIAL, c->made, sizeof(c->made));
	submit(c, be_made);
}

/* ---- removing one ---- */

static void be_removed(int rc, const void *arg)
{
	struct change *c = (struct change *)(uintptr_t)arg;
	struct ask *a = c->a;

	if (is_void(c, rc)) {
		free(c);
		return;
	}
	if (rc == ZOK)
		a->there = !c->with_dir;
	if (rc == ZOK && !c->stale)
		zk_ask_removed(a);
	else if (rc == ZOK || rc == ZNONODE || rc == ZNOTEMPTY)
		zk_look(a); /* somebody has come or gone meanwhile */
	else
		zk_ask_fail(a, "our node cannot be removed", rc);
	free(c);
}

static void check_neighbour(struct change *c, const struct zk_node *n)
{
	path_of(c->a, n->text, c->neighbour);
	zoo_check_op_init(&c->ops[c->n++], c->neighbour, -1);
}

static void write_number(struct change *c, int32_t number)
{
	int n = snprintf(c->number, sizeof(c->number), "%d", number);

	zoo_set_op_init(&c->ops[c->n++], c->a->dir, c->number, n, -1, NULL);
}

void zk_change_remove(struct ask *a, const struct view *v, bool clean)
{
	struct change *c = begin(a);
	bool ends = c && !v->before.text[0] && clean;

	if (!c)
		return;
	c->stale = v->stale;
	c->with_dir = ends && !v->after.text[0] && !v->foreign;
	if (v->before.text[0])
		check_neighbour(c, &v->before);
	else if (ends && v->after.text[0])
		check_neighbour(c, &v->after);
	if (ends && !c->with_dir)
		write_number(c, v->after.text[0] ? v->after.seq : v->next);
	path_of(a, v->node.text, c->node);
	zoo_delete_op_init(&c->ops[c->n++], c->node, -1);
	if (c->with_dir)
		zoo_delete_op_init(&c->ops[c->n++], a->dir, -1);
	submit(c, be_removed);
}
