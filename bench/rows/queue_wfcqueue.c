/* SPDX-License-Identifier: BSD-2-Clause */
/** queue_wfcqueue.c: liburcu's queue with wait-free enqueue; receivers take turns under its mutex, and ask again while it is
 * empty: it cannot wait. It has no slots: here it is bounded by the nodes that a sender has, which receivers give back. */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <pawl/annotate.h>

#define _LGPL_SOURCE /* its short functions inline: the fastest that it has */
#include <urcu/compiler.h>
#include <urcu/wfcqueue.h>

#define NODES 256

typedef struct node {
	struct cds_wfcq_node node;
	uint64_t value;
	uint32_t in_use;
} node_t;

typedef struct queue {
	_Alignas(128) struct cds_wfcq_head head;
	_Alignas(128) struct cds_wfcq_tail tail;
} queue_t;

/* A sender's own nodes, taken round by round. */
static __thread node_t *nodes;
static __thread unsigned at;

static inline int make(queue_t **q, size_t slots)
{
	(void)slots;
	*q = aligned_alloc(128, sizeof(**q));
	if (*q)
		cds_wfcq_init(&(*q)->head, &(*q)->tail);
	return *q ? 0 : ENOMEM;
}

static inline int put(queue_t *q, uint64_t v)
{
	node_t *n;

	if (PAWL_UNLIKELY(!nodes) && !(nodes = calloc(NODES, sizeof(*nodes))))
		return ENOMEM;
	n = &nodes[at++ % NODES];
	/* WQ1 acquire: pairs with WQ2: the receiver has read all it wants */
	while (PAWL_LOAD(&n->in_use, ACQUIRE))
		sched_yield();
	PAWL_STORE(&n->in_use, 1u, RELAXED); /* relaxed: the queue hands it over */
	n->value = v;
	cds_wfcq_node_init(&n->node);
	cds_wfcq_enqueue(&q->head, &q->tail, &n->node);
	return 0;
}

static inline int get(queue_t *q, uint64_t *v)
{
	struct cds_wfcq_node *found;
	node_t *n;

	while ((found = cds_wfcq_dequeue_blocking(&q->head, &q->tail)) == NULL)
		sched_yield();
	n = (node_t *)found; /* its first member */
	*v = n->value;
	/* WQ2 release: pairs with WQ1 */
	PAWL_STORE(&n->in_use, 0u, RELEASE);
	return 0;
}

#include "../queue.h"

BENCH_QUEUE(bench_queue_wfcqueue, "wfcqueue", "liburcu's wfcqueue, dequeue under its mutex", queue);
BENCH_QUEUE(bench_rally_wfcqueue, "wfcqueue", "liburcu's wfcqueue, dequeue under its mutex", rally);
