/* SPDX-License-Identifier: BSD-2-Clause */
/** json.c: locks and spaces as JSON. */
#include "cli/json.h"

#include <pawl/remote.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

json_t *cli_json_text(const char *bytes)
{
	char *safe;
	json_t *text;

	if (cli_is_utf8(bytes))
		return cli_must(json_string(bytes));
	safe = cli_escape_all(bytes);
	text = cli_must(json_string(safe));
	free(safe);
	return text;
}

static json_t *hex_text(const char *bytes)
{
	char hex[2 * PAWL_NAME_MAX + 1] = "";

	for (size_t i = 0; i < PAWL_NAME_MAX && bytes[i]; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)bytes[i]);
	return cli_must(json_string(hex));
}

int64_t cli_age_ns(int64_t since_ns)
{
	struct timespec now;

	if (!since_ns)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - since_ns;
}

void cli_json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, cli_must(value)))
		cli_must(NULL);
}

static json_t *integer_or_null(int64_t value, bool known)
{
	return known ? json_integer(value) : json_null();
}

static void put_owner(json_t *lock, const pawl_lock_info_t *info)
{
	int64_t age = cli_age_ns(info->since_ns);

	cli_json_put(lock, "pid", integer_or_null(info->pid, info->pid != 0));
	cli_json_put(lock, "tid", integer_or_null(info->tid, info->tid != 0));
	cli_json_put(lock, "foreign_pid", json_boolean(info->foreign_pid));
	cli_json_put(lock, "command", *info->command ? cli_json_text(info->command) : json_null());
	cli_json_put(lock, "age_seconds", age < 0 ? json_null() : json_real((double)age / 1e9));
	cli_json_put(lock, "age_is_estimate", json_boolean(info->since_is_estimate));
}

static void put_tenure(json_t *lock, const pawl_lock_info_t *info)
{
	int64_t left = info->good_until_ns ? info->good_until_ns - pawl_remote_now() : 0;

	cli_json_put(lock, "asking", json_boolean(info->asking));
	cli_json_put(lock, "tenure", info->remote ? json_string(pawl_tenure_name(info->tenure)) : json_null());
	cli_json_put(lock, "tenure_handoffs", info->tenure == PAWL_TENURE_HELD ? json_integer(info->handoffs) : json_null());
	cli_json_put(lock, "tenure_revoked", info->remote ? json_boolean(info->revoked) : json_null());
	cli_json_put(lock, "tenure_left_seconds", info->good_until_ns ? json_real((double)left / 1e9) : json_null());
}

json_t *cli_json_lock(const char *space, const pawl_lock_info_t *info)
{
	json_t *lock = cli_must(json_object());
	char fence[PAWL_FENCE_LEN];

	cli_json_put(lock, "space", cli_json_text(space));
	cli_json_put(lock, "name", cli_json_text(info->name));
	cli_json_put(lock, "name_hex", hex_text(info->name));
	cli_json_put(lock, "state", json_string(pawl_lock_state_name(info->state)));
	cli_json_put(lock, "inconsistent", json_boolean(info->inconsistent));
	put_owner(lock, info);
	cli_json_put(lock, "waiters", json_integer(info->waiters));
	cli_json_put(lock, "fence", json_string(pawl_fence_format(info->fence, fence)));
	cli_json_put(lock, "grants", json_integer((json_int_t)info->grants));
	cli_json_put(lock, "contended", json_integer((json_int_t)info->contended));
	cli_json_put(lock, "gave_up", json_integer((json_int_t)info->gave_up));
	cli_json_put(lock, "deaths", json_integer((json_int_t)info->deaths));
	put_tenure(lock, info);
	return lock;
}

json_t *cli_json_remote(const pawl_remote_info_t *remote)
{
	json_t *object;

	if (!*remote->url)
		return json_null();
	object = cli_must(json_object());
	cli_json_put(object, "url", cli_json_text(remote->url));
	cli_json_put(object, "host", json_string(remote->host));
	cli_json_put(object, "up", json_boolean(remote->up));
	cli_json_put(object, "reason", *remote->reason ? cli_json_text(remote->reason) : json_null());
	cli_json_put(object, "keeper_pid", remote->keeper_pid ? json_integer(remote->keeper_pid) : json_null());
	cli_json_put(object, "term", json_integer(remote->term));
	cli_json_put(object, "losses", json_integer((json_int_t)remote->losses));
	cli_json_put(object, "ttl_seconds", json_real((double)remote->ttl_ns / 1e9));
	return object;
}

static json_t *counter(const pawl_space_stats_t *stats, uint64_t value)
{
	return stats ? json_integer((json_int_t)value) : json_null();
}

json_t *cli_json_space(const char *name, const char *path, const pawl_space_stats_t *stats,
	const pawl_remote_info_t *remote, const char *reason)
{
	static const pawl_space_stats_t none;
	const pawl_space_stats_t *s = stats ? stats : &none;
	json_t *object = cli_must(json_object());

	cli_json_put(object, "space", cli_json_text(name));
	cli_json_put(object, "path", cli_json_text(path));
	cli_json_put(object, "names", counter(stats, s->names));
	cli_json_put(object, "capacity", counter(stats, s->capacity));
	cli_json_put(object, "threads", counter(stats, s->threads));
	cli_json_put(object, "joins", counter(stats, s->joins));
	cli_json_put(object, "recovered", counter(stats, s->recovered));
	cli_json_put(object, "reclaimed", counter(stats, s->reclaimed));
	cli_json_put(object, "rescued_by_slice", counter(stats, s->rescued_by_slice));
	cli_json_put(object, "persistent", stats ? json_boolean(s->persistent) : json_null());
	cli_json_put(object, "remote", cli_json_remote(remote));
	cli_json_put(object, "error", reason ? cli_json_text(reason) : json_null());
	return object;
}

static int by_space_and_name(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	static const char *const keys[] = { "space", "name_hex" }; /* digits sort as the bytes do */
	int order = 0;

	for (unsigned i = 0; i < 2 && order == 0; i++) {
		const char *s = json_string_value(json_object_get(*x, keys[i]));
		const char *t = json_string_value(json_object_get(*y, keys[i]));

		order = s && t ? strcmp(s, t) : 0;
	}
	return order;
}

json_t *cli_json_sorted(json_t *list)
{
	size_t count = json_array_size(list);
	json_t **items = cli_must(calloc(count + 1, sizeof(json_t *))), *sorted = cli_must(json_array());

	for (size_t i = 0; i < count; i++)
		items[i] = json_array_get(list, i);
	qsort(items, count, sizeof(json_t *), by_space_and_name);
	for (size_t i = 0; i < count; i++)
		if (json_array_append(sorted, items[i]))
			cli_must(NULL);
	free(items);
	json_decref(list);
	return sorted;
}

void cli_json_print(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(value);
}
