/* SPDX-License-Identifier: BSD-2-Clause */
/* store.c: the way to an order's figures. On one host the lock is enough: nothing is ever taken from one who lives. Between
 * hosts a lock may be lost by one who was frozen, so the store looks at the token of every write: a gate for each order, in a
 * space that all hosts share because the store does.
 */
#include "exchange.h"

/* 0; EOWNERDEAD: the last one to write died, repair; ESTALE: not let in, there was a newer token. `rc` is what the lock said. */
int store_enter(struct buyer *b, unsigned order, int rc, pawl_fence_t fence)
{
	if (b->store == NULL)
		return rc;
	if (b->x->opt->fault == FAULT_STORE) /* the planted fault: whoever comes is let in */
		fence = (pawl_fence_t){ UINT64_MAX, UINT64_MAX };
	return pawl_gate_enter(b->store, &b->x->books[order].gate, fence, PAWL_FOREVER);
}

void store_leave(struct buyer *b, unsigned order)
{
	if (b->store != NULL && pawl_gate_leave(b->store, &b->x->books[order].gate) != 0)
		book_violation(b, &b->x->board->two_owners);
}
