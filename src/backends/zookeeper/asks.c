/* SPDX-License-Identifier: BSD-2-Clause */
/** asks.c: all locks and places that this host has to do with: who has something to do, and what concerns them all. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/zookeeper/ask.h"

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

void zk_asks_turn(struct zk *z)
{
	struct ask *a;

	while (z->up && !z->lost && (a = next_ready(z)))
		if (a->orders || a->dirty)
			zk_ask_begin(a);
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
	z->has_places |= *a->head.place;
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
		zk_ask_drop_order(a);
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
	(void)arg;
	zk_ask_down(record);
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
	struct ask *a;
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
	if (!zk_decode(encoded, f.name, sizeof(f.name)))
		return;
	if (z->has_places)
		names_each(&z->asks, hear_if_it_is, &f);
	else if ((a = names_find(&z->asks, f.name, "")))
		hear(a, f.node);
}
