/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_redis.c: the Redis backend keeps the rules of pawl/remote.h, by each of its protocols, against the real server. */
#include <signal.h>
#include <stdio.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "conform.h"
#include "redis.h"

static void conforms(const char *options, bool floors)
{
	struct server s;
	struct conform target = { .backend = redis_backend(), .ttl_ns = REDIS_BRIEF, .floors = floors };

	if (!tap_ok(redis_start(&s, NULL), "a server starts"))
		return;
	target.url = redis_url(&s, options);
	tap_note("%s", target.url);
	conform_run(&target);
	server_end(&s);
}

int main(void)
{
	watchdog(240);
	signal(SIGPIPE, SIG_IGN); /* as in the keeper's thread */
	if (!tap_ok(redis_backend(), "libpawl-redis.so is there"))
		return tap_done();
	conforms("?protocol=queue", true);
	return tap_done();
}
