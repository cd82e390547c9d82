/* SPDX-License-Identifier: BSD-2-Clause */
/** wire.c: building requests, reading answers (wire.h). */
#include "backends/etcd/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/etcd/base64.h"

/* ---- values ---- */

static json_t *number(int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	return json_string(text);
}

/* The key of all that lie behind every other, "", is the byte 0. */
static json_t *bytes(const char *text)
{
	size_t n = strlen(text);
	char *coded = malloc(BASE64_SIZE(n + 1));
	json_t *made;

	if (!coded)
		return NULL;
	base64_write(text, n, coded);
	made = json_string(coded);
	free(coded);
	return made;
}

static json_t *edge(const char *key)
{
	return *key ? bytes(key) : json_string("AA==");
}

/* ---- conditions ---- */

static json_t *condition(const char *key, const char *target, const char *result, const char *field, json_t *value)
{
	return json_pack("{s:o,s:s,s:s,s:o}", "key", bytes(key), "target", target, "result", result, field, value);
}

static json_t *creation(const char *key, const char *end, const char *result, int64_t revision)
{
	json_t *made = condition(key, "CREATE", result, "create_revision", number(revision));

	if (made && end && json_object_set_new(made, "range_end", bytes(end)) != 0) {
		json_decref(made);
		return NULL;
	}
	return made;
}

json_t *wire_created(const char *key, const char *end, int64_t revision)
{
	return creation(key, end, "EQUAL", revision);
}

json_t *wire_none_before(const char *key, const char *end, int64_t revision)
{
	return creation(key, end, "GREATER", revision - 1);
}

json_t *wire_changed(const char *key, int64_t revision)
{
	return condition(key, "MOD", "EQUAL", "mod_revision", number(revision));
}

json_t *wire_equal(const char *key, const char *value)
{
	return condition(key, "VALUE", "EQUAL", "value", bytes(value));
}

json_t *wire_greater(const char *key, const char *value)
{
	return condition(key, "VALUE", "GREATER", "value", bytes(value));
}

/* ---- operations ---- */

json_t *wire_put(const char *key, const char *value, int64_t lease)
{
	json_t *put = json_pack("{s:o,s:o}", "key", bytes(key), "value", bytes(value));

	if (put && lease != 0 && json_object_set_new(put, "lease", number(lease)) != 0) {
		json_decref(put);
		return NULL;
	}
	return json_pack("{s:o}", "request_put", put);
}

json_t *wire_delete(const char *key)
{
	return json_pack("{s:{s:o}}", "request_delete_range", "key", bytes(key));
}

json_t *wire_get(const char *key)
{
	return json_pack("{s:{s:o}}", "request_range", "key", bytes(key));
}

static json_t *range(const char *key, const char *end, const char *order, const char *bound, int64_t revision,
	unsigned most, bool values)
{
	return json_pack("{s:{s:o,s:o,s:b,s:s,s:s,s:o,s:o}}", "request_range", "key", bytes(key), "range_end",
		bytes(end), "keys_only", !values, "sort_target", "CREATE", "sort_order", order, bound, number(revision),
		"limit", number(most));
}

json_t *wire_back(const char *key, const char *end, int64_t last, unsigned most)
{
	return range(key, end, "DESCEND", "max_create_revision", last, most, false);
}

json_t *wire_behind(const char *key, const char *end, int64_t last, unsigned most)
{
	return range(key, end, "ASCEND", "min_create_revision", last + 1, most, true);
}

json_t *wire_none(void)
{
	return json_array();
}

json_t *wire_if(json_t *conditions, json_t *then, json_t *otherwise)
{
	return json_pack("{s:{s:o,s:o,s:o}}", "request_txn", "compare", conditions, "success", then, "failure", otherwise);
}

/* ---- whole requests ---- */

json_t *wire_transaction(json_t *operation)
{
	json_t *inner = json_incref(json_object_get(operation, "request_txn"));

	json_decref(operation);
	return inner;
}

json_t *wire_range(const char *key, int64_t revision)
{
	return json_pack("{s:o,s:o}", "key", bytes(key), "revision", number(revision));
}

json_t *wire_touch(const char *key, int64_t lease)
{
	return json_pack("{s:o,s:o}", "key", bytes(key), "lease", number(lease));
}

json_t *wire_grant(int64_t id, int64_t ttl_s)
{
	return json_pack("{s:o,s:o}", "ID", number(id), "TTL", number(ttl_s));
}

json_t *wire_lease(int64_t id)
{
	return json_pack("{s:o}", "ID", number(id));
}

json_t *wire_lease_keys(int64_t id)
{
	return json_pack("{s:o,s:b}", "ID", number(id), "keys", 1);
}

json_t *wire_login(const char *user, const char *password)
{
	return json_pack("{s:s,s:s}", "name", user, "password", password);
}

json_t *wire_watch(const char *key, const char *end, int64_t revision)
{
	return json_pack("{s:{s:o,s:o,s:o}}", "create_request", "key", edge(key), "range_end", edge(end),
		"start_revision", number(revision));
}

json_t *wire_lock(const char *name, int64_t lease)
{
	return json_pack("{s:o,s:o}", "name", bytes(name), "lease", number(lease));
}

/* ---- answers ---- */

static bool read_digits(const char *text, bool negative, int64_t *n)
{
	char *end;
	long long read;

	if ((*text < '0' || *text > '9') && !(negative && *text == '-'))
		return false;
	errno = 0;
	read = strtoll(text, &end, 10);
	*n = read;
	return errno == 0 && !*end;
}

bool wire_number(const json_t *o, const char *name, bool negative, int64_t *n)
{
	const json_t *field = json_object_get(o, name);

	*n = 0;
	if (!field)
		return true;
	if (json_is_integer(field)) {
		*n = json_integer_value(field);
		return negative || *n >= 0;
	}
	return json_is_string(field) && read_digits(json_string_value(field), negative, n);
}

bool wire_some_revision(const json_t *o, const char *name, int64_t *n)
{
	return wire_number(o, name, false, n) && *n >> 62 == 0;
}

bool wire_revision(const json_t *answer, int64_t *revision)
{
	return wire_some_revision(json_object_get(answer, "header"), "revision", revision) && *revision > 0;
}

static long read_bytes(const json_t *o, const char *name, char *to, size_t size)
{
	const json_t *field = json_object_get(o, name);

	*to = '\0';
	if (!field)
		return 0;
	return json_is_string(field) ? base64_read(json_string_value(field), to, size) : -1;
}

bool wire_kv(const json_t *o, struct kv *kv)
{
	const json_t *value = json_object_get(o, "value");

	*kv = (struct kv){ 0 };
	if (read_bytes(o, "key", kv->key, sizeof(kv->key)) <= 0 || (value && !json_is_string(value)))
		return false;
	if (read_bytes(o, "value", kv->value, sizeof(kv->value)) < 0)
		strcpy(kv->value, "?");
	return wire_some_revision(o, "create_revision", &kv->created) &&
	       wire_some_revision(o, "mod_revision", &kv->changed) && wire_number(o, "lease", true, &kv->lease);
}

static const json_t *response(const json_t *responses, long i, const char *kind)
{
	size_t n = json_array_size(responses), at = i < 0 ? n - (size_t)-i : (size_t)i;

	return at < n ? json_object_get(json_array_get(responses, at), kind) : NULL;
}

const json_t *wire_kvs(const json_t *responses, long i)
{
	return json_object_get(response(responses, i, "response_range"), "kvs");
}

bool wire_got(const json_t *responses, long i, struct kv *kv)
{
	const json_t *range = response(responses, i, "response_range"), *kvs = json_object_get(range, "kvs");

	*kv = (struct kv){ 0 };
	if (!json_is_object(range) || (kvs && !json_is_array(kvs)))
		return false;
	return json_array_size(kvs) == 0 || wire_kv(json_array_get(kvs, 0), kv);
}

const json_t *wire_outer(const json_t *answer, bool *taken)
{
	const json_t *responses = json_object_get(answer, "responses");

	*taken = json_is_true(json_object_get(answer, "succeeded"));
	return json_is_array(responses) ? responses : NULL;
}

const json_t *wire_inner(const json_t *responses, long i, bool *taken)
{
	return wire_outer(response(responses, i, "response_txn"), taken);
}
