/* SPDX-License-Identifier: BSD-2-Clause */
/** keeper.h: the thread of each process that is a candidate for the keeper's role, and its life. */
#ifndef PAWL__KEEPER_H
#define PAWL__KEEPER_H

#include "space/process.h"

/* How long the last process of a host may take to give its leases back: a service that does not answer is left to the clock. */
#define PAWL__WIND_UP_NS 1000000000ll

/** See that this process has a candidate, if it knows the URL or has owners to look after; once is enough. The second form is for who holds pawl__registry.
 * Returns 0; EAGAIN, ENOMEM: no thread to be had. */
int pawl__keeper_start(struct pawl_space *space);
int pawl__keeper_start_locked(struct pawl_space *space);

/** End this process's candidate. If it is the keeper, and nobody else uses the space, idle leases are given back first, within
 * `within_ns`. The caller holds pawl__registry, which is given up meanwhile: then the space may have gone, if others can close it.
 * False: there is none to be ended, and the registry was not given up. True: it has ended, or another thread has been seen to
 * end one: look again. */
bool pawl__keeper_stop(struct pawl_space *space, int64_t within_ns);

/** This process's candidate would not be the keeper any more. To be called by it. True: nobody else in the space would. */
bool pawl__keeper_stand_down(struct pawl_space *space);

/** Is there one that pawl__keeper_stop() would end? */
bool pawl__keeper_is_here(const struct pawl_space *space);

/** In the child of a fork: there is no such thread here. */
void pawl__keeper_forget(struct pawl_space *space);

/** Is the keeper a thread of this process? Then it is woken: the way through the segment takes one more thread. */
bool pawl__keeper_hears(const struct pawl_space *space);

/** Wake the candidates of all processes: a lease is lost, somebody wants to know, or one of them has to end. */
void pawl__news(const struct pawl_space *space);

#endif
