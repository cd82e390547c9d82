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

/** Get ready: registers the process once, and again in a forked child. False where the kernel refuses membarrier: then
 * nobody may rely on pawl__fence_heavy(), and never will in this process. Thread-safe. */
bool pawl__fence_can(void);

/** The barrier. Only after pawl__fence_can() said true. About half a microsecond. */
void pawl__fence_heavy(void);

#endif
