/* SPDX-License-Identifier: BSD-2-Clause */
/** link.h: one connection to the server that never blocks: commands go in, each with what its answer is for; answers come in order.
 *
 * A link that failed is closed, never used again: an answer that comes late would be taken for the next command's.
 */
#ifndef PAWL_BACKENDS_REDIS_LINK_H
#define PAWL_BACKENDS_REDIS_LINK_H

#include <hiredis/hiredis.h>
#include <pawl/remote.h>
#include <stdbool.h>
#include <stddef.h>

struct redis;
struct call;

/** What to do with an answer. True: the call is freed; false: it was kept. */
typedef bool answer_fn(struct redis *r, struct call *call, const redisReply *reply);

/** A command under way. Of a request: the op, whose texts are here. */
struct call {
	struct call *next;
	answer_fn *answer;
	int64_t sent;
	pawl_remote_op_t op;
	bool confirms;             /* a grant that we were told of, but have not asked for */
	bool whole;                /* sent with the script's text: the server had forgotten it */
	pawl_remote_event_t grant; /* that waits for replicas */
	char place[8];
	char name[];
};

struct calls {
	struct call *first, **end;
};

/* All zero: closed. */
struct link {
	redisContext *c;
	struct calls calls;
	int64_t heard; /* when something came last, or it was opened */
	bool unsent, ready;
};

/** A call; with a copy of the op's texts, if there is an op. NULL: no memory. */
struct call *call_new(answer_fn *answer, const pawl_remote_op_t *op);
void calls_put(struct calls *all, struct call *call);
/** The first one; NULL: none. */
struct call *calls_take(struct calls *all);
/** Put those of `from` behind those of `to`. */
void calls_move(struct calls *from, struct calls *to);
void calls_free(struct calls *all);

/** Begin to connect; false, and `reason`: it is closed. */
bool link_open(struct link *l, const char *socket, const char *host, int port, char *reason, size_t size);
/** Send a command. The call is the link's, or freed: 0; ENOTCONN, ENOMEM. */
int link_send(struct link *l, struct call *call, int n, const char *const words[], const size_t lengths[]);
/** Write what can be written. False as below. */
bool link_flush(struct link *l, char *reason, size_t size);
/** Write and read what can be. False, and `reason`: the connection is of no use any more. */
bool link_pump(struct link *l, char *reason, size_t size);
/** The next thing the server said, to be freed; NULL: nothing yet. False as above. */
bool link_next(struct link *l, redisReply **reply, char *reason, size_t size);
/** Close it; calls without an answer go to `left`. */
void link_close(struct link *l, struct calls *left);

#endif
