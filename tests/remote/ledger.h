/* SPDX-License-Identifier: BSD-2-Clause */
/** ledger.h: what a lock service has to remember of one lock, and what each request makes of it: the rules of
 * pawl/remote.h as a pure function. What others have a server's script or transaction for, directory.c does with this.
 *
 * Times are CLOCK_BOOTTIME of the one machine that all hosts of a directory run on. All zero: a lock that nobody has used.
 */
#ifndef PAWL_TESTS_LEDGER_H
#define PAWL_TESTS_LEDGER_H

#include <pawl/lock.h>
#include <pawl/remote.h>

enum { LEDGER_HOSTS = 64 };

struct ledger_host {
	char id[40];
	uint64_t done; /* its requests up to here are finished, and stay so: late copies of them do nothing */
	uint64_t asks; /* its request in the queue; 0: none */
	uint64_t ticket;
	int64_t asked, wait; /* when it asked last, and for how long that keeps its place */
	int64_t seen, ttl;   /* its last request of any kind */
};

struct ledger {
	char magic[8];
	char name[PAWL_NAME_MAX + 1];
	uint64_t hi, tickets; /* counters: the last token given out, or a larger one that some host has seen; the last place */
	bool unclean;         /* the last tenure ended, and nobody said that no owner died in it */
	struct ledger_host hosts[LEDGER_HOSTS];

	/* the tenure */
	uint32_t owner; /* index in hosts, plus one; 0: none */
	bool died;      /* what was granted followed an unclean one */
	uint64_t req, token;
	int64_t since, ttl; /* asked for or renewed then, for that long */
};

/** Do what `op` of this host asks for. `*answer` has all that the ledger knows: no name, no deadline. */
void ledger_apply(struct ledger *l, const char *host, const pawl_remote_op_t *op, int64_t now, pawl_remote_event_t *answer);

/** Does what this request was granted stand in the ledger? */
bool ledger_is_owner(const struct ledger *l, const char *host, uint64_t req);

/** Does another host wait? */
bool ledger_is_contended(const struct ledger *l, int64_t now);

#endif
