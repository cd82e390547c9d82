/* SPDX-License-Identifier: BSD-2-Clause */
/** wire.h: what is said to etcd's JSON gateway, and what it answers. Requests are built here and nowhere else: etcd ignores a field
 * it does not know, so that a misspelt `lease` would make a key that never goes.
 *
 *   int64    decimal strings            bytes     base64              zero, false, empty    left out
 *
 * Whoever builds a request nests these; NULL anywhere (no memory) makes the whole NULL. Whoever reads an answer gets each field
 * checked: it may come from anybody.
 */
#ifndef PAWL_ETCD_WIRE_H
#define PAWL_ETCD_WIRE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { WIRE_KEY = 3600, WIRE_VALUE = 128 };

/* ---- conditions ---- */

/** The key was created at that revision; 0: it is not there. With `end`: each of the keys from `key` up to that. */
json_t *wire_created(const char *key, const char *end, int64_t revision);
/** None of the keys from `key` up to `end` was created before that. */
json_t *wire_none_before(const char *key, const char *end, int64_t revision);
/** It was last changed at that revision. */
json_t *wire_changed(const char *key, int64_t revision);
/** Its value is that. A key that is not there has none. */
json_t *wire_equal(const char *key, const char *value);
json_t *wire_greater(const char *key, const char *value);

/* ---- operations ---- */

json_t *wire_put(const char *key, const char *value, int64_t lease);
json_t *wire_delete(const char *key);
json_t *wire_get(const char *key);
/** Of the keys from `key` up to `end` the last `most` to be created, up to revision `last`, without their values, the last one
 * first. 0: all; whenever that was. */
json_t *wire_back(const char *key, const char *end, int64_t last, unsigned most);
/** The first `most` to be created behind `last`, with their values. */
json_t *wire_behind(const char *key, const char *end, int64_t last, unsigned most);
/** A transaction within one. The three are lists: json_pack("[o,..]"), or wire_none(). */
json_t *wire_if(json_t *conditions, json_t *then, json_t *otherwise);
json_t *wire_none(void);

/* ---- whole requests ---- */

/** What wire_if made. */
json_t *wire_transaction(json_t *operation);
json_t *wire_range(const char *key, int64_t revision);
json_t *wire_touch(const char *key, int64_t lease);
json_t *wire_grant(int64_t id, int64_t ttl_s);
json_t *wire_lease(int64_t id);
json_t *wire_lease_keys(int64_t id);
json_t *wire_login(const char *user, const char *password);
json_t *wire_watch(const char *key, const char *end, int64_t revision);
json_t *wire_lock(const char *name, int64_t lease);

/* ---- answers ---- */

/** A key and what goes with it; all zero: there is none. */
struct kv {
	char key[WIRE_KEY], value[WIRE_VALUE];
	int64_t created, changed, lease;
};

/** Field `name`, 0 if it is left out. False: it is no number from 0 to 2^63 - 1, or, with `negative`, no int64. */
bool wire_number(const json_t *o, const char *name, bool negative, int64_t *n);
/** The same, a revision: none is 2^62 or more, or it could not be a token. */
bool wire_some_revision(const json_t *o, const char *name, int64_t *n);
/** The revision of the header. */
bool wire_revision(const json_t *answer, int64_t *revision);
/** What is read is a key. A value too long, or with a NUL in it, reads as "?": it is not ours. False: it makes no sense, or is of a
 * key that cannot be ours either. */
bool wire_kv(const json_t *o, struct kv *kv);
/** The list in the answer of operation `i`, counted from the end if that is negative, of a transaction; NULL: there is none. */
const json_t *wire_kvs(const json_t *responses, long i);
/** The first one in it; false: it makes no sense. */
bool wire_got(const json_t *responses, long i, struct kv *kv);
/** Answers of the transaction that is operation `i`; `*taken`: its conditions held. NULL: there is none. */
const json_t *wire_inner(const json_t *responses, long i, bool *taken);
const json_t *wire_outer(const json_t *answer, bool *taken);

#endif
