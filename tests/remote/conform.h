/* SPDX-License-Identifier: BSD-2-Clause */
/** conform.h: does a backend keep the rules of pawl/remote.h? One body of cases for all of them, one line of TAP for each.
 *
 * Drives a backend through its four functions as keepers would: three hosts in one thread, no space, no lock. Nothing is
 * asserted about how long something takes, but that it happens at all; and that no lease is given on before its deadline.
 *
 * Each case has a key. What a protocol cannot promise is declared, with a reason, and tested to be so: an exception that has
 * become untrue is a failure like any other. The outcome of each case goes into the matrix as well: a file for each column in
 * the folder MATRIX= (build/FLAVOR/matrix), which tests/remote/matrix.sh prints. CASES=KEY,KEY... runs these alone.
 */
#ifndef PAWL_TESTS_CONFORM_H
#define PAWL_TESTS_CONFORM_H

#include <pawl/remote.h>

#include "server.h"

enum conform_how {
	CONFORM_REFUSED = 1, /* the backend says so itself (a flag, EINVAL), which is tested in place of the case */
	CONFORM_DIFFERS,     /* the case is run, and does not pass */
	CONFORM_MAY,         /* it is run, and passes or not: chance, or who else uses the service, has a say in it */
	CONFORM_UNTESTED,    /* it is not run: there is nothing to be seen */
};

/** What a protocol cannot promise. */
struct conform_exception {
	const char *key; /* of the case: conform.c's table */
	enum conform_how how;
	const char *reason; /* for people: a footnote of the matrix */
};

struct conform {
	const char *column; /* of the matrix, "redis queue"; NULL: not in it, and only the rules are tried, no faults */
	const pawl_backend_t *backend;
	const char *url;       /* of a place where nobody else is, and nobody was */
	struct server *server; /* which the URL names by its `authority`: cases kill and cut it. NULL: there is none */
	void (*is_new)(const struct server *s); /* tell the service that nobody ever had anything there; NULL: no need */
	int64_t ttl_ns;                         /* as short as the service allows: some cases wait for it to end */
	int64_t delay_ns; /* no answer comes sooner than that after its request was written; 0: who knows */
	const struct conform_exception *exceptions; /* the last has no key; NULL: none */
};

void conform_run(const struct conform *target);

#endif
