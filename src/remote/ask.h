/* SPDX-License-Identifier: BSD-2-Clause */
/** ask.h: the side of those who own a slot and want to use the host's lease on its name (seat.h). */
#ifndef PAWL__ASK_H
#define PAWL__ASK_H

#include "core/clock.h"
#include "space/handle.h"
#include "space/member.h"
#include "space/segment.h"

/** Tell the keeper that something has changed at this place. Any process, any thread. */
void pawl__bell_ring(const struct pawl_space *space, uint32_t place);

/** Wait for a lease. The caller owns the slot of the place at `spot`, and goes on owning it. Returns 0: inside; EBUSY (PAWL_TRY, or another
 * host has it), ETIMEDOUT; EHOSTUNREACH; EIDRM; ECANCELED: lock->interrupts is not `interrupts` any more. */
int pawl__lease_ask(
	struct pawl_lock *lock, struct pawl__spot spot, uint32_t me, pawl_deadline_t deadline, uint32_t interrupts);

#endif
