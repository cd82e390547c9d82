/* SPDX-License-Identifier: BSD-2-Clause */
/** gate.c: the gate: a robust mutex, the newest token it has let in, and a note that somebody is inside.
 *
 * All of it is written by the mutex's owner, and read by owners: the mutex orders that. What a killed owner leaves is the only thing
 * to think about. It has carried out its program up to some instruction, and the kernel's mark of its death comes behind all of
 * that; so what counts is the order of the instructions, which the compiler must keep:
 *
 *   token      written where it does not count, then made to count by one store: never half of one and half of another, which
 *              could be newer than any there is, and refuse everybody
 *   inside     set before the first store to the data, cleared after the last one. It outlasts the mutex's own EOWNERDEAD, which
 *              is used up by the first to come, who may be one to be refused
 */
#include <pawl/gate.h>

#include "space/member.h"
#include "space/robust.h"

static bool is_stale(const pawl_gate_t *gate, pawl_fence_t fence)
{
	return pawl_fence_cmp(fence, gate->seen[gate->newest & 1]) < 0;
}

/* The mutex is ours. True if a writer died inside. */
static bool let_in(pawl_gate_t *gate, pawl_fence_t fence)
{
	uint32_t other = ~gate->newest & 1;
	bool died = gate->inside != 0;

	gate->seen[other] = fence;
	PAWL_COMPILER_BARRIER();
	PAWL_STORE(&gate->newest, other, RELAXED); /* relaxed: under the mutex; one store, for the sake of those who die */
	PAWL_STORE(&gate->inside, 1u, RELAXED);    /* relaxed: as above */
	PAWL_COMPILER_BARRIER();
	return died;
}

int pawl_gate_enter(pawl_space_t *space, pawl_gate_t *gate, pawl_fence_t fence, pawl_deadline_t deadline) PAWL_NO_ANALYSIS
{
	int rc = gate ? pawl_robust_lock(space, &gate->lock, deadline) : EINVAL;

	if (!pawl_acquired(rc))
		return rc;
	if (pawl_owner_died(rc))
		pawl_robust_consistent(space, &gate->lock);
	if (!is_stale(gate, fence))
		return let_in(gate, fence) ? EOWNERDEAD : 0;
	pawl_robust_unlock(space, &gate->lock);
	return ESTALE;
}

int pawl_gate_leave(pawl_space_t *space, pawl_gate_t *gate) PAWL_NO_ANALYSIS
{
	struct pawl__member *member;

	if (!space || !gate)
		return EINVAL;
	member = pawl__member_now(space);
	if (!member || !pawl__robust_is_mine(&gate->lock, member->me))
		return EPERM;
	PAWL_COMPILER_BARRIER();
	PAWL_STORE(&gate->inside, 0u, RELAXED); /* relaxed: under the mutex */
	PAWL_COMPILER_BARRIER();
	return pawl_robust_unlock(space, &gate->lock);
}
