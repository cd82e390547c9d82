/* SPDX-License-Identifier: BSD-2-Clause */
/** etcd.h: what the tests of the etcd backend share: the backend as it is loaded, and a host driven by hand. */
#ifndef PAWL_TESTS_ETCD_H
#define PAWL_TESTS_ETCD_H

#include "host.h"
#include "server.h"

/* Etcd's least time to live. */
#define ETCD_BRIEF INT64_C(2000000000)
#define ETCD_LONG  INT64_C(60000000000)

/* An option of its server, as ZOOKEEPER_UNSYNCED (zookeeper.h). */
#define ETCD_UNSYNCED "--unsafe-no-fsync"

/** libpawl-etcd.so, from the folder of this build; NULL: a note says why. */
const pawl_backend_t *etcd_backend(void);
/** etcdctl with these words, and what it prints. */
const char *etcd_ctl(const struct server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** How many keys there are that begin so. */
int etcd_keys(const struct server *s, const char *prefix);
/** Until there are so many; false: not within 30 s. Others' polls are called meanwhile. */
bool etcd_keys_become(const struct server *s, const char *prefix, int n, struct host *const hosts[], size_t hosts_n);

/** The URL of a server, with what follows its authority; good until the next call but three. */
const char *etcd_url(const struct server *s, const char *rest);
/** A host that is up. */
bool etcd_host(struct host *h, const char *url, int64_t ttl_ns, unsigned number);

/** Wait up to 30 s for an event; NULL: it did not come. `other`, if any, is polled as well. */
const struct host_event *etcd_wait2(
	struct host *h, struct host *other, pawl_remote_what_t what, const char *name, uint64_t req);
const struct host_event *etcd_wait(struct host *h, pawl_remote_what_t what, const char *name, uint64_t req);
int etcd_submit(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi);
/** Submit, and wait for any answer to that request; .what 0: none came. */
pawl_remote_event_t etcd_ask(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi);
/** Ask, and wait until it is granted; .what 0: it was not. */
pawl_remote_event_t etcd_acquire(struct host *h, const char *name, uint64_t req);
/** Pump for that long. */
void etcd_pass(struct host *const hosts[], size_t n, int64_t ns);

#endif
