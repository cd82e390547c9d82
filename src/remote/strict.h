/* SPDX-License-Identifier: BSD-2-Clause */
/** strict.h: locks whose every waiter has a place of its own at the service (PAWL_STRICT).
 *
 * Such a waiter takes another lock than the others do: one of its own, whose name is the lock's, the byte 0x1f and the number of
 * its liveness slot. The keeper asks for it by the lock's name and that number, so to the service the waiters of one host are as
 * strange to each other as those of two; and all that is known of leases goes for theirs.
 */
#ifndef PAWL__STRICT_H
#define PAWL__STRICT_H

#include "space/handle.h"

/** The name of a place, from those of the lock and the waiter (NULL, "": the host's, and the name is the lock's). False: too long. */
bool pawl__strict_join(const char *name, const char *place, char text[PAWL__LONG_NAME_MAX + 1]);

/** Cut the waiter off a name. Returns what was cut off; "" if nothing was. */
char *pawl__strict_split(char *name);

/** Is that the name of a lock of one's own? */
bool pawl__strict_is_own(const char *name);

/** May a lock be opened by that name? Returns 0, EINVAL, ENAMETOOLONG. */
int pawl__strict_check(const struct pawl_space *space, const char *name, unsigned flags);

static inline bool pawl__is_strict(const struct pawl_lock *lock)
{
	return lock && (lock->flags & PAWL_STRICT) && lock->seats;
}

/** The public functions of lock.h for such a handle: they find the calling thread's own lock, and do it there. */
int pawl__strict_acquire(struct pawl_lock *lock, pawl_deadline_t deadline, pawl_grant_t *grant);
int pawl__strict_release(struct pawl_lock *lock);
int pawl__strict_consistent(struct pawl_lock *lock);
int pawl__strict_reset(struct pawl_lock *lock);
bool pawl__strict_valid(const struct pawl_lock *lock);
bool pawl__strict_is_held(const struct pawl_lock *lock);

#endif
