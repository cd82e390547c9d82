/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_redis_legacy.c: and by `setnx` and `getset`, but for what those cannot promise. */
#include <signal.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "redis.h"

#define NO_QUEUE  "there is no queue: who asks first when it is free has it"
#define NO_PLACES "the first of several places of a host is first only where there is a queue"
#define NO_TOKENS "a time is no token"

/* clang-format off */
#define WITHOUT_QUEUE \
	{ "order", CONFORM_MAY, NO_QUEUE }, \
	{ "new-place", CONFORM_MAY, NO_QUEUE }, \
	{ "larger", CONFORM_DIFFERS, NO_QUEUE }, \
	{ "places", CONFORM_REFUSED, NO_PLACES }, \
	{ "herd", CONFORM_UNTESTED, NO_PLACES }
#define WITH_PLAIN_CLIENTS \
	{ "contended", CONFORM_REFUSED, "plain clients are not to be seen waiting: each lease is given back soon" }
#define WITHOUT_TOKENS \
	{ "tokens", CONFORM_REFUSED, NO_TOKENS }, \
	{ "floor", CONFORM_REFUSED, NO_TOKENS }, \
	{ "forgets-tokens", CONFORM_DIFFERS, NO_TOKENS }

static const struct conform_exception setnx[] = { REDIS_EXCEPTIONS, WITHOUT_QUEUE, WITH_PLAIN_CLIENTS, { 0 } };
static const struct conform_exception setnx_alone[] = { REDIS_EXCEPTIONS, WITHOUT_QUEUE, { 0 } };
static const struct conform_exception getset[] = { REDIS_EXCEPTIONS, WITHOUT_QUEUE, WITH_PLAIN_CLIENTS, WITHOUT_TOKENS, { 0 } };
static const struct conform_exception getset_alone[] = { REDIS_EXCEPTIONS, WITHOUT_QUEUE, WITHOUT_TOKENS, { 0 } };
/* clang-format on */

int main(void)
{
	watchdog(240);
	signal(SIGPIPE, SIG_IGN); /* as in the keeper's thread */
	if (!tap_ok(redis_backend(), "libpawl-redis.so is there"))
		return tap_done();
	redis_conforms("redis setnx", "?protocol=setnx", setnx);
	redis_conforms("redis getset", "?protocol=getset&unit=ms&clock_slack=50ms", getset);
	redis_conforms(NULL, "?protocol=setnx&blind=0", setnx_alone);
	redis_conforms(NULL, "?protocol=getset&unit=ms&clock_slack=50ms&blind=0", getset_alone);
	return tap_done();
}
