/* SPDX-License-Identifier: BSD-2-Clause */
/** hosts.h: several hosts in one machine, for tests of locks with a remote: each is a PAWL_DIR of its own, with processes that
 * are puppets, and the service is a directory (directory.h), or wherever a URL leads to. What the locks guard is kept where neither the library nor the
 * service can see it, and checked by everybody who is inside.
 */
#ifndef PAWL_TESTS_HOSTS_H
#define PAWL_TESTS_HOSTS_H

#include <pawl/pawl.h>
#include <pawl/remote.h>

#include "../lib/kids.h"

enum { HOSTS_MOST = 4, HOSTS_LOCKS = 4 };

/** In shared memory. */
struct hosts {
	struct hosts_data {
		uint32_t inside; /* the process, 0: none */
		pawl_fence_t token;
		uint64_t plain, sum; /* updates: under the lock alone; by atomic addition */
	} data[HOSTS_LOCKS];
	uint64_t doubles, backwards, missed; /* violations: two inside; a token not larger than the last; an update lost */
	uint64_t deaths, losses;             /* told of: EOWNERDEAD or owner_died; ESTALE */
	int64_t ttl_ms, max_tenure_ms, idle_keep_ms;
	unsigned flags;                      /* for pawl_lock_open, beside PAWL_STRICT */
	bool no_handoffs, strict, forgiving; /* forgiving: owners may lose their leases inside, so that two may be */
};

extern struct hosts *hosts;

/** This process's space and locks, after peer_open. */
extern pawl_space_t *peer_space;
extern pawl_lock_t *peer_lock[HOSTS_LOCKS];

/** A new service and new hosts; `ttl_ms` of the leases. */
void hosts_begin(int64_t ttl_ms);
/** New hosts of a service that is there. */
void hosts_begin_at(const char *service, int64_t ttl_ms);
/** Host `h` gets there by a URL of its own. */
void hosts_set_url(int h, const char *service);
/** What a process of a host does first of all; NULL: nothing. 0: it is one now. */
extern int (*hosts_enter)(int h);
/** Each host has a service of its own, so nothing keeps them apart: for tests of tests. */
void hosts_part(void);
/** Remove it all. */
void hosts_end(void);
/** How many violations there were; says which. */
int hosts_violations(void);
/** The service cannot be reached from now on; or can be again. */
void hosts_cut(bool cut);
/** The service's URL. */
const char *hosts_url(void);
/** A descriptor of the service's directory: while that is locked, by flock(), no request is carried out. Processes made from now on
 * have it too. */
int hosts_service(void);

/** A process on host `h` (0, 1, ..), which has opened the space and the locks. */
puppet_t *hosts_process(int h);
/** The same, of a process that will never be the keeper. */
puppet_t *hosts_customer(int h);

/* ---- what such a process can be told to do: puppet acts; 0 or what the library said ---- */
int peer_open(long h);
int peer_visit(long h); /* the same, but it is no candidate for the keeper's role */
int peer_close(long unused);
int peer_take(long lock);    /* as long as it takes; checks, and tells the token's hi by puppet_tell */
int peer_try(long lock);     /* PAWL_TRY */
int peer_briefly(long lock); /* 200 ms */
int peer_give(long lock);
int peer_work(long lock);     /* take, update, give */
int peer_valid(long lock);    /* 0: yes; ESTALE: no */
int peer_keeper(long unused); /* the pid of the keeper, 0: none */
int peer_tenure(long lock);   /* what this host has of the lock: a pawl_tenure_t */

#endif
