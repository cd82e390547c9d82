/* SPDX-License-Identifier: BSD-2-Clause */
/** alive.c: until when the session, and so every lease of this host, is good.
 *
 * Whatever a server hears from us it takes as a sign of life, and tells the leader of it in its answer to the leader's
 * next ping, half a tick later at most. A server that is cut off from the leader answers us for a while all the same. So what is
 * asked is `sync`, which goes through the leader, and what its answer proves is the question before: that one, a third of
 * the timeout older, and thus longer than half a tick, the leader has been told of. A new connection's session was
 * confirmed by the leader itself.
 */
#include "backends/zookeeper/zk.h"

enum { QUESTIONS = 12 }; /* in a timeout */

void zk_alive_begin(struct zk *z, int64_t since, int ms)
{
	z->timeout = ms * ZK_MS;
	z->since = since;
	z->sent = z->answered = 0;
	z->asked[0] = since;
	zk_saved_lasts(z, since + z->timeout);
}

int64_t zk_alive_deadline(const struct zk *z)
{
	return pawl_remote_deadline(z->since, z->timeout);
}

bool zk_alive_is_prompt(const struct zk *z)
{
	return z->sent == z->answered || pawl_remote_now() < z->asked[(z->answered + 1) % ZK_PROBES] + 100 * ZK_MS;
}

/* The newest question that this answer proves to have been heard of by the leader. */
static int64_t proven(const struct zk *z)
{
	int64_t best = z->since, before = z->asked[z->answered % ZK_PROBES] - z->timeout / 3;

	for (unsigned i = z->answered; i > 0 && z->answered - i < ZK_PROBES / 2; i--) {
		int64_t at = z->asked[(i - 1) % ZK_PROBES];

		if (at <= before && at > best)
			best = at;
	}
	return best;
}

void zk_alive_say(struct zk *z)
{
	zk_say(z, &(pawl_remote_event_t){
			  .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_ALIVE, .deadline_ns = zk_alive_deadline(z) });
}

static void be_answered(int rc, const char *value, const void *arg)
{
	struct zk *z = (struct zk *)(uintptr_t)arg;
	int64_t since;

	(void)value;
	if (zk_is_void(z, rc) || rc != ZOK)
		return;
	z->answered++;
	since = proven(z);
	if (since <= z->since || !z->up)
		return;
	z->since = since;
	zk_saved_lasts(z, z->since + z->timeout);
	zk_alive_say(z);
}

int64_t zk_alive_turn(struct zk *z)
{
	int64_t now = pawl_remote_now(), next = z->asked[z->sent % ZK_PROBES] + z->timeout / QUESTIONS;

	if (now < next)
		return next;
	if (z->sent - z->answered >= ZK_PROBES / 2)
		return now + z->timeout / QUESTIONS; /* the library gives it up before long */
	z->asked[++z->sent % ZK_PROBES] = now;
	zk_called(z, zoo_async(z->handle, "/", be_answered, z));
	return now + z->timeout / QUESTIONS;
}
