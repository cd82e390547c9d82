/* SPDX-License-Identifier: BSD-2-Clause */
/** keys.h: what our keys are called, and what stands in them. P is the prefix, NAME the lock's name, encoded (pawl_remote_encode),
 * LEASE hexadecimal digits, and behind a place's lease a dot and its number; HOST is who asks, and so is its place.
 *
 *   key                          value          lease    means
 *   P NAME/LEASE                 HOST REQ       ours     a place in the queue; the first one owns the lock. As `etcdctl lock`, the Go
 *                                                        library and the server's v3lock call it, with a value of their own: none
 *   P .pawl/owner/NAME           HOST REQ DIED  none     its last owner, until that has said that all is well, and
 *                                                        who is next, if it knows
 *   P .pawl/done/NAME/LEASE      REQ            ours     the largest request of that asker that is finished
 *   P .pawl/beat/HOST                           ours     changed now and then, to hear whether the stream is alive
 *
 * No name begins with a dot, encoded: these are no lock's places. Places are told from other locks' keys by what follows the
 * slash: `etcdctl lock orders/42` has keys that a scan of `orders/` finds.
 *
 * protocol=key has the lock itself at P NAME, as it is; but a first . or % is %2E, %25. So `etcdctl put NAME` is its owner, too.
 *
 *   P NAME                       HOST REQ       ours     the lock
 *   P .pawl/key/owner/NAME, P .pawl/key/done/NAME/LEASE  as above
 *   P .pawl/key/wait/NAME/LEASE                 ours     somebody waits; with blind=0 only
 */
#ifndef PAWL_ETCD_KEYS_H
#define PAWL_ETCD_KEYS_H

#include "backends/etcd/etcd.h"

enum part { PLACE, OWNER, DONE, WAIT, BEAT };

/* A key, taken apart. */
struct keyed {
	enum part part;
	char base[WIRE_KEY]; /* the lock's name as it stands in keys */
	int64_t lease;       /* PLACE, but of protocol=key; DONE; WAIT */
	char place[8];
};

/** False: it is none of ours, nor of a lock's. */
bool keys_read(const struct etcd *e, const char *key, struct keyed *k);

/** The name in keys; false: it does not fit. And back; false: no name is written so. */
bool keys_base(const struct etcd *e, const char *name, char base[WIRE_KEY]);
bool keys_name(const struct etcd *e, const char *base, char name[WIRE_KEY]);

/** The keys of an ask. */
void keys_place(const struct etcd *e, const struct ask *a, char key[WIRE_KEY]);
void keys_owner(const struct etcd *e, const struct ask *a, char key[WIRE_KEY]);
void keys_done(const struct etcd *e, const struct ask *a, char key[WIRE_KEY]);
void keys_wait(const struct etcd *e, const struct ask *a, char key[WIRE_KEY]);
void keys_beat(const struct etcd *e, char key[WIRE_KEY]);
/** From where to where the places are; of protocol=key: who waits. */
void keys_range(const struct etcd *e, const struct ask *a, char from[WIRE_KEY], char to[WIRE_KEY]);
/** From where to where all our keys are; "" at both ends: from the first to the last. */
void keys_all(const struct etcd *e, char from[WIRE_KEY], char to[WIRE_KEY]);

/** Values. */
void keys_mine(const struct etcd *e, const struct ask *a, uint64_t req, char value[WIRE_VALUE]);
void keys_mine_owner(const struct etcd *e, const struct ask *a, uint64_t req, bool died, char value[WIRE_VALUE]);
/** The key of the place behind ours, and what makes its request the owner. False: it is not known, or not one of pawl's. */
bool keys_heir(const struct etcd *e, const struct ask *a, char key[WIRE_KEY], char value[WIRE_VALUE]);
/** As text whose order is that of the numbers. */
void keys_number(uint64_t req, char value[WIRE_VALUE]);
/** Does a request of some host stand there? */
bool keys_is_request(const char *value);
/** Whose request stands there, if it is this host's. */
bool keys_whose(const struct etcd *e, const char *value, char place[8], uint64_t *req);

#endif
