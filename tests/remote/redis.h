/* SPDX-License-Identifier: BSD-2-Clause */
/** redis.h: what the tests of the Redis backend share: the backend as it is loaded, servers that are known to hold nothing, and a
 * host driven by hand.
 */
#ifndef PAWL_TESTS_REDIS_H
#define PAWL_TESTS_REDIS_H

#include "conform.h"
#include "host.h"
#include "server.h"

#define REDIS_BRIEF INT64_C(300000000)

/** libpawl-redis.so, from the folder of this build; NULL: a note says why. */
const pawl_backend_t *redis_backend(void);
/** Tell a server that nobody holds anything there: else it is not asked for anything until a lease has passed. */
void redis_is_new(const struct server *s);
/** Start one, and do so. */
bool redis_start(struct server *s, const char *options);
/** redis-cli with these words, and what it prints. */
const char *redis_cli(const struct server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** What Redis cannot promise, whatever the protocol. */
#define REDIS_EXCEPTIONS                                                                                                 \
	{                                                                                                                \
		"clock", CONFORM_DIFFERS, "Redis ends leases by its own wall clock: one that is set on frees them early" \
	}
/** Hold a protocol against the rules, on a server of its own. */
void redis_conforms(const char *column, const char *options, const struct conform_exception *exceptions);

/** Wait up to 30 s for an event; NULL: it did not come. */
const struct host_event *redis_wait(struct host *h, pawl_remote_what_t what, const char *name, uint64_t req);
/** With the host's time to live. */
int redis_submit(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi);
/** Submit, and wait for any answer to that request; .what 0: none came. */
pawl_remote_event_t redis_ask(struct host *h, pawl_remote_kind_t kind, const char *name, uint64_t req, uint64_t hi);
/** Ask until it is granted. */
pawl_remote_event_t redis_acquire(struct host *h, const char *name, uint64_t req);
/** The URL of a server, with what follows its authority; good until the next call. */
const char *redis_url(const struct server *s, const char *rest);
/** A host that is up. */
bool redis_host(struct host *h, const char *url, int64_t ttl_ns, unsigned number);
/** Pump for that long. */
void redis_pass(struct host *h, int64_t ns);

#endif
