/* SPDX-License-Identifier: BSD-2-Clause */
/** conform_kit.h: what the cases of the conformance suite are made of: hosts, and asking as keepers do. For conform_*.c alone.
 *
 * Hosts are global, since a case is about them and little else; all that are open are served whenever one of them waits.
 */
#ifndef PAWL_TESTS_CONFORM_KIT_H
#define PAWL_TESTS_CONFORM_KIT_H

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "conform.h"
#include "host.h"
#include "proxy.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Far longer than any case takes, and than a test that was stopped for a while. */
#define LONG (60 * NS_PER_S)
/* What has not come by then will not come. */
#define PATIENCE (30 * NS_PER_S)

struct conform_case {
	const char *key;
	bool (*run)(void);
	const char *what; /* it asks of a backend */
};

/* The last of each has no key. */
extern const struct conform_case conform_rules[], conform_keeper[], conform_wire[], conform_crowd[], conform_server[];
/* Does the backend say itself that it cannot? Asked in place of the case of that key, where it is excepted as CONFORM_REFUSED. */
extern const struct conform_case conform_refusals[];

enum { EVERYBODY = 7 };

extern const struct conform *target;
extern struct host a, b, c;                   /* who hold long leases */
extern struct host brief_a, brief_b, brief_c; /* and as short ones as there may be */
extern struct host far;                       /* whose way to the service leads through the wire */
extern struct proxy wire;
extern struct host *everybody[EVERYBODY]; /* who is served */
extern int64_t answered;                  /* when the last answer came */
extern char case_lock[64];                /* the name of this case's lock */

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			tap_note("%s:%d: %s", __FILE__, __LINE__, #condition);                                         \
			return false;                                                                                  \
		}                                                                                                      \
	} while (0)

/** Serve all hosts, for a moment; until then. */
void pump(void);
void pump_until(int64_t then);

int64_t ttl_of(const struct host *h);
pawl_remote_op_t op_of(const struct host *h, pawl_remote_kind_t kind, const char *lock, uint64_t req, uint64_t hi);

/** Ask until there is an answer: the same request again if the outcome is unknown, or it could not be sent. All zero: none came. */
pawl_remote_event_t ask_op(struct host *h, pawl_remote_op_t op);
pawl_remote_event_t ask_of(struct host *h, const char *lock, pawl_remote_kind_t kind, uint64_t req, uint64_t hi);
/** And of this case's lock. */
pawl_remote_event_t ask(struct host *h, pawl_remote_kind_t kind, uint64_t req, uint64_t hi);
pawl_remote_event_t acquire(struct host *h, uint64_t req);
pawl_remote_what_t release(struct host *h, uint64_t req, uint64_t hi);
bool is_over(pawl_remote_what_t what);
bool still_has(struct host *h, uint64_t req, uint64_t hi);

/** Wait for an event that nobody asked for. */
pawl_remote_event_t hear(struct host *h, pawl_remote_what_t what, uint64_t req);
/** Wait in the queue: ask again whenever the last answer said so, until it is granted. */
struct host_event wait_grant(struct host *h, uint64_t req);

/** Is `later` after `before`? Backends whose tokens cannot be relied on are not asked. */
bool is_after(uint64_t later, uint64_t before);
bool shows_others(void);
bool renews(void);

/* ---- for the cases of faults, which open the hosts that they are about ---- */

/** As short as times may be where something happens meanwhile. */
int64_t brief(void);
/** Open one that nobody has seen before; `far` through the wire, which passes everything. */
bool open_host(struct host *h, int64_t ttl_ns);
/** Let the wire, which passes everything else, do that. */
void rule(struct proxy_rules rules);
/** A server that is new, and known to be. */
bool fresh_server(void);

/** What a keeper believes in: that `h` has the lock. */
struct hold {
	struct host *h;
	uint64_t req, hi;
	int64_t deadline, renew_at;
	unsigned ups, news;
	bool over; /* it was told, or the deadline has passed */
	bool told;
};
/** And what one does who waits. */
struct want {
	struct host *h;
	uint64_t req;
	int64_t again;
	unsigned ups, news;
	struct host_event grant; /* it is `there` when it came */
};
extern struct hold held;
extern struct want wanted;

/** Take note of what has come, and renew. */
void hold_on(struct hold *o);

/** One host has the lock, another waits for it. */
bool one_has_it(struct host *h, struct host *other);
/** Both do what keepers do, for so long. False: the one was granted the lock while the other could believe in it. */
bool let_pass(int64_t ns);
/** Until the one who has it knows that it has it still, or that it has it no more. */
bool has_settled(void);
/** The one releases it, also when it has it no more; and the other gets it, and keeps it when that comes again. */
bool the_other_gets_it(void);

#endif
