/* SPDX-License-Identifier: BSD-2-Clause */
/** protocol.c: the protocols (protocol.h); their scripts are the .lua files beside this one, made into texts by the Makefile.
 *
 *   queue    who asked first is first; tokens. The hand-off from one to the next has an express way
 *   setnx    a plain client may take the lock, too, and has no token then: each of ours is larger than all before it, on
 *            whatever host, which is what PAWL_REMOTE_FENCES says; that a plain client came between, none of them shows
 *   getset   as setnx, without any token: not PAWL_REMOTE_FENCES
 *
 * Plain clients cannot be seen waiting: PAWL_REMOTE_BLIND, unless the URL says that there are none.
 */
#include "backends/redis/protocol.h"

#include <pawl/remote.h>
#include <stdlib.h>
#include <string.h>

static const char common[] =
#include "backends/redis/common.lua.h"
	;
static const char fence[] =
#include "backends/redis/fence.lua.h"
	;
static const char queue_express[] =
#include "backends/redis/queue_express.lua.h"
	;
static const char queue_lock[] =
#include "backends/redis/queue_lock.lua.h"
	;
static const char queue[] =
#include "backends/redis/queue.lua.h"
	;
static const char waiters[] =
#include "backends/redis/waiters.lua.h"
	;
static const char setnx[] =
#include "backends/redis/setnx.lua.h"
	;
static const char getset[] =
#include "backends/redis/getset.lua.h"
	;
const char protocol_boot[] =
#include "backends/redis/boot.lua.h"
	;

static const struct protocol protocols[] = {
	[REDIS_QUEUE] = { .parts = { queue_express, common, fence, queue_lock, queue },
		.key = { "L", "S", "Q" },
		.keys = 3,
		.fences = true },
	[REDIS_SETNX] = { .parts = { common, fence, waiters, setnx },
		.key = { "F", "S", NULL, "N", "W" },
		.keys = 5,
		.plain = true,
		.fences = true },
	[REDIS_GETSET] = { .parts = { common, waiters, getset }, .key = { "O", "S", NULL, "W" }, .keys = 4, .plain = true },
};

const struct protocol *protocol_of(const struct settings *s)
{
	return &protocols[s->protocol];
}

unsigned protocol_flags(const struct settings *s)
{
	const struct protocol *p = protocol_of(s);

	return (p->fences ? PAWL_REMOTE_FENCES : 0u) | (s->blind ? PAWL_REMOTE_BLIND : 0u) |
	       (p->plain ? PAWL_REMOTE_ONE_PLACE : 0u);
}

char *protocol_script(const struct protocol *p)
{
	size_t n = 1;
	char *text;

	for (int i = 0; i < PROTOCOL_PARTS && p->parts[i]; i++)
		n += strlen(p->parts[i]);
	text = calloc(1, n);
	for (int i = 0; text && i < PROTOCOL_PARTS && p->parts[i]; i++)
		strcat(text, p->parts[i]);
	return text;
}
