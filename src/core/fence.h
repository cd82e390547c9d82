/* SPDX-License-Identifier: BSD-2-Clause */
/** fence.h: a barrier that is paid by the one who waits, not by the one who hands over.
 *
 * A store followed by a load of another word needs a full barrier between them, on every release, only because a waiter
 * may announce itself just then. Here the waiter pays instead: it announces itself, calls pawl__fence_heavy(), which makes
 * every running thread of this process pass a full barrier (membarrier(2)), then looks again, then sleeps. The other side
 * keeps its store and its load in program order and needs nothing in between: either its load sees the announcement, or
 * its store was made before the barrier and the waiter sees that.
 */
#ifndef PAWL__FENCE_H
#define PAWL__FENCE_H

#include <stdbool.h>

/** Can this process have that barrier? Registers it at the first call, once; a forked child is registered as its parent.
 * Thread-safe. */
bool pawl__fence_can(void);

/** The barrier, about half a microsecond. False if the kernel has come to refuse it (a seccomp filter installed later):
 * then the caller sleeps in slices of PAWL__FENCE_SLICE_NS and looks between them, which no store buffer outlasts. */
bool pawl__fence_heavy(void);

#define PAWL__FENCE_SLICE_NS 1000000

/** Get ready for the barrier below. True if this process can have it; then pawl_restart_ of the calling thread is set,
 * too, if that thread can use PAWL_STORE_IF. */
bool pawl__fence_restart_can(void);

/** The same barrier, which also makes every thread of this process that is inside a PAWL_STORE_IF (restart.h) start anew:
 * behind it, what such a thread had compared before is either stored for all to see, or will be compared again. Only if
 * pawl__fence_restart_can() said true. False as above; and once false, always false. */
bool pawl__fence_restart(void);

/** Has pawl__fence_restart() never failed so far? */
bool pawl__fence_restart_works(void);

#endif
