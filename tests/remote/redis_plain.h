/* SPDX-License-Identifier: BSD-2-Clause */
/** redis_plain.h: clients of Redis that know nothing of pawl: locks by SETNX and EXPIRE, by SETNX and GETSET, letter by letter as
 * their users type them.
 */
#ifndef PAWL_TESTS_REDIS_PLAIN_H
#define PAWL_TESTS_REDIS_PLAIN_H

#include <stdbool.h>
#include <stdint.h>

/** A connection that blocks; -1: none. */
int plain_connect(int port);
/** A command, as it is typed; its answer: a number as such, a text as its number or 0, an error as INT64_MIN. */
int64_t plain_say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Try to take `key` for `ttl_ms`; *stamp is what to give it back with. */
bool plain_setnx(int fd, const char *key, int64_t ttl_ms, int64_t *stamp);
bool plain_getset(int fd, const char *key, int64_t ttl_ms, int64_t *stamp);
/** Give back what was taken by it: not if the time of it is over. */
void plain_delete(int fd, const char *key, int64_t stamp);

#endif
