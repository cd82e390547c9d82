/* SPDX-License-Identifier: BSD-2-Clause */
/** ask.h: what this host, or one of its places, has to do with one lock: ask.c takes requests and answers them, look.c sees what
 * is there, change.c changes it. One thing at a time is under way for each.
 */
#ifndef PAWL_BACKENDS_ZOOKEEPER_ASK_H
#define PAWL_BACKENDS_ZOOKEEPER_ASK_H

#include "backends/zookeeper/zk.h"

struct order {
	struct order *next;
	pawl_remote_op_t op; /* without a name */
};

/* What a look has found: one node of ours, and its neighbours. */
struct view {
	struct zk_node node, before, after;
	bool stale;      /* the node is of a request that is over, or a second one: it has to go */
	bool complete;   /* but for what the server says of the node itself */
	bool foreign;    /* there are children that are nobody's place */
	uint64_t larger; /* the largest request of ours, if that is larger */
	int32_t clean;   /* the node whose tenure follows a clean end */
	int32_t next;    /* the number of the next node that will be made, if there are foreign ones */
};

struct ask {
	struct named head;
	struct zk *z;
	struct ask *next_ready;
	bool is_ready;
	char *dir; /* of the lock */
	char who[ZK_WHO];
	struct order *orders; /* submitted and not answered */
	bool begun;           /* the first of them is under way */
	uint64_t done;        /* requests up to here are finished */
	int64_t used_at;

	bool busy;
	bool dirty; /* something has changed there */
	unsigned calls, rounds;

	uint64_t req; /* which it is about */
	bool known;   /* of ours there is in the directory what stands here, and no more */
	bool there;   /* the directory, as far as we know */
	struct zk_node mine, before, after;
	uint64_t hi;
	bool died;
	bool guarded, before_watched, dir_watched;
	bool granted, queued, contended; /* so it was told */

	struct view view;
};

/* ---- ask.c ---- */

/** Go on with the first order, or with what has changed. */
void zk_ask_begin(struct ask *a);
void zk_ask_drop_order(struct ask *a);
/** The connection is gone: nothing is known any more, of no order the outcome. */
void zk_ask_down(struct ask *a);

/** A call was made for it: counted, if it was. */
void zk_ask_called(struct ask *a, int rc);
/** Its answer has come; true if there is none. */
bool zk_ask_is_void(struct ask *a, int rc);
/** A look is complete: go on from there. */
void zk_ask_seen(struct ask *a);
/** The node is gone, and so what it was granted. */
void zk_ask_removed(struct ask *a);
/** It cannot be done, or not be known: said so, if somebody has asked. */
void zk_ask_fail(struct ask *a, const char *what, int rc);
/** Too many rounds: others change the directory all the time. Said so. */
bool zk_ask_is_at_odds(struct ask *a);
void zk_ask_forget_node(struct ask *a);

/* ---- look.c ---- */

void zk_look(struct ask *a);
/** Ask for what the server says of the node in the view, and watch it. */
void zk_look_at_node(struct ask *a);
/** Watch the one before, or the directory, if that is needed. True: it is under way, and then comes zk_ask_next(). */
bool zk_look_out(struct ask *a);
void zk_ask_next(struct ask *a);
/** Others wait: said so. */
void zk_ask_contended(struct ask *a);

/* ---- change.c ---- */

void zk_change_create(struct ask *a);
/** The node in the view, or ours. */
void zk_change_remove(struct ask *a, const struct view *v, bool clean);

#endif
