/* SPDX-License-Identifier: BSD-2-Clause */
/** guarded_redis.c: a guarded write in Redis: one script looks at the token and writes, and no other command comes between.
 *
 *   guarded_redis URL-OF-THE-LOCKS PORT
 *
 * The data is a hash, and the token one field of it. Tokens are 32 hexadecimal digits, whose order as text is theirs as numbers.
 * Redis may lose the last writes when a replica takes over, and the token with them: where that matters, keep the data elsewhere.
 *
 * Prints: B's write: accepted
 * Prints: A's write, later: refused; its lock: lost meanwhile
 */
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "story.h"

static const char script[] = "local seen = redis.call('HGET', KEYS[1], 'token')\n"
			     "if seen and seen > ARGV[1] then return 0 end\n"
			     "redis.call('HSET', KEYS[1], 'token', ARGV[1], 'value', ARGV[2])\n"
			     "return 1\n";

static int port;

static int answer_of(redisReply *reply)
{
	int rc = !reply || reply->type != REDIS_REPLY_INTEGER ? EIO : reply->integer == 1 ? 0 : ESTALE;

	if (reply)
		freeReplyObject(reply);
	return rc;
}

static int write_guarded(pawl_fence_t fence, const char *value)
{
	redisContext *redis = redisConnect("127.0.0.1", port);
	char token[PAWL_FENCE_LEN];
	int rc = ENOTCONN;

	if (redis && !redis->err)
		rc = answer_of(
			redisCommand(redis, "EVAL %s 1 order:42 %s %s", script, pawl_fence_format(fence, token), value));
	if (redis)
		redisFree(redis);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return fprintf(stderr, "usage: guarded_redis URL PORT\n"), 64;
	port = atoi(argv[2]);
	return story(argv[1], write_guarded);
}
