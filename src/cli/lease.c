/* SPDX-License-Identifier: BSD-2-Clause */
/** lease.c: from the end of a lease to the end of a command (lease.h).
 *
 *   granted      renewed           2/3: jeopardy       SIGTERM             deadline: SIGKILL     the service frees it
 *      |------------|-----------------------|--------------|----------------------|-------------------|
 *
 * SIGTERM comes when a third of the lease is left, or a quarter, or five seconds: whichever is last; SIGKILL at the deadline,
 * which lies before the moment at which another host can be granted the lock, so that there is time to die. If the lease is lost
 * before that, SIGTERM comes at once, if it has not come yet, and SIGKILL after a twentieth of its life.
 */
#include "cli/lease.h"

#include <signal.h>

#include <pawl/remote.h>

#define MS 1000000ll

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void learn_life(struct cli_lease *lease, int64_t until, int64_t now)
{
	if (until != lease->until)
		lease->life = most(lease->life, until - now);
	lease->until = until;
}

/* When to say so, of a lease that ends at `until`. */
static int64_t term_at(const struct cli_lease *lease)
{
	int64_t life = lease->life < lease->ttl_ns / 2 ? lease->life : lease->ttl_ns;

	return most(lease->until - life / 3, lease->until - least(5000 * MS, life / 4));
}

/* It is lost, and not because its time is over: somebody else may have it. */
static int64_t soon(const struct cli_lease *lease, int64_t now)
{
	return least(now + most(5 * MS, lease->ttl_ns / 20), most(now, lease->until));
}

static int tell(struct cli_lease *lease, int64_t kill_at)
{
	lease->ending = true;
	lease->kill_at = kill_at;
	return SIGTERM;
}

int cli_lease_look(struct cli_lease *lease, int64_t *again_ns)
{
	static pawl_lock_info_t info;
	int64_t now = pawl_remote_now(), until = 0;

	if (pawl_lock_info(lease->lock, &info) == 0 && info.tenure == PAWL_TENURE_HELD)
		until = info.good_until_ns;
	*again_ns = least(lease->ttl_ns / 20, 100 * MS);
	if (lease->ending) {
		if (until == 0)
			lease->kill_at = least(lease->kill_at, soon(lease, now));
		*again_ns = most(MS, least(*again_ns, lease->kill_at - now));
		return now >= lease->kill_at ? SIGKILL : 0;
	}
	if (until == 0)
		return tell(lease, soon(lease, now));
	learn_life(lease, until, now);
	*again_ns = most(MS, least(*again_ns, term_at(lease) - now));
	return now >= term_at(lease) ? tell(lease, until) : 0;
}
