/* SPDX-License-Identifier: BSD-2-Clause */
/** kids_world.h: a small world for kill tests: one space, a robust mutex and some named locks in it, and the data that each of
 * them guards, kept where the library cannot see it. Whoever works in the world checks it: one owner at a time, tokens
 * that only rise, no update lost.
 */
#ifndef PAWL_TESTS_KIDS_WORLD_H
#define PAWL_TESTS_KIDS_WORLD_H

#include <pawl/pawl.h>

#include "kids.h"

enum { WORLD_MUTEX, WORLD_NAME, WORLD_LONG_NAME, WORLD_LOCKS };

struct world {
	pawl_robust_t mutex;
	struct world_data {
		uint32_t owner;      /* the process inside, 0 none */
		uint64_t token;      /* the last one's */
		uint64_t plain, sum; /* of all updates: one under the lock alone, one by atomic addition */
	} data[WORLD_LOCKS];
	uint64_t doubles, backwards, lost, errors; /* violations */
	uint64_t deaths;                           /* told of by EOWNERDEAD */
	int last_error;
	bool killed_inside; /* owners may be killed while they change the data, not only inside the library */
};

/** In shared memory; and the space of this process, NULL until world_open. */
extern struct world *world;
extern pawl_space_t *world_space;

/** A new world: nobody in it, no file. */
void world_new(void);
/** Become a member, with room for 256 names and 4 long ones. 0 or an errno. */
int world_open(void);
int world_close(void);
/** The handle of a named lock: WORLD_NAME, WORLD_LONG_NAME. */
pawl_lock_t *world_handle(int which);
/** Take a lock (recovering and resetting it where needed), update its data, check everything. 0 or an errno. */
int world_work(int which);
/** Just take it, and give it up. */
int world_take(int which, pawl_deadline_t deadline);
int world_give(int which);
/** Work with all of them, add a name, look at all there is, check the space. 0 or an errno. */
int world_tour(void);
/** How many violations; says which. */
int world_violations(void);

#endif
