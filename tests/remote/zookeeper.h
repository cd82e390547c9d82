/* SPDX-License-Identifier: BSD-2-Clause */
/** zookeeper.h: what the tests of the ZooKeeper backend share: the backend, its URLs, and a client of its own beside it. */
#ifndef PAWL_TESTS_ZOOKEEPER_H
#define PAWL_TESTS_ZOOKEEPER_H

#include <pawl/remote.h>

#include "server.h"

/** libpawl-zk.so, as it is loaded by its scheme; NULL, and a note says why not. */
const pawl_backend_t *zookeeper_backend(void);
/** zk://, the server, and what follows. Good until the next call. */
const char *zookeeper_url(const struct server *s, const char *rest);

#endif
