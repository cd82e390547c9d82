/* SPDX-License-Identifier: BSD-2-Clause */
/** patience.h: a wait for a lock whose service cannot be reached is explained while it goes on, not only at its end. */
#ifndef PAWL__CLI_PATIENCE_H
#define PAWL__CLI_PATIENCE_H

#include <pthread.h>

#include <pawl/chan.h>
#include <pawl/space.h>

struct cli_patience {
	pawl_space_t *space;
	const char *name;   /* of the lock */
	pawl_tokens_t over; /* the wait is */
	pthread_t thread;
	bool begun;
};

/** From now on it is looked, every two seconds, whether the space's service can be reached; why not is said once for each reason.
 * Without a service nothing happens. */
void cli_patience_begin(struct cli_patience *p, pawl_space_t *space, const char *name);

/** No more. */
void cli_patience_end(struct cli_patience *p);

#endif
