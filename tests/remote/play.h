/* SPDX-License-Identifier: BSD-2-Clause */
/** play.h: what processes on several hosts do with locks while a test makes trouble (storm.h): a workload is a row of data, the
 * clients of it note what they see (record.h), and in the end it is judged.
 *
 * Source       Jepsen's tests of etcd: lock, lock-set, lock-etcd-set (a list that is read, slept over and written back); Jepsen's
 *              test of Hazelcast (jepsen-io/jepsen PR#325): re-entry, fences, release by the owner only.
 */
#ifndef PAWL_TESTS_PLAY_H
#define PAWL_TESTS_PLAY_H

#include "guarded.h"
#include "hosts.h"

enum { PLAY_HOSTS = 3, PLAY_EACH = 3 };

enum play_list { PLAY_NO_LIST, PLAY_PLAIN, PLAY_GUARDED };

struct play_workload {
	const char *name;
	int locks;         /* of HOSTS_LOCKS */
	long hold_us;      /* inside, at most */
	unsigned pause_in; /* one in so many holds lasts up to 1.5 times to live; 0: none */
	enum play_list list;
	bool again;     /* inside, takes it once more */
	bool strangers; /* gives back what it does not have */
};

/** In shared memory. */
struct play {
	const struct play_workload *work;
	uint64_t seed;
	uint32_t stop;
	int32_t keeper[PLAY_HOSTS];             /* whom a host's processes believe to be the keeper */
	uint32_t client[PLAY_HOSTS][PLAY_EACH]; /* their numbers in the record */
	uint32_t wrong;                         /* the library said what it never says */
	int32_t wrong_rc;
	struct guarded data[HOSTS_LOCKS];
};

extern struct play *play;

/** Begin one: after hosts_begin and record_new. */
void play_new(const struct play_workload *work, uint64_t seed);
void play_end(void);
/** Puppet act: be client `place % PLAY_EACH` of host `place / PLAY_EACH` until the end. The first of a host takes no lock: it is there
 * to be the keeper, and looks who is. 0, or what the library said to opening. */
int play_client(long place);

#endif
