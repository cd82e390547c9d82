/* SPDX-License-Identifier: BSD-2-Clause */
/** row_zookeeper.c: the recipe, and nothing else: a sequential node each, the predecessor watched; its deletion here until its
 * event has come and the children have been listed there.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <zookeeper/zookeeper.h>

#include "pair.h"

#define PARENT "/pawl-bench-bare"

struct end {
	zhandle_t *zh;
	char node[256], first[256]; /* what is ours; the one in front of it */
	int rc;
	bool done, gone; /* the call's answer has come; the predecessor's event has */
};

/* ---- the client's loop, one call at a time ---- */

static void turn(struct end *e)
{
	struct timeval t;
	int fd = -1, interest = 0, events = 0;
	struct pollfd p;

	zookeeper_interest(e->zh, &fd, &interest, &t);
	p = (struct pollfd){ .fd = fd,
		.events = (short)((interest & ZOOKEEPER_READ ? POLLIN : 0) | (interest & ZOOKEEPER_WRITE ? POLLOUT : 0)) };
	poll(&p, 1, (int)(t.tv_sec * 1000 + t.tv_usec / 1000));
	if (p.revents & (POLLIN | POLLERR | POLLHUP))
		events |= ZOOKEEPER_READ;
	if (p.revents & POLLOUT)
		events |= ZOOKEEPER_WRITE;
	zookeeper_process(e->zh, events);
}

static int finish(struct end *e, int rc)
{
	while (rc == ZOK && !e->done)
		turn(e);
	e->done = false;
	return rc == ZOK ? e->rc : rc;
}

static void is_made(int rc, const char *value, const void *side)
{
	struct end *e = (struct end *)(size_t)side;

	if (rc == ZOK)
		snprintf(e->node, sizeof(e->node), "%s", value);
	e->rc = rc;
	e->done = true;
}

static void is_done(int rc, const void *side)
{
	struct end *e = (struct end *)(size_t)side;

	e->rc = rc;
	e->done = true;
}

static void is_read(int rc, const char *value, int n, const struct Stat *stat, const void *side)
{
	(void)value, (void)n, (void)stat;
	is_done(rc, side);
}

/* The largest of those below ours: there are two at most. */
static void are_listed(int rc, const struct String_vector *all, const void *side)
{
	struct end *e = (struct end *)(size_t)side;

	e->first[0] = '\0';
	for (int i = 0; rc == ZOK && i < all->count; i++)
		if (strcmp(all->data[i], e->node + sizeof(PARENT)) < 0)
			snprintf(e->first, sizeof(e->first), PARENT "/%s", all->data[i]);
	is_done(rc, side);
}

static void happened(zhandle_t *zh, int type, int state, const char *path, void *side)
{
	(void)zh, (void)type, (void)state, (void)path;
	((struct end *)side)->gone = true;
}

static void nothing(zhandle_t *zh, int type, int state, const char *path, void *side)
{
	(void)zh, (void)type, (void)state, (void)path, (void)side;
}

static void must(int rc, const char *what)
{
	if (rc != ZOK)
		pair_fail("zookeeper: %s: %s", what, zerror(rc));
}

/* ---- the row ---- */

static void *begin(const char *url, int side)
{
	struct end *e = calloc(1, sizeof(*e));
	char host[256], address[300];
	int port, rc;

	(void)side;
	if (!e)
		pair_fail("out of memory");
	pair_address(url, host, &port);
	snprintf(address, sizeof(address), "%s:%d", host, port);
	zoo_set_debug_level((ZooLogLevel)0);
	e->zh = zookeeper_init(address, nothing, 10000, NULL, NULL, 0);
	if (!e->zh)
		pair_fail("zookeeper: %s: %s", address, strerror(errno));
	while (zoo_state(e->zh) != ZOO_CONNECTED_STATE)
		turn(e);
	rc = finish(e, zoo_acreate(e->zh, PARENT, "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, is_made, e));
	must(rc == ZNODEEXISTS ? ZOK : rc, PARENT);
	return e;
}

static void list(struct end *e)
{
	must(finish(e, zoo_aget_children(e->zh, PARENT, 0, are_listed, e)), "children");
}

static void take(void *side)
{
	struct end *e = side;
	int rc;

	must(finish(e, zoo_acreate(e->zh, PARENT "/n-", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL | ZOO_SEQUENCE, is_made, e)),
		"create");
	for (list(e); e->first[0]; list(e)) {
		e->gone = false;
		rc = finish(e, zoo_awget(e->zh, e->first, happened, e, is_read, e));
		while (rc == ZOK && !e->gone)
			turn(e);
		must(rc == ZNONODE ? ZOK : rc, "watch");
	}
}

static void give(void *side)
{
	struct end *e = side;

	must(finish(e, zoo_adelete(e->zh, e->node, -1, is_done, e)), "delete");
}

static void end(void *side)
{
	struct end *e = side;

	zookeeper_close(e->zh);
	free(e);
}

const struct handoff_row handoff_zookeeper = { .name = "bare recipe",
	.what = "delete here until event and getChildren are answered there",
	.begin = begin,
	.take = take,
	.give = give,
	.end = end };
