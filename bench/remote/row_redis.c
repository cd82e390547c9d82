/* SPDX-License-Identifier: BSD-2-Clause */
/** row_redis.c: the least that a hand-off through Redis can be: one script that writes down who is next and publishes it, and a
 * subscriber that waits in a read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "pair.h"

static const char script[] = "local f = redis.call('INCR', KEYS[2]) redis.call('SET', KEYS[1], ARGV[1], 'PX', 10000) "
			     "redis.call('PUBLISH', KEYS[1] .. ARGV[1], f) return f";

struct end {
	redisContext *commands, *hints;
	int me;
	char sha[41];
};

static redisReply *good(redisContext *c, redisReply *r)
{
	if (!r || r->type == REDIS_REPLY_ERROR)
		pair_fail("redis: %s", r ? r->str : c->errstr);
	return r;
}

static redisContext *connect_to(const char *url)
{
	char host[256];
	int port;
	redisContext *c;

	pair_address(url, host, &port);
	c = redisConnect(host, port);
	if (!c || c->err)
		pair_fail("redis: %s", c ? c->errstr : "out of memory");
	return c;
}

static void *begin(const char *url, int side)
{
	struct end *e = calloc(1, sizeof(*e));
	redisReply *r;

	if (!e)
		pair_fail("out of memory");
	e->me = side;
	e->commands = connect_to(url);
	e->hints = connect_to(url);
	r = good(e->commands, redisCommand(e->commands, "SCRIPT LOAD %s", script));
	snprintf(e->sha, sizeof(e->sha), "%s", r->str);
	freeReplyObject(r);
	freeReplyObject(good(e->hints, redisCommand(e->hints, "SUBSCRIBE {bare}%d", side)));
	return e;
}

/* Side 0 has it at the beginning. */
static void take(void *side)
{
	struct end *e = side;
	static int first = 1;
	void *r = NULL;

	if (first && e->me == 0) {
		first = 0;
		return;
	}
	if (redisGetReply(e->hints, &r) != REDIS_OK)
		pair_fail("redis: %s", e->hints->errstr);
	freeReplyObject(r);
}

static void give(void *side)
{
	struct end *e = side;

	freeReplyObject(good(e->commands, redisCommand(e->commands, "EVALSHA %s 2 {bare} {bare}:f %d", e->sha, !e->me)));
}

static void end(void *side)
{
	struct end *e = side;

	redisFree(e->commands);
	redisFree(e->hints);
	free(e);
}

const struct handoff_row handoff_redis = { .name = "bare script + pub/sub",
	.what = "EVALSHA (INCR, SET, PUBLISH) here until the message is read there",
	.begin = begin,
	.take = take,
	.give = give,
	.end = end };
