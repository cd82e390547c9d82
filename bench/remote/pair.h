/* SPDX-License-Identifier: BSD-2-Clause */
/** pair.h: two hosts that hand a lock to and fro, each a process of its own: how long from the call that gives it until the other one
 * has it. A *row* is a way to do that.
 */
#ifndef BENCH_REMOTE_PAIR_H
#define BENCH_REMOTE_PAIR_H

#include <stddef.h>
#include <stdint.h>

struct handoff_row {
	const char *name, *what;
	int64_t settle_ns; /* if its own: see below */
	/** Side 0 or 1 connects; ends the process with a message when it cannot. */
	void *(*begin)(const char *url, int side);
	/** Wait until the lock is ours; it is the other one's. */
	void (*take)(void *side);
	void (*give)(void *side);
	void (*end)(void *side);
};

extern const struct handoff_row handoff_pawl, handoff_redis, handoff_zookeeper, handoff_etcd, handoff_etcdctl;

enum { PAIR_MOST = 1 << 16 };

struct pair;

/** Start both sides. A host keeps the lock until the other one has waited for `settle_ns`, which then has a place in the queue for
 * certain; and stays away for up to `think_ns` before it wants the lock again. */
struct pair *pair_begin(const struct handoff_row *row, const char *url, int64_t settle_ns, int64_t think_ns);
/** `n` hand-offs (even); writes how long each took, in milliseconds. */
void pair_run(struct pair *p, size_t n, double *took_ms);
void pair_end(struct pair *p);

/** Say why on standard error, end the process with status 1. */
void pair_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/** Where a URL says that its server is. */
void pair_address(const char *url, char host[256], int *port);

#endif
