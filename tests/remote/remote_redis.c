/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_redis.c: the Redis backend keeps the rules of pawl/remote.h by its protocol `queue`, against the real server. */
#include <signal.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "redis.h"

static const struct conform_exception queue[] = { REDIS_EXCEPTIONS, { 0 } };

int main(void)
{
	watchdog(240);
	signal(SIGPIPE, SIG_IGN); /* as in the keeper's thread */
	if (!tap_ok(redis_backend(), "libpawl-redis.so is there"))
		return tap_done();
	redis_conforms("redis queue", "", queue);
	return tap_done();
}
