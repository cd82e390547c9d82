/* SPDX-License-Identifier: BSD-2-Clause */
/** protocol.c: the protocols (protocol.h); their scripts are the .lua files beside this one, made into texts by the Makefile.
 *
 *   queue    tokens grow, whoever was granted the lock: PAWL_REMOTE_FENCES
 *   setnx    the same if all who use the lock are pawl's (blind=0); a plain client holds it without a token, which nobody
 *            can be told from an older one's: not PAWL_REMOTE_FENCES
 *   getset   no tokens at all
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
static const char queue[] =
#include "backends/redis/queue.lua.h"
	;
const char protocol_boot[] =
#include "backends/redis/boot.lua.h"
	;

static const struct protocol protocols[] = {
	[REDIS_QUEUE] = { .parts = { common, fence, queue }, .key = { "L", "F", "S", "Q", "A" }, .fences = true },
};

const struct protocol *protocol_of(const struct settings *s)
{
	return &protocols[s->protocol];
}

unsigned protocol_flags(const struct settings *s)
{
	const struct protocol *p = protocol_of(s);

	return (p->fences && !s->blind ? PAWL_REMOTE_FENCES : 0u) | (s->blind ? PAWL_REMOTE_BLIND : 0u);
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
