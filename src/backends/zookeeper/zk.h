/* SPDX-License-Identifier: BSD-2-Clause */
/** zk.h: the ZooKeeper backend's parts, and what they share. How the rules of pawl/remote.h map to a tree of nodes.
 *
 *   /pawl/l/NAME                         a directory, as long as somebody is in it or the last owner's end was not clean
 *   /pawl/l/NAME/h-HOST[.PLACE]-REQ-SEQ  ephemeral, in the queue; the lowest SEQ owns, its czxid is the token
 *   /pawl/h/HOST-SESSION                 ephemeral, says which keeper speaks in that session; its version is the connection
 *
 * Session     A host has one, taken up by each of its keepers (session.c); all leases are good while it is (alive.c). Each
 *             connection has a handle of its own.
 * Late copies A connection begins by raising the version of its session's node under h/ (greet.c), and all that changes
 *             something checks that version in the same transaction (change.c): what an earlier connection has sent, or a
 *             keeper that was replaced, and that arrives after that, is refused. So what is found in the tree is all there is
 *             of ours, and finished requests need be remembered only by this process (ask.c). A lost reply is cured by a look
 *             into the directory: a node with our HOST and REQ is ours, if this session made it.
 * Finished    The numbers of a session that has ended are nobody's; the server refuses whatever else comes from it.
 * Deaths      The data of a lock's directory is the SEQ of the one node whose tenure follows a clean end; any other owner has
 *             one before it that died, or did not say. A new directory says 0, its first. Whoever ends cleanly writes the
 *             SEQ of the next in the queue, in the transaction that removes its own node and checks that the next is still
 *             there; or, if nobody waits, removes the directory, which ZooKeeper refuses while it has children. Nothing else
 *             removes or writes it: however a tenure ends, and whenever, the next owner's SEQ is another. That is why the
 *             directory is no container: those are reaped when empty, and with it the death of its last owner. What is above
 *             it is.
 * Waiting     Who is not the lowest watches the one before it; an owner who is alone watches the directory, once: a waiter that
 *             comes wakes one owner, a release one waiter. To leave the queue checks that the one before is still there: else
 *             it would be a tenure that ended without a word.
 * Lost data   Of a server that says our session has expired before it may have, or that counts transactions from below what
 *             we have seen, nothing is asked for a timeout: others may have leases that it does not know of.
 * Not kept    `wait_ns`: places last as long as the session. `floor`: czxids cannot be raised, they go back if the servers'
 *             data is lost. */
#ifndef PAWL_BACKENDS_ZOOKEEPER_H
#define PAWL_BACKENDS_ZOOKEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <zookeeper/zookeeper.h>

#include <pawl/lock.h>
#include <pawl/remote.h>

#include "backends/backoff.h"
#include "backends/names.h"
#include "backends/url.h"

#define ZK_MS 1000000ll

enum {
	ZK_ROOT = 128, /* room for the path of what is ours */
	ZK_WHO = 40,   /* HOST.PLACE */
	ZK_NODE = 80,  /* a node of the queue: its name */
	ZK_PATH = ZK_ROOT + 3 * PAWL_NAME_MAX + ZK_NODE + 8,
	ZK_PROBES = 32,
};

/* ---- node.c: names of nodes ---- */

/* A place in the queue of a lock. */
struct zk_node {
	char text[ZK_NODE]; /* "": none */
	char who[ZK_WHO];
	uint64_t req;
	int32_t seq;
};

/** False: not one of ours. */
bool zk_node_read(struct zk_node *n, const char *text);
/** Order in the queue: numbers wrap around. */
bool zk_node_is_before(const struct zk_node *a, const struct zk_node *b);
/** %XX becomes what it was; false if it does not fit, or is not as pawl_remote_encode() writes it. */
bool zk_decode(const char *text, char *name, size_t size);

/* ---- the backend ---- */

struct zk {
	const pawl_remote_config_t *config;
	char servers[URL_LENGTH]; /* HOST:PORT,HOST:PORT/CHROOT */
	char auth[URL_LENGTH];    /* USER:PASSWORD; "": none */
	char root[ZK_ROOT];
	const struct ACL_vector *acl;
	unsigned hosts;

	/* session.c: the connection */
	zhandle_t *handle;
	int fd;
	bool live;    /* it has a session */
	bool lost;    /* it is of no use any more: to be left */
	bool ending;  /* it is there to end its session */
	bool stopped; /* a later keeper has taken over: no more of them */
	bool up;
	int64_t session;
	int64_t since_asked; /* when this connection asked for its session, at the earliest */
	int64_t tried_at;    /* when it was begun */
	int64_t retry_at;
	struct backoff backoff;
	unsigned failures, mutes;
	char where[80];
	char reason[400], told[400]; /* why it is down, and what of that was told last */

	/* greet.c */
	int32_t version;
	unsigned greetings;

	/* alive.c */
	int64_t timeout;          /* of the session */
	int64_t since;            /* the session is known to have been alive then, to all servers */
	int64_t asked[ZK_PROBES]; /* when the last questions were asked, by number */
	unsigned sent, answered;  /* how many there were */
	int64_t sweep_at;

	/* ask.c */
	struct names asks;
	struct ask *ready, **ready_end;
	bool fresh;      /* this session began with us: what we do not know of does not exist */
	bool has_places; /* not only the host itself asks */
	bool said;
	struct zk_walk *walk;
};

/* ---- turn.c ---- */

/** Let the client library work; wait until `until` for the servers and the bell. */
void zk_turn(struct zk *z, int64_t until, int wake_fd, bool *woken);

/* ---- session.c ---- */

/** Make a handle. */
void zk_session_begin(struct zk *z);
/** It has a session. */
void zk_session_live(struct zk *z);
/** Greeted, by a write with this zxid: requests are taken. */
void zk_session_up(struct zk *z, int64_t zxid);
void zk_session_expired(struct zk *z);
/** One of the servers could not be reached. */
void zk_session_refused(struct zk *z, const char *why);
/** It is lost, and the reason said. */
void zk_session_give_up(struct zk *z);
/** The end: of the session as well, or not. */
void zk_session_leave(struct zk *z, bool last);

/** This connection is of no use any more; printf-like. The first reason stays. */
void zk_lose(struct zk *z, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The same if a request has not even been queued. True if it has. */
bool zk_called(struct zk *z, int rc);
/** An answer: true if there is none, because the connection is gone. */
bool zk_is_void(struct zk *z, int rc);

/* ---- saved.c ---- */

/** False: there is none. */
bool zk_saved_session(const struct zk *z, clientid_t *id);
/** Write a session down, before anything is done in it. False: it is there already. */
bool zk_saved_begin(struct zk *z, const clientid_t *id);
bool zk_saved_is_told(const struct zk *z);
void zk_saved_be_told(struct zk *z);
void zk_saved_forget(struct zk *z);
/** It does until then, as far as we know. */
void zk_saved_lasts(struct zk *z, int64_t until);
/** It is over; if that is sooner than it may, what the servers say is not believed for a while. */
void zk_saved_expired(struct zk *z);
/** A transaction has happened. */
void zk_saved_saw(struct zk *z, int64_t zxid);
/** A new one has: they are counted, and never backwards. */
void zk_saved_compare(struct zk *z, int64_t zxid);
/** For how long nothing is to be asked for. */
int64_t zk_saved_delay(const struct zk *z);

/* ---- greet.c ---- */

void zk_greet(struct zk *z);
void zk_keeper_path(const struct zk *z, char path[ZK_PATH]);
/** Make ROOT and the folder `below` it; the last answer to `done`. */
void zk_make_parents(struct zk *z, const char *below, string_completion_t done, const void *arg);

/* ---- alive.c ---- */

void zk_alive_begin(struct zk *z, int64_t since, int timeout_ms);
/** Ask whether it is time; when is it next? */
int64_t zk_alive_turn(struct zk *z);
int64_t zk_alive_deadline(const struct zk *z);
void zk_alive_say(struct zk *z);
/** Answers come. */
bool zk_alive_is_prompt(const struct zk *z);

/* ---- ask.c ---- */

int zk_ask_submit(struct zk *z, const pawl_remote_op_t *op);
/** Go on with all that can go on. */
void zk_asks_turn(struct zk *z);
/** The connection is gone: outcomes will not be learnt. */
void zk_asks_down(struct zk *z);
/** There is a new one: `all_gone`, as is all that was ours. */
void zk_asks_up(struct zk *z, bool all_gone);
/** A watch has fired. */
void zk_asks_watched(struct zk *z, const char *path);
/** Forget what is over for long. */
void zk_asks_sweep(struct zk *z);
void zk_asks_drop(struct zk *z);
/** A node of ours that nobody has asked for yet. */
void zk_asks_found(struct zk *z, const char *name, const struct zk_node *n);

void zk_say(struct zk *z, const pawl_remote_event_t *event);

/* ---- walk.c ---- */

/** Look through all locks for what is ours: a keeper before us may have leases of which we are asked nothing. */
void zk_walk_begin(struct zk *z);
void zk_walk_end(struct zk *z);

#endif
