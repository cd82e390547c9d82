/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_redis.c: the Redis backend keeps the rules of pawl/remote.h, by each of its protocols, against the real server. */
#include <signal.h>
#include <stdio.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "conform.h"
#include "redis.h"

#define NO_QUEUE "there is no queue: who asks first when it is free has it"

#define WITHOUT_A_QUEUE                                                                                                 \
	{ "order", CONFORM_MAY, NO_QUEUE }, { "new-place", CONFORM_MAY, NO_QUEUE },                                     \
		{ "larger", CONFORM_DIFFERS, NO_QUEUE },                                                                \
	{                                                                                                               \
		"places", CONFORM_REFUSED, "the first of several places of a host is first only where there is a queue" \
	}
#define PLAIN_CLIENTS                                                                                                   \
	{                                                                                                               \
		"contended", CONFORM_REFUSED, "plain clients are not to be seen waiting: each lease is given back soon" \
	}
#define NO_TOKENS                                                                                                      \
	{ "tokens", CONFORM_REFUSED, "a time is no token" },                                                           \
	{                                                                                                              \
		"floor", CONFORM_REFUSED, "a time is no token"                                                         \
	}

static const struct conform_exception setnx[] = { WITHOUT_A_QUEUE, PLAIN_CLIENTS, { 0 } };
static const struct conform_exception setnx_alone[] = { WITHOUT_A_QUEUE, { 0 } };
static const struct conform_exception getset[] = { WITHOUT_A_QUEUE, PLAIN_CLIENTS, NO_TOKENS, { 0 } };
static const struct conform_exception getset_alone[] = { WITHOUT_A_QUEUE, NO_TOKENS, { 0 } };

static void conforms(const char *column, const char *options, const struct conform_exception *exceptions)
{
	struct server s;
	struct conform target = {
		.column = column, .backend = redis_backend(), .ttl_ns = REDIS_BRIEF, .exceptions = exceptions, .server = &s
	};

	if (!tap_ok(redis_start(&s, NULL), "a server starts"))
		return;
	target.url = redis_url(&s, options);
	tap_note("%s", target.url);
	conform_run(&target);
	server_end(&s);
}

int main(void)
{
	watchdog(280);
	signal(SIGPIPE, SIG_IGN); /* as in the keeper's thread */
	if (!tap_ok(redis_backend(), "libpawl-redis.so is there"))
		return tap_done();
	conforms("redis queue", "", NULL);
	conforms("redis setnx", "?protocol=setnx", setnx);
	conforms("redis getset", "?protocol=getset&unit=ms&clock_slack=50ms", getset);
	conforms(NULL, "?protocol=setnx&blind=0", setnx_alone);
	conforms(NULL, "?protocol=getset&unit=ms&clock_slack=50ms&blind=0", getset_alone);
	return tap_done();
}
