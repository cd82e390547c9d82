/* SPDX-License-Identifier: BSD-2-Clause */
/** net.h: messages between a backend and the service. */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "world.h"

enum ask { CONNECT = 10, PING }; /* beside PAWL_REMOTE_ACQUIRE and so on */

enum say {
	WELCOME = 20, /* connected; `fresh`: all leases are gone; (UNKNOWN `reset`: and not any more) */
	PONG,
	EXPIRED,  /* the session */
	YOURS,    /* a hint: it has been granted to you; `hi`, for `ttl` */
	SOMEBODY, /* a hint: somebody else waits */
};                /* beside PAWL_REMOTE_GRANTED and so on */

struct message {
	uint8_t ask, say;
	bool clean, hand, confirms; /* of requests; confirms: sent because of a hint */
	bool late;                  /* a copy: nobody waits for its answer */
	bool contended, died, fresh, reset;
	uint32_t host, token, connection, run, session, lock;
	uint64_t req, hi, floor;
	int64_t ttl, wait;
	int64_t sent; /* by the host's clock, before it was written */
	int64_t hint, delay;
};

void net_reset(void);
void net_request(const struct message *m);
/** The answer to `m`, which has been filled into it. */
void net_reply(const struct message *m);
/** Unasked for, and not in order with replies. `ordered`: in order, and as sure as they are. */
void net_hint(const struct message *m, bool ordered);

/* Where they arrive. */
void service_hear(struct message *m);
void backend_hear(const struct message *m);

#endif
