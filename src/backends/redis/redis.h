/* SPDX-License-Identifier: BSD-2-Clause */
/** redis.h: an open backend, and what its files do for each other.
 *
 *   redis.c      the backend's four functions
 *   session.c    connecting, reading, going down
 *   greet.c      who we are, which server that is, what it may have forgotten
 *   request.c    a request becomes a command
 *   answer.c     its answer an event
 *   hints.c      what other hosts' scripts have published for us
 *   belief.c     a grant that is told by a hint
 *   replicas.c   a grant that enough replicas must have heard of
 */
#ifndef PAWL_BACKENDS_REDIS_REDIS_H
#define PAWL_BACKENDS_REDIS_REDIS_H

#include "backends/backoff.h"
#include "backends/names.h"
#include "backends/redis/link.h"
#include "backends/redis/protocol.h"
#include "backends/redis/settings.h"

struct redis {
	const pawl_remote_config_t *config;
	struct settings settings;
	const struct protocol *protocol;
	char *script;
	char sha[41]; /* the server's name for it */

	struct link commands, hints; /* a connection that subscribes can do nothing else */
	unsigned at;                 /* which of the hosts */
	struct backoff backoff;
	int64_t retry_at;   /* down: connect then */
	int64_t up_by;      /* connecting: give up then */
	int64_t not_before; /* up: what may still be leased to somebody is not granted */
	bool up;
	bool booted, subscribed;
	bool broken; /* the connection is of no use any more, and `reason` says why */
	bool said;   /* since poll began */

	char run_id[41], offset[24]; /* of the server, as INFO has them */
	int64_t uptime_ms;
	int64_t client; /* what the server calls our connection */
	char era[72];   /* this run of the server, as all hosts call it */

	struct names queued;          /* belief.c */
	struct calls asked, gathered; /* grants: replicas are being asked about these; about those next */
	char reason[512], told[512];  /* why it is down; the same as the keeper has been told, "": it has not */
};

/* ---- redis.c ---- */

void redis_say(struct redis *r, const pawl_remote_event_t *event);
/** The server's name, for people. */
const char *redis_where(const struct redis *r);
/** The connection is of no use any more: `format` says why, and what to do. */
void redis_break(struct redis *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** What the server said, fit to be shown: one line, printable, short, and never our password. Good until the next call's `text`. */
const char *redis_quote(const struct redis *r, const char *said, char text[160]);

/* ---- session.c ---- */

/** Connect, if it is time. */
void session_begin(struct redis *r);
/** Send what there is to be sent. */
void session_hurry(struct redis *r);
/** Read what has come; see to it that what is due comes in time. */
void session_work(struct redis *r);
/** When session_begin or session_work have something to do by themselves. */
int64_t session_date(const struct redis *r);
/** Close the connection, and tell. */
void session_end(struct redis *r);
/** Send a command of texts, up to a NULL. */
void session_ask(struct redis *r, struct link *l, answer_fn *answer, ...);

/* ---- greet.c ---- */

/** Say all there is to say at first; when it is answered, the session is up. */
void greet(struct redis *r);

/* ---- request.c ---- */

/** Send a request. 0; ENOTCONN, ENOMEM: the call is freed. */
int request_send(struct redis *r, struct call *call);
/** In milliseconds, rounded up: what a lease is asked for. */
int64_t request_ms(int64_t ns);

/* ---- answer.c ---- */

answer_fn request_answer;
void request_unknown(struct redis *r, const struct call *call, const char *reason);
/** Which error that is which the server tells, and what to do; "": who knows. Short, since a space keeps 95 bytes of a reason. */
const char *answer_known(const char *said, char text[160]);

/* ---- hints.c ---- */

void hints_channel(const struct redis *r, char text[280]);
/** True if that was a message; it has been acted on. */
bool hints_hear(struct redis *r, const redisReply *reply);

/* ---- belief.c ---- */

/** This request is queued; `last` is the last token that had been given out then. */
void belief_queued(struct redis *r, const struct call *call, uint64_t last);
/** It is so no more. */
void belief_over(struct redis *r, const char *name, const char *place);
/** A hint says that `grant` was made, for `lease`. True if that may be believed; fills in the rest. */
bool belief_granted(struct redis *r, pawl_remote_event_t *grant, int64_t lease);

/* ---- replicas.c ---- */

/** Keep a grant until enough replicas have heard of it. */
void replicas_gather(struct redis *r, struct call *call, const pawl_remote_event_t *grant);

#endif
