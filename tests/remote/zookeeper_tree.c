/* SPDX-License-Identifier: BSD-2-Clause */
/** zookeeper_tree.c: a client that looks at the tree and changes it (zookeeper.h); each call waits for its answer. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <zookeeper/zookeeper.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "zookeeper.h"

struct tree {
	zhandle_t *handle;
	int fd;
	bool answered;
	int rc;
	struct Stat stat;
	char text[65536];
};

static void be_silent(const char *message)
{
	(void)message;
}

static void be_told(zhandle_t *h, int type, int state, const char *path, void *arg)
{
	(void)h;
	(void)type;
	(void)state;
	(void)path;
	(void)arg;
}

/* ---- driving it ---- */

static void turn(struct tree *t)
{
	struct timeval tv = { 0 };
	struct pollfd p = { .fd = -1 };
	int interest = 0;

	if (zookeeper_interest(t->handle, &t->fd, &interest, &tv) != ZOK)
		nap_us(10000);
	p.fd = t->fd;
	p.events = (short)((interest & ZOOKEEPER_READ ? POLLIN : 0) | (interest & ZOOKEEPER_WRITE ? POLLOUT : 0));
	if (poll(&p, 1, 10) > 0)
		zookeeper_process(t->handle,
			(p.revents & ~POLLOUT ? ZOOKEEPER_READ : 0) | (p.revents & POLLOUT ? ZOOKEEPER_WRITE : 0));
}

static int wait_answer(struct tree *t, int rc)
{
	int64_t end = now_ns() + 30 * NS_PER_S;

	while (rc == ZOK && !t->answered && now_ns() < end)
		turn(t);
	rc = rc != ZOK ? rc : t->answered ? t->rc : ZOPERATIONTIMEOUT;
	t->answered = false;
	return rc;
}

static void answer(struct tree *t, int rc)
{
	t->rc = rc;
	t->answered = true;
}

/* ---- opening, closing ---- */

/* A server that has just begun may not answer the first time. */
static bool connects(struct tree *t, const struct server *s, const void *session, const char *auth)
{
	int64_t end = now_ns() + 3 * NS_PER_S;

	t->fd = -1;
	t->handle = zookeeper_init2(s->authority, be_told, 120000, session, t, ZOO_NO_LOG_CLIENTENV, be_silent);
	if (t->handle && auth)
		zoo_add_auth(t->handle, "digest", auth, (int)strlen(auth), NULL, NULL);
	while (t->handle && zoo_state(t->handle) != ZOO_CONNECTED_STATE && now_ns() < end)
		turn(t);
	if (t->handle && zoo_state(t->handle) == ZOO_CONNECTED_STATE)
		return true;
	if (t->handle)
		zookeeper_close(t->handle);
	return false;
}

struct tree *tree_open(const struct server *s, const void *session, const char *auth)
{
	struct tree *t = calloc(1, sizeof(*t));

	for (int i = 0; i < 10; i++)
		if (connects(t, s, session, auth))
			return t;
	tap_note("no client of the tests' own");
	free(t);
	return NULL;
}

void tree_close(struct tree *t, bool leave)
{
	if (leave)
		shutdown(t->fd, SHUT_RDWR);
	while (leave && zoo_state(t->handle) == ZOO_CONNECTED_STATE)
		zookeeper_process(t->handle, ZOOKEEPER_READ);
	zookeeper_close(t->handle);
	free(t);
}

/* ---- looking ---- */

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void have_children(int rc, const struct String_vector *children, const void *arg)
{
	struct tree *t = (struct tree *)(uintptr_t)arg;

	answer(t, rc);
	t->text[0] = '\0';
	if (rc != ZOK)
		return;
	qsort(children->data, (size_t)children->count, sizeof(char *), compare);
	for (int i = 0; i < children->count; i++)
		if (strlen(t->text) + strlen(children->data[i]) + 2 < sizeof(t->text))
			strcat(strcat(t->text, children->data[i]), " ");
}

const char *tree_list(struct tree *t, const char *path)
{
	return wait_answer(t, zoo_aget_children(t->handle, path, 0, have_children, t)) == ZOK ? t->text : NULL;
}

unsigned tree_count(struct tree *t, const char *path)
{
	const char *list = tree_list(t, path);
	char *copy = list ? strdup(list) : NULL, *rest = NULL, below[4096];
	bool is_folder = strcmp(path, "/pawl") == 0 || strcmp(path, "/pawl/l") == 0 || strcmp(path, "/pawl/h") == 0;
	unsigned n = copy && !is_folder;

	for (char *child = copy ? strtok_r(copy, " ", &rest) : NULL; child; child = strtok_r(NULL, " ", &rest)) {
		snprintf(below, sizeof(below), "%s/%s", path, child);
		n += tree_count(t, below);
	}
	free(copy);
	return n;
}

/* ---- changing ---- */

static void be_made(int rc, const char *value, const void *arg)
{
	(void)value;
	answer((struct tree *)(uintptr_t)arg, rc);
}

int tree_make(struct tree *t, const char *path, const char *data, int mode)
{
	return wait_answer(t, zoo_acreate(t->handle, path, data, (int)strlen(data), &ZOO_OPEN_ACL_UNSAFE, mode, be_made, t));
}

static void be_removed(int rc, const void *arg)
{
	answer((struct tree *)(uintptr_t)arg, rc);
}

int tree_remove(struct tree *t, const char *path)
{
	return wait_answer(t, zoo_adelete(t->handle, path, -1, be_removed, t));
}
