/* SPDX-License-Identifier: BSD-2-Clause */
/** member.h: the calling thread's membership of a space: found in a few instructions, made on first use. */
#ifndef PAWL__MEMBER_H
#define PAWL__MEMBER_H

#include <pthread.h>

#include "space/process.h"

/* The membership this thread used last: one space is the usual case. */
extern __thread struct pawl__member *pawl__recent;

/** Find an older membership of the calling thread, or NULL. */
struct pawl__member *pawl__member_old(struct pawl_space *space);

/** The same, and join if there is none. Returns 0; ENOSPC, ENOMEM, EIDRM. */
int pawl__member_join(struct pawl_space *space, struct pawl__member **member);

/** The calling thread's membership; NULL and *rc if it has none and cannot get one. */
static inline struct pawl__member *pawl__member(struct pawl_space *space, int *rc)
{
	struct pawl__member *m = pawl__recent;

	if (PAWL_LIKELY(m && m->space == space && m->me != 0))
		return m;
	*rc = pawl__member_join(space, &m);
	return *rc == 0 ? m : NULL;
}

/** The same for those who can only hold something if they have joined before: NULL if not. */
static inline struct pawl__member *pawl__member_now(struct pawl_space *space)
{
	struct pawl__member *m = pawl__recent;

	return PAWL_LIKELY(m && m->space == space && m->me != 0) ? m : pawl__member_old(space);
}

/* One word more, or less, that this thread holds. Single writer; pawl_space_close reads it from other threads. */
static inline void pawl__member_holds(struct pawl__member *m, int more)
{
	/* relaxed: a count that only its own thread changes; a closer who races with a taker is told to close nothing that
	 * others are inside of */
	PAWL_STORE(&m->held, PAWL_LOAD(&m->held, RELAXED) + (uint32_t)more, RELAXED);
}

/** The calling thread gives its membership up, if it has one. Caller holds pawl__registry. */
void pawl__member_leave(struct pawl_space *space);

/** Called when a space is opened: the hooks for thread exit, process exit and fork are in place from the first one on.
 * Returns 0; EAGAIN, ENOMEM: no more keys or no memory for them. */
int pawl__member_hooks(void);

/** Before a fork, and after it on both sides: urcu's and the handle table's share. In handle.c. */
void pawl__handles_fork_begin(void);
void pawl__handles_fork_parent(void);
void pawl__handles_fork_child(void);

#endif
