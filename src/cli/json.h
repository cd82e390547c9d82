/* SPDX-License-Identifier: BSD-2-Clause */
/** json.h: what the looking subcommands print with --json. The keys are an interface: pawl(1) lists them. */
#ifndef PAWL__CLI_JSON_H
#define PAWL__CLI_JSON_H

#include "cli/cli.h"

#include <jansson.h>

/** Bytes as a JSON string; if they are not UTF-8, which JSON cannot hold, in the escaped form of the tables. */
json_t *cli_json_text(const char *bytes);

/** A lock, all of it. */
json_t *cli_json_lock(const char *space, const pawl_lock_info_t *info);

/** A space's remote; null if it has none. */
json_t *cli_json_remote(const pawl_remote_info_t *remote);

/** A space and its counters; `stats` is NULL, and `reason` says why, if it cannot be opened. */
json_t *cli_json_space(const char *name, const char *path, const pawl_space_stats_t *stats,
	const pawl_remote_info_t *remote, const char *reason);

/** Seconds since a CLOCK_MONOTONIC time, in nanoseconds; -1 for 0, which is "not known". */
int64_t cli_age_ns(int64_t since_ns);

/** Put `value` (never NULL) under `key`; takes the reference. */
void cli_json_put(json_t *object, const char *key, json_t *value);

/** A list of locks or spaces in the order of their spaces and names; takes `list`. */
json_t *cli_json_sorted(json_t *list);

/** Print, with a newline, and free. */
void cli_json_print(json_t *value);

#endif
