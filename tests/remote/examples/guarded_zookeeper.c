/* SPDX-License-Identifier: BSD-2-Clause */
/** guarded_zookeeper.c: a guarded write in ZooKeeper: read the token and its version, then write both nodes if that version stands.
 *
 *   guarded_zookeeper URL-OF-THE-LOCKS PORT
 *
 * One transaction (multi): check that nobody has written the token since it was read, by setting it at that version, and set the
 * data. Who was overtaken between reading and writing reads again. Tokens compare as text. (Stricter: a check of the lock's own
 * node, version 0, in the same transaction: then a lease that has ended is enough to be refused.)
 *
 * Prints: B's write: accepted
 * Prints: A's write, later: refused; its lock: lost meanwhile
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zookeeper/zookeeper.h>

#include "story.h"

static char at[32];

/* What a call has come to: this library's calls have callbacks, and we wait for them. */
struct answer {
	bool there;
	int rc;
	char text[64];
	int32_t version;
};

static void hear(int rc, const void *data)
{
	struct answer *a = *(struct answer *const *)data;

	a->there = true;
	a->rc = rc;
}

static void hear_text(int rc, const char *text, int n, const struct Stat *stat, const void *data)
{
	struct answer *a = *(struct answer *const *)data;

	if (rc == ZOK && n > 0 && n < (int)sizeof(a->text)) {
		memcpy(a->text, text, (size_t)n);
		a->version = stat->version;
	}
	hear(rc, data);
}

static int wait_for(zhandle_t *zk, const struct answer *a)
{
	while (!a->there) {
		struct pollfd fd = { .fd = -1 };
		struct timeval t = { 0 };
		int interest = 0, events = 0;

		zookeeper_interest(zk, &fd.fd, &interest, &t);
		fd.events = (short)((interest & ZOOKEEPER_READ ? POLLIN : 0) | (interest & ZOOKEEPER_WRITE ? POLLOUT : 0));
		poll(&fd, 1, (int)(t.tv_sec * 1000 + t.tv_usec / 1000) + 1);
		events |= fd.revents & (POLLIN | POLLERR | POLLHUP) ? ZOOKEEPER_READ : 0;
		events |= fd.revents & POLLOUT ? ZOOKEEPER_WRITE : 0;
		zookeeper_process(zk, events);
	}
	return a->rc;
}

/* The token that was written last, and its version; "" at -1: none. */
static int read_token(zhandle_t *zk, struct answer *a)
{
	struct answer *to = a;

	*a = (struct answer){ .version = -1 };
	a->rc = zoo_aget(zk, "/order-42-token", 0, hear_text, &to);
	return a->rc == ZOK ? wait_for(zk, a) : a->rc;
}

static int write_both(zhandle_t *zk, const char *token, const char *value, int32_t version)
{
	struct answer a = { .there = false }, *to = &a;
	zoo_op_result_t results[2];
	zoo_op_t ops[2];
	char made[2][32];
	int n = (int)strlen(value);

	if (version < 0) {
		zoo_create_op_init(
			&ops[0], "/order-42-token", token, PAWL_FENCE_LEN - 1, &ZOO_OPEN_ACL_UNSAFE, 0, made[0], 32);
		zoo_create_op_init(&ops[1], "/order-42", value, n, &ZOO_OPEN_ACL_UNSAFE, 0, made[1], 32);
	} else {
		zoo_set_op_init(&ops[0], "/order-42-token", token, PAWL_FENCE_LEN - 1, version, NULL);
		zoo_set_op_init(&ops[1], "/order-42", value, n, -1, NULL);
	}
	a.rc = zoo_amulti(zk, 2, ops, results, hear, &to);
	return a.rc == ZOK ? wait_for(zk, &a) : a.rc;
}

static bool was_overtaken(int rc)
{
	return rc == ZBADVERSION || rc == ZNODEEXISTS;
}

static int write_guarded(pawl_fence_t fence, const char *value)
{
	zhandle_t *zk = zookeeper_init(at, NULL, 10000, NULL, NULL, 0);
	char token[PAWL_FENCE_LEN];
	struct answer seen;
	int rc;

	pawl_fence_format(fence, token);
	do {
		rc = read_token(zk, &seen);
		if (rc == ZOK && strcmp(seen.text, token) > 0)
			break;
		if (rc == ZOK || rc == ZNONODE)
			rc = write_both(zk, token, value, seen.version);
	} while (was_overtaken(rc));
	zookeeper_close(zk);
	return rc != ZOK ? EIO : strcmp(seen.text, token) > 0 ? ESTALE : 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return fprintf(stderr, "usage: guarded_zookeeper URL PORT\n"), 64;
	snprintf(at, sizeof(at), "127.0.0.1:%d", atoi(argv[2]));
	zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
	return story(argv[1], write_guarded);
}
