/* SPDX-License-Identifier: BSD-2-Clause */
/** walk.c: a keeper that takes a session up is not told which leases it holds: it looks through the locks that are in use, one
 * at a time, for nodes of this host.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/zookeeper/zk.h"

struct zk_walk {
	struct zk *z;
	char **names; /* as they are written in the tree */
	int32_t n, at;
	bool calling, ended;
};

static void step(struct zk_walk *w);

static void free_walk(struct zk_walk *w)
{
	for (int32_t i = 0; w->names && i < w->n; i++)
		free(w->names[i]);
	free(w->names);
	free(w);
}

static void finish(struct zk_walk *w)
{
	if (!w->ended)
		w->z->walk = NULL;
	free_walk(w);
}

void zk_walk_end(struct zk *z)
{
	struct zk_walk *w = z->walk;

	z->walk = NULL;
	if (!w)
		return;
	w->ended = true;
	if (!w->calling)
		free_walk(w);
}

static bool is_ours(const struct zk *z, const struct zk_node *n)
{
	size_t length = strlen(z->config->host);

	return strncmp(n->who, z->config->host, length) == 0 && (!n->who[length] || n->who[length] == '.');
}

static void have_places(int rc, const struct String_vector *places, const void *arg)
{
	struct zk_walk *w = (struct zk_walk *)(uintptr_t)arg;
	char name[PAWL_NAME_MAX + 1];
	struct zk_node n;

	w->calling = false;
	if (w->ended || zk_is_void(w->z, rc)) {
		finish(w);
		return;
	}
	for (int32_t i = 0; rc == ZOK && places && i < places->count; i++)
		if (zk_node_read(&n, places->data[i]) && is_ours(w->z, &n) && zk_decode(w->names[w->at], name, sizeof(name)))
			zk_asks_found(w->z, name, &n);
	w->at++;
	step(w);
}

static void step(struct zk_walk *w)
{
	char path[ZK_PATH];

	while (w->at < w->n && strlen(w->names[w->at]) > 3 * PAWL_NAME_MAX)
		w->at++;
	if (w->at == w->n) {
		finish(w);
		return;
	}
	strcpy(path, w->z->root);
	strcat(path, "/l/");
	strcat(path, w->names[w->at]);
	w->calling = zk_called(w->z, zoo_aget_children(w->z->handle, path, 0, have_places, w));
	if (!w->calling)
		finish(w);
}

static bool copy(struct zk_walk *w, const struct String_vector *names)
{
	w->names = names->count >= 0 ? calloc((size_t)names->count + 1, sizeof(char *)) : NULL;
	for (; w->names && w->n < names->count; w->n++)
		if (!(w->names[w->n] = strdup(names->data[w->n])))
			return false;
	return w->names != NULL;
}

static void have_locks(int rc, const struct String_vector *names, const void *arg)
{
	struct zk_walk *w = (struct zk_walk *)(uintptr_t)arg;

	w->calling = false;
	if (w->ended || zk_is_void(w->z, rc) || rc == ZNONODE)
		finish(w);
	else if (rc != ZOK || !names || !copy(w, names)) {
		zk_lose(w->z, "%s: the locks of this host cannot be looked through: %s", w->z->where,
			rc == ZOK ? "no memory" : zerror(rc));
		finish(w);
	} else
		step(w);
}

void zk_walk_begin(struct zk *z)
{
	struct zk_walk *w = calloc(1, sizeof(*w));
	char path[ZK_PATH];

	zk_walk_end(z);
	if (!w) {
		zk_lose(z, "no memory");
		return;
	}
	w->z = z;
	strcpy(path, z->root);
	strcat(path, "/l");
	w->calling = zk_called(z, zoo_aget_children(z->handle, path, 0, have_locks, w));
	if (w->calling)
		z->walk = w;
	else
		free_walk(w);
}
