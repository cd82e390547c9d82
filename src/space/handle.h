/* SPDX-License-Identifier: BSD-2-Clause */
/** handle.h: the handles of named locks in this process: one for each name and set of flags. */
#ifndef PAWL__HANDLE_H
#define PAWL__HANDLE_H

#include <urcu-bp.h>
#include <urcu/rculfhash.h>

#include <pawl/lock.h>

#include "space/table.h"

/* Such a handle takes no short cut (lock.c). */
#define PAWL__ATTENDS (PAWL_TIMESTAMP | PAWL_STRICT)

struct pawl_lock {
	struct pawl_space *space;
	struct pawl__place *places; /* the space's, and */
	struct pawl__seat *seats;   /* the same of a space with a remote; else NULL */
	bool attends;               /* to the time, to a place of its own, to those who want to be told: no short cut */
	bool watched;               /* somebody wants to be told that a lease is lost, and has a reference */
	const uint32_t *space_flags; /* its header's flags: here, because the hot path waits for each load on the way to its CAS */
	uint64_t spot; /* gen << 32 | index: where the name was last found; both at once, as threads share the handle */
	uint32_t flags;
	uint32_t interrupts; /* moves when all who wait by this handle are to go */
	uint32_t refs; /* pawl_lock_open minus pawl_lock_close; 0: idle, kept for the next open; GONE: being freed */

	/* who wants to be told that a lease is lost: watch.c, under the space's handles_lock */
	void (*on_lost)(struct pawl_lock *lock, void *arg);
	void *on_lost_arg;
	struct pawl_lock *next_to_tell;
	bool telling;  /* that list has a reference */
	uint64_t told; /* the last grant whose loss was told */
	uint32_t holder; /* the thread of this process that was granted the lock by this handle; noted while it is watched */
	int lost_fd; /* or -1 */

	struct cds_lfht_node node;
	struct pawl__name name; /* its text is below */
	char text[];
};

static inline struct pawl_lock *pawl__handle_of(struct cds_lfht_node *node)
{
	return (struct pawl_lock *)((char *)node - offsetof(struct pawl_lock, node));
}

static inline struct pawl__spot pawl__spot_of(const struct pawl_lock *lock)
{
	/* HD1 acquire: pairs with HD2: the chunk of the place was seen to be there before it was stored */
	uint64_t spot = PAWL_LOAD(&lock->spot, ACQUIRE);

	return (struct pawl__spot){ .index = (uint32_t)spot, .gen = (uint32_t)(spot >> 32) };
}

static inline void pawl__spot_set(struct pawl_lock *lock, struct pawl__spot spot)
{
	/* HD2 release: pairs with HD1 */
	PAWL_STORE(&lock->spot, (uint64_t)spot.gen << 32 | spot.index, RELEASE);
}

/** Open a lock by a name that is its own or a waiter's. As pawl_lock_open. */
int pawl__lock_open(struct pawl_space *space, const struct pawl__name *name, unsigned flags, struct pawl_lock **lock);

/** Does the calling thread hold it? */
bool pawl__lock_is_held(const struct pawl_lock *lock);

/** A space's table of handles. Returns 0, ENOMEM. */
int pawl__handles_create(struct pawl_space *space);
void pawl__handles_destroy(struct pawl_space *space);

/** One more reference to the handle of (name, flags), if there is one; else NULL. Wait-free, no system call. */
struct pawl_lock *pawl__handle_get(struct pawl_space *space, const struct pawl__name *name, uint32_t flags);

/** Make one, at `spot`; or get the one that somebody has made meanwhile. NULL: no memory. */
struct pawl_lock *pawl__handle_make(
	struct pawl_space *space, const struct pawl__name *name, uint32_t flags, struct pawl__spot spot);

/** One reference less. By one who has handles_lock, the next tidies up. */
void pawl__handle_put(struct pawl_lock *lock);

/** Free handles that are idle, if there are many. */
void pawl__handles_tidy(struct pawl_space *space);

#endif
