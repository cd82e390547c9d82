/* SPDX-License-Identifier: BSD-2-Clause */
/** proxy.h: what may happen between a host and its service: a process in between that passes, delays, loses, cuts and refuses.
 *
 * It takes no part in the protocol. A *piece* is what one read brought: with small requests, sent when the last is answered, one
 * of them. What was sent is delivered late also when its connection is closed meanwhile. Gone when its test is.
 */
#ifndef PAWL_TESTS_PROXY_H
#define PAWL_TESTS_PROXY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum proxy_way { TO_SERVER, TO_CLIENT };

/* All zero: everything passes. */
struct proxy_rules {
	bool refuse;         /* all connections are cut, and new ones refused */
	bool swallow[2];     /* that way nothing arrives, and nobody is told: half-open; both ways: a black hole */
	int64_t delay_ns[2]; /* each piece is so long under way */
	char hold[24]; /* what goes to the server with these bytes in it waits, and so does what follows, until there are other rules */
	/* The connection of this piece is cut in place of passing it, once: the n-th from now on of those that go this way; 0: none */
	unsigned cut_at[2];
	unsigned cut_at_any; /* the same of pieces of both ways */
	unsigned cut_after; /* the first connection that has brought its client so many bytes is cut behind these; 0: none */
};

/* Since the rules were made. */
struct proxy_counts {
	unsigned pieces[2], connections, cuts, held;
	unsigned long bytes[2]; /* in these pieces */
};

struct proxy {
	pid_t pid;
	int control;
	int held; /* keeps the port while all is refused */
	int port;
	char authority[32]; /* 127.0.0.1:PORT */
};

/** Start one in front of a port of this machine. False: a note says why. */
bool proxy_start(struct proxy *p, int server);
/** From now on, for connections that there are as for new ones. They are in force when it returns. */
void proxy_rule(const struct proxy *p, struct proxy_rules rules);
struct proxy_counts proxy_counts(const struct proxy *p);
void proxy_end(struct proxy *p);

#endif
