/* SPDX-License-Identifier: BSD-2-Clause */
/** nodes.h: nodes for queues that are lists. They have no slots: here they are bounded by the nodes that a sender has, taken
 * round by round, and given back by whoever has received from them.
 *
 * Before the include: BENCH_LINK, the type by which the queue links its nodes. */
#ifndef BENCH_NODES_H
#define BENCH_NODES_H

#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

#include <pawl/annotate.h>

#define NODES 256

typedef struct node {
	BENCH_LINK link; /* the first member: a pointer to it is one to the node */
	uint64_t value;
	uint32_t in_use;
} node_t;

/** The calling thread's next node, once it is free again. NULL: no memory. */
static inline node_t *node_take(void)
{
	static __thread node_t *nodes;
	static __thread unsigned at;
	node_t *n;

	if (PAWL_UNLIKELY(!nodes) && !(nodes = calloc(NODES, sizeof(*nodes))))
		return NULL;
	n = &nodes[at++ % NODES];
	/* ND1 acquire: pairs with ND2: the receiver has read all it wants */
	while (PAWL_LOAD(&n->in_use, ACQUIRE))
		sched_yield();
	PAWL_STORE(&n->in_use, 1u, RELAXED); /* relaxed: the queue hands it over */
	return n;
}

static inline void node_give(node_t *n)
{
	/* ND2 release: pairs with ND1 */
	PAWL_STORE(&n->in_use, 0u, RELEASE);
}

#endif
