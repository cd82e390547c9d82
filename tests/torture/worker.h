/* SPDX-License-Identifier: BSD-2-Clause */
/** worker.h: what the two halves of a worker share: its spaces and locks, and its threads (section.c) and faults (worker.c). */
#ifndef PAWL_TORTURE_WORKER_H
#define PAWL_TORTURE_WORKER_H

#include "torture.h"

struct mounts {
	pawl_space_t *space[2]; /* the one that stays, and the one that comes and goes */
	pawl_lock_t *lock[LOCKS];
};

extern struct page *page;
extern struct worker *me;
extern struct mounts mounted;

/** Attach: 0, or an errno. What there is stays. */
int mount_all(void);
/** Close all. Nobody may be inside. */
void unmount_all(void);
/** A call failed with what it must never fail with. */
void trouble(uint64_t *which, const char *what, int rc);
/** Is that something that may happen to one who is denied something? */
bool is_want(int rc);
/** A thread takes a name of its own. */
void be_born(struct hand *h);
/** One operation of a thread; `inside` is called with the lock held, if not NULL. */
void operate(struct hand *h, uint64_t *rng, void (*inside)(struct hand *h));

#endif
