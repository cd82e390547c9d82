/* SPDX-License-Identifier: BSD-2-Clause */
/** live.h: liveness slots: how a thread becomes known to a space, and how the others know that it has died. */
#ifndef PAWL__LIVE_H
#define PAWL__LIVE_H

#include <linux/futex.h>

#include "space/process.h"

/** Prepare the next block of slots. Any number of threads may do so at once. Returns 0; ENOSPC no more slots, or no
 * memory for them; another errno. */
int pawl__live_grow(struct pawl_space *space);

/** Give the calling thread a slot. `*me` becomes its id. Returns 0; ENOSPC: every slot has a live thread. */
int pawl__live_join(struct pawl_space *space, uint32_t *me);

/** Give the calling thread's slot up; if it still `holds` locks, in the way of one who died. Must be its own thread.
 * Returns false if the slot's mutex has been tampered with: then it is kept, and the mapping must be kept too. */
bool pawl__live_leave(struct pawl_space *space, uint32_t me, bool holds);

/** Is the owner named by word `w` alive? No system call. `*token` is what its token said, for registering on it. */
bool pawl__live_is_alive(const struct pawl_space *space, uint32_t w, uint32_t *token);

/** Register on the token of `w`'s owner, so that the kernel wakes somebody there when the owner dies. `token` is what
 * pawl__live_is_alive read; on success it becomes the value to sleep on. False: something changed, look again. */
bool pawl__live_register(const struct pawl_space *space, uint32_t w, uint32_t *token);

/** I3: whoever sees that the thread of this slot is dead wakes all who sleep on its token. */
void pawl__live_wake_all(const struct pawl_space *space, uint32_t slot);

/** True if the token of `slot` has no live thread at this moment, whoever's it was. */
bool pawl__live_is_vacant(const struct pawl_space *space, uint32_t slot);

/** Where this C library keeps the futex word of a robust mutex, found out from the kernel's side; or -1. */
int pawl__live_token_offset(void);

/** Make the slots of a segment that no process uses fit for use again; `reborn`: the machine was restarted since. */
void pawl__live_adopt(struct pawl_space *space, bool reborn);

/** Before a fork, and after it on both sides. In who.c. */
void pawl__live_fork_begin(void);
void pawl__live_fork_end(void);

static inline uint32_t pawl__tid_of(uint32_t token)
{
	return token & FUTEX_TID_MASK;
}

/* who.c */

/** The calling thread has just got slot `s`: write down who it is. */
void pawl__live_sign(struct pawl_space *space, uint32_t s);

/* Who a slot's thread is, for people. False if the record is being written or was left half written. */
struct pawl__who {
	int32_t pid, tid;
	uint64_t pid_ns, started;
	char command[16];
};
/** The PID namespace of this process, as a number; 0: not known. */
uint64_t pawl__live_pid_namespace(void);

bool pawl__live_who(const struct pawl_space *space, uint32_t slot, struct pawl__who *who);

#endif
