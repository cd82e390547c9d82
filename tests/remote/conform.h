/* SPDX-License-Identifier: BSD-2-Clause */
/** conform.h: does a backend keep the rules of pawl/remote.h? One body of cases for all of them, one line of TAP for each.
 *
 * Drives a backend through its four functions as keepers would: three hosts in one thread, no space, no lock. Nothing is
 * asserted about how long something takes, but that it happens at all; and that no lease is given on before its deadline.
 */
#ifndef PAWL_TESTS_CONFORM_H
#define PAWL_TESTS_CONFORM_H

#include <pawl/remote.h>

struct conform {
	const pawl_backend_t *backend;
	const char *url;  /* of a place where nobody else is, and nobody was */
	int64_t ttl_ns;   /* as short as the service allows: some cases wait for it to end */
	int64_t delay_ns; /* no answer comes sooner than that after its request was written; 0: who knows */
	bool floors;      /* tokens can be raised above one that the service has forgotten */
};

void conform_run(const struct conform *target);

#endif
