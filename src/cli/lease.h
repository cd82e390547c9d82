/* SPDX-License-Identifier: BSD-2-Clause */
/** lease.h: the lease behind a command that runs under a lock with a remote: when the command has to go. */
#ifndef PAWL__CLI_LEASE_H
#define PAWL__CLI_LEASE_H

#include "cli/cli.h"

struct cli_lease {
	pawl_lock_t *lock;
	int64_t ttl_ns; /* what was asked for; the service may have granted less: */
	int64_t life;   /* what was left of it when it was seen to have begun, or to be renewed; the most */
	int64_t until;  /* CLOCK_BOOTTIME: the last that was known of its end; 0: none yet */
	int64_t kill_at;
	bool ending; /* the command has been told */
};

/** What the command has to be sent now: 0, SIGTERM (once), SIGKILL. `*again_ns`: look again after that at the latest. */
int cli_lease_look(struct cli_lease *lease, int64_t *again_ns);

#endif
