/* SPDX-License-Identifier: BSD-2-Clause */
/** gate.h: a guarded write in shared memory: a robust mutex that lets nobody in whose token is older than one it has let in.
 *
 * A lock whose lease can be lost (lock.h, with a remote) does not stop a holder who was paused: it goes on writing as soon as it
 * runs again. Only the data's own door can, by the token, and look and write have to be one step there: two writers who looked
 * one after the other could still write in the wrong order. A database has its transactions for that; data in memory that
 * processes share has a gate beside it.
 *
 *   rc = pawl_gate_enter(space, &order->gate, grant.fence, PAWL_FOREVER);
 *   if (!pawl_acquired(rc))
 *           return rc;                          ESTALE: somebody newer has been here
 *   if (pawl_owner_died(rc))
 *           repair(order);                      a writer died inside
 *   write(order);
 *   pawl_gate_leave(space, &order->gate);
 *
 * It gives      the order of tokens: nobody writes after somebody with a newer token has been let in, whatever clocks, leases and
 *               pauses do; and whoever dies inside, the next one let in is told, however many were refused in between.
 * It does not   know when a lease was lost: until somebody newer comes, an old token is as good as ever, and rightly so. Nor
 *               does it guard a read outside of it, nor take anything from one who is stopped inside: they all wait.
 * Tokens        are compared as they are: one gate for each lock, whose tokens come from one service for ever.
 */
#ifndef PAWL_GATE_H
#define PAWL_GATE_H

#include <pawl/space.h>

PAWL_EXTERN_C_BEGIN

/** In memory that the processes share, at an 8-byte boundary. Zero-filled memory is one that nobody has passed. What pawl_robust_t
 * says of its space holds here: all processes use the same, which outlives the memory; it needs no remote. */
typedef struct PAWL_CAPABILITY("gate") pawl_gate {
	pawl_robust_t lock;
	pawl_fence_t seen[2]; /* the newest token that was let in is seen[newest] */
	uint32_t newest;
	uint32_t inside; /* 1: somebody is, or died there */
} pawl_gate_t;

PAWL_STATIC_ASSERT(sizeof(pawl_gate_t) == 56, "shared between processes: pinned");

/** Go in to write what was locked under `fence`, waiting until `deadline` for whoever is inside.
 * Returns  0; EOWNERDEAD: let in, and a writer died inside: make the data whole; ESTALE: not let in, somebody with a newer token
 *          was; else as pawl_robust_lock, which it is built of.
 * Inside   after 0 and EOWNERDEAD (pawl_acquired(rc)), after nothing else. The same token may come in again.
 * Order    acquire; pairs with pawl_gate_leave() [RB1/RB2].
 * Blocks, Threads, Fork, Signals, Cancel  as pawl_robust_lock.
 * Example  tests/examples/eg_gate.c */
PAWL_API PAWL_MUST_CHECK int pawl_gate_enter(pawl_space_t *space, pawl_gate_t *gate, pawl_fence_t fence,
	pawl_deadline_t deadline) PAWL_TRY_ACQUIRE(0, *gate);

/** Go out. The data is whole: also after EOWNERDEAD there is nothing more to say; who cannot repair it has to end inside.
 * Returns  0; EPERM: this thread is not inside (nothing has changed); EINVAL.
 * Order    release; pairs with pawl_gate_enter() [RB1/RB2].
 * Blocks   never. System calls: futex, when somebody sleeps.  Signals  not async-signal-safe. */
PAWL_API int pawl_gate_leave(pawl_space_t *space, pawl_gate_t *gate) PAWL_RELEASE(*gate);

/** Tell clang's analysis that this thread is inside, in a branch that EOWNERDEAD led to. Does nothing. */
static inline void pawl_gate_assert_held(const pawl_gate_t *gate) PAWL_ASSERT_HELD(*gate)
{
	(void)gate;
}

PAWL_EXTERN_C_END

#endif
