/* SPDX-License-Identifier: BSD-2-Clause */
/** host.h: a host that is made of a backend and what it has said: the keeper's side of pawl/remote.h, for tests. */
#ifndef PAWL_TESTS_HOST_H
#define PAWL_TESTS_HOST_H

#include <pawl/lock.h>
#include <pawl/remote.h>

enum { HOST_EVENTS = 128 };

struct host_event {
	pawl_remote_event_t event;
	char name[PAWL_NAME_MAX + 1];
	char place[8];
	int64_t at;
	bool there;
};

struct host {
	const pawl_backend_t *backend;
	void *open;
	unsigned flags;
	pawl_remote_config_t config;
	uint8_t saved[PAWL_REMOTE_SAVED];
	char id[33], reason[256];
	int wake;
	bool asleep;       /* its poll is not called */
	const char *place; /* whose place its requests are about */
	unsigned lost_events;
	/* what it has said of its session */
	bool up;
	unsigned ups, news; /* how often it came up, and how often of these it was new */
	int64_t not_before; /* nothing is to be asked for before */
	int64_t alive_until;
	char why[200];                         /* the last reason */
	struct host_event events[HOST_EVENTS]; /* what nobody has asked for yet */
};

/** A host of its own, closed. */
void host_init(struct host *h, const pawl_backend_t *backend, const char *url, int64_t ttl_ns, unsigned number);
/** Open it, as its next keeper, wait for UP or NEW, and for as long as that says. False: it did not come. */
bool host_open(struct host *h);
void host_close(struct host *h, bool last);

/** Call poll() of each of the `n` hosts that is awake, for a moment. */
void host_pump(struct host *const hosts[], size_t n);

/** Take an event that says `what` of that request out of those that came; NULL: none. Of a SESSION, `req` is the state. Good
 * until the next one comes. */
const struct host_event *host_take(struct host *h, pawl_remote_what_t what, const char *name, uint64_t req);
/** Forget what was said of a request, but for CONTENDED. */
void host_clear(struct host *h, const char *name, uint64_t req);

#endif
