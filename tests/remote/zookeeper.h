/* SPDX-License-Identifier: BSD-2-Clause */
/** zookeeper.h: what the tests of the ZooKeeper backend share: the backend, hosts, and a client beside them that sees the tree. */
#ifndef PAWL_TESTS_ZOOKEEPER_H
#define PAWL_TESTS_ZOOKEEPER_H

#include <pawl/remote.h>

#include "host.h"
#include "server.h"

/* Options of its server. Nothing here loses power, and what a killed server has written is there; but a disk that others keep busy
 * may take a second to write it, which is more than a short session has.
 */
#define ZOOKEEPER_UNSYNCED "forceSync=no\n"

/** libpawl-zk.so, as it is loaded by its scheme; NULL, and a note says why not. */
const pawl_backend_t *zookeeper_backend(void);
/** zk://, the server, and what follows. Good until the next call but three. */
const char *zookeeper_url(const struct server *s, const char *rest);

/* ---- one host, by hand: requests on the lock `name` ---- */

bool zookeeper_submit(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi, bool clean);
/** Serve `h` and `other` (NULL: nobody) until `h` says that; or NULL. */
const struct host_event *zookeeper_wait(
	struct host *h, struct host *other, pawl_remote_what_t what, const char *name, uint64_t req);
/** The grant, or with `queued` the place in the queue; all zero: neither came. */
pawl_remote_event_t zookeeper_acquire(struct host *h, const char *name, uint64_t req, bool queued);
bool zookeeper_give(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi);

/* ---- the tree, as another client sees it ---- */

struct tree;

/** A client of its own; or, with 24 bytes of `session`, one of the same session as another's. `auth`: USER:PASSWORD, or NULL. NULL: it
 * cannot. */
struct tree *tree_open(const struct server *s, const void *session, const char *auth);
/** Its session ends; with `leave` it does not. */
void tree_close(struct tree *t, bool leave);
/** The children, sorted, a blank after each; NULL: no such node. Good until the next call. */
const char *tree_list(struct tree *t, const char *path);
/** 0, or an error of ZooKeeper. `mode`: of zookeeper.h. */
int tree_make(struct tree *t, const char *path, const char *data, int mode);
int tree_remove(struct tree *t, const char *path);
/** How many nodes there are below, containers not counted. */
unsigned tree_count(struct tree *t, const char *path);

#endif
