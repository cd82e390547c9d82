/* SPDX-License-Identifier: BSD-2-Clause */
/** etcd.h: what the parts of this backend share.
 *
 *   etcd.c     open, submit, poll, close; what is said to the keeper     options  the URL
 *   session    one lease per host: had, kept, taken up, lost             http     requests and the stream, by curl
 *   watch      the stream of all that changes under our prefix           wire     requests built, answers read; base64
 *   lock       what is known of a lock                                   near     who is next to a place of ours
 *   keys       what keys are called
 *   ask        who asks, and what is to be done, one job at a time       place    our place in a lock: what it is found to be
 *   request    asking for it                                             finish   giving it back
 *   heir       what etcd has of ours that nobody here asked for          txn      what each request is to etcd
 *   begin      how a session begins                                      answer   what is wrong with an answer
 *
 * Calls go down: session, begin, watch -> ask, place -> request, finish -> lock, near, txn -> keys -> wire. Answers come up from http.
 * Nothing but etcd.c's say() calls the keeper.
 */
#ifndef PAWL_ETCD_H
#define PAWL_ETCD_H

#include <pawl/remote.h>

#include "backends/backoff.h"
#include "backends/etcd/http.h"
#include "backends/etcd/options.h"
#include "backends/etcd/wire.h"
#include "backends/names.h"

#define NS_PER_S INT64_C(1000000000)

/* Codes of gRPC that etcd refuses with. */
enum { INVALID = 3, NOT_FOUND = 5, NOT_NOW = 9, UNAVAILABLE = 14, WHO = 16 };

/* In the keeper's 256 bytes. A lease is written here before it is asked for, and `told` once all have heard that it is new. */
struct saved {
	char magic[8];
	int64_t lease;
	uint64_t told;
	int64_t revision; /* the last of which all has been told */
	char cluster[24]; /* whose revisions those are */
};

/* Somebody in the queue: the creation of his key is his number in it. */
struct spot {
	int64_t created, lease;
	char place[8];
};

/* What is known of a lock. Words with _at: as of which revision. */
struct lock {
	struct named head; /* by what its keys are called */
	char *name;
	bool held; /* of protocol=key: the key is there */
	int64_t held_at;
	int64_t noted;         /* when the note below was changed; 0: there is none */
	char note[WIRE_VALUE]; /* who was the last to be granted the lock, and has not said that all is well */
	int64_t noted_at;
	int64_t seen, gone_at;     /* the last event of a place, and of one that has gone */
	bool crowded;              /* other keys lie between its places */
	struct ask *asks;          /* ours */
	struct lock *next_changed; /* in a list of those that had events */
	bool changed;
};

/* Something to be done for an ask. */
struct job {
	struct job *next;
	int kind; /* a pawl_remote_kind_t, or of those below */
	uint64_t req, hi;
	bool clean;
	unsigned rounds;   /* how often it was begun anew because others were quicker */
	unsigned requests; /* how many it has made since */
};

enum {
	LOOK = 100, /* is our place what we believe? */
	CONFIRM,    /* we are the first: write that down */
};

/* One who asks: this host, or a place of it. */
struct ask {
	struct named head; /* by the lock's name, and place */
	struct lock *lock;
	struct ask *sibling;
	enum { IDLE, QUEUED, GRANTED } state;
	uint64_t req;
	int64_t hi;            /* when our key was created; 0: it is not there yet */
	bool died;             /* granted: an owner had died */
	int64_t own, own_at;   /* the same, by the last that was heard; as of which revision */
	bool known;            /* what follows is */
	struct spot before;    /* the place in front of ours; created 0: there is none. Of no use with protocol=key */
	bool gone;             /* but that one has gone since */
	struct spot next;      /* the place behind it; of protocol=key: somebody who waits */
	bool lost;             /* nobody knows which that is now, if any */
	char heir[WIRE_VALUE]; /* whose request that is; "": who knows */
	bool called; /* of protocol=v3lock: lock/lock was called, and has not returned; this address is whose call that is */
	bool returned; /* and has */
	bool behind;   /* somebody was in front of us then */
	bool answers;  /* the first job waits for it to return, or for our place to turn out not to be the first */
	bool told;     /* that others wait */
	struct job *jobs;
	bool busy; /* with the first */
	struct ask *next_ready;
	bool ready;
	int64_t done_at; /* when a request was finished; 0: none was, or that has been forgotten */
	uint64_t done;   /* which, 0: who knows */
};

struct etcd {
	const pawl_remote_config_t *config;
	struct options options;
	struct http http;
	struct names locks, asks;
	struct lock *changed;
	struct ask *ready;
	bool said; /* something, since poll() was called */

	/* the session */
	struct saved saved; /* a copy */
	struct backoff backoff;
	bool up, trying, told_down, is_new, renewing;
	int64_t retry_at, renew_at, alive_until, span; /* span: how long a lease lasts */
	int64_t delay;                                 /* to say with the next UP */
	json_t *found;                                 /* the keys of a lease that was taken up */
	char reason[REASON];

	/* the stream */
	bool streaming, created;
	int64_t watched;       /* the last revision of which we know all */
	int64_t beat, beat_by; /* a key of ours changed in that revision: to be heard of until then; 0: nothing is */
	int64_t beat_after;    /* which is larger than that */
	unsigned silences;
	int64_t stream_at; /* open it then; INT64_MAX: it is, or need not be */
	unsigned calls;    /* how many wait in lock/lock */
};

/* ---- etcd.c ---- */

void say(struct etcd *e, const pawl_remote_event_t *event);
void say_of(struct etcd *e, const struct ask *a, pawl_remote_what_t what, uint64_t req);

/* ---- session.c ---- */

/** Take up what is saved. */
void session_begin(struct etcd *e);
/** Do what is due; the next date. */
int64_t session_tick(struct etcd *e);
/** The service cannot be used: say so, forget what is under way, begin anew. */
void session_down(struct etcd *e, const char *reason);
/** The stream is there. */
void session_come_up(struct etcd *e);
/** True if that answer concerns the session: whoever asked is to return, and touch nothing. */
bool session_minds(struct etcd *e, const struct answer *a);
/** A lease that we can be less sure of than of a new one: end it. */
void session_anew(struct etcd *e);
void session_save(struct etcd *e);
/** Give the lease back. */
void session_end(struct etcd *e);

/** Post a request of the session itself; down if that cannot be. */
void session_ask(struct etcd *e, const char *path, json_t *body, answer_t *answer);
/** True: its answer was refused, and nothing goes on without it. */
bool session_fails(struct etcd *e, const struct answer *a);
/** It makes none: down. */
void session_nonsense(struct etcd *e, const char *what);
/** From when to when the lease lasts, by an answer; false: it has none. */
bool session_read_ttl(struct etcd *e, const json_t *answer, int64_t sent);
bool session_is_over(const struct etcd *e);
void session_keep_alive(struct etcd *e);

/* ---- begin.c ---- */

void begin_login(struct etcd *e);
void begin_hello(struct etcd *e);
/** The lease found there has gone: another. */
void begin_grant(struct etcd *e);

/* ---- watch.c ---- */

void watch_open(struct etcd *e);
/** Hear what it said. */
void watch_read(struct etcd *e);

/* ---- lock.c ---- */

/** NULL: no memory, or no such name. */
struct lock *lock_get(struct etcd *e, const char *name);
/** Nothing is known of it, until somebody looks: as of `revision` or later, since events up to it may be missing. */
void lock_doubt(struct lock *l, int64_t revision);
void lock_drop(struct etcd *e, struct lock *l);
/** An answer tells of two of its keys, as of `revision`. */
void lock_saw(struct lock *l, const struct kv *key, const struct kv *note, int64_t revision);
/** An event of a key of it. */
struct keyed;
void lock_event(struct etcd *e, struct lock *l, const struct keyed *k, const struct kv *kv, bool deleted);
/** Is a place of it meant? A key without its lease, put there by hand, is nobody's. */
bool lock_has(const struct etcd *e, const struct lock *l, const struct keyed *k, const struct kv *kv);

/* ---- near.c ---- */

void near_doubt(struct ask *a);
/** Our key is that, as of `revision`. */
void near_own(const struct etcd *e, struct ask *a, const struct kv *key, int64_t revision);
/** So are those around it: up to it backwards, and from behind it on. What is `known` then may be not all. */
void near_saw(struct etcd *e, struct ask *a, const json_t *back, const json_t *next, int64_t revision);
/** An event of a place. */
void near_event(const struct etcd *e, struct ask *a, const struct keyed *k, const struct kv *kv, bool deleted);
bool near_is_first(const struct etcd *e, const struct ask *a);
/** Others wait, or may. */
bool near_is_contended(const struct ask *a);

/* ---- ask.c ---- */

struct ask *ask_get(struct etcd *e, const char *name, const char *place);
/** False: no memory. A copy of a job that is to be done is none. */
bool ask_push(struct etcd *e, struct ask *a, struct job job);
/** Begin the jobs that can be begun. */
void ask_work(struct etcd *e);
/** Its first job is done. */
void ask_pop(struct etcd *e, struct ask *a);
/** Its outcome is not known. */
void ask_unknown(struct etcd *e, struct ask *a, const char *reason);
/** Nor will it be: this answer was refused, or makes no sense. */
void ask_nonsense(struct etcd *e, struct ask *a, const struct answer *answer);
/** Forget them all, here. */
void ask_drop_all(struct etcd *e);
/** Nothing of what is known of locks is to be trusted any more: look. */
void ask_doubt_all(struct etcd *e);
/** All that is under way has an outcome that is not known. */
void ask_all_unknown(struct etcd *e, const char *reason);
/** Begin the first job anew. */
void ask_again(struct etcd *e, struct ask *a);
/** Is the keeper told what becomes of it? */
bool ask_is_told(const struct job *j);

/* ---- place.c ---- */

/** It is no more. */
void place_rest(struct etcd *e, struct ask *a);
void place_lose(struct etcd *e, struct ask *a);
/** The request that a key is of; 0: it is a stranger's, or nobody knows. */
uint64_t place_request(const struct etcd *e, const struct ask *a, const struct kv *key);
/** May we write down that we own the lock, if etcd finds that we are the first? */
bool place_may_confirm(const struct etcd *e, const struct ask *a);
/** These four end the first job. */
void place_granted(struct etcd *e, struct ask *a);
void place_queued(struct etcd *e, struct ask *a);
/** There is no key of ours, or not yet. */
void place_outside(struct etcd *e, struct ask *a, uint64_t req);
/** That request is finished, or older than the place. */
void place_late(struct etcd *e, struct ask *a, uint64_t req);
/** Our key is there: the job is done, or goes on. */
void place_settle(struct etcd *e, struct ask *a);
/** What follows from what is known of its lock. */
void place_judge(struct etcd *e, struct ask *a);

/* ---- request.c ---- */

void request_begin(struct etcd *e, struct ask *a);
/** Go on with these. */
void request_look(struct etcd *e, struct ask *a);
void request_confirm(struct etcd *e, struct ask *a);

/* ---- heir.c ---- */

/** A key of ours that no ask is about. */
void heir_found(struct etcd *e, const struct keyed *k);
/** A key of ours has gone, and no ask gave it back. */
void heir_mourns(struct etcd *e, const char *key, const struct keyed *k, int64_t changed);
/** Forget what was finished long ago, here and in etcd. */
void heir_forgets(struct etcd *e);

/* ---- finish.c ---- */

void finish_begin(struct etcd *e, struct ask *a, const struct job *j);
/** Remove our key, which is of an older request, and begin the job anew. */
void finish_older(struct etcd *e, struct ask *a, const struct kv *key);

#endif
