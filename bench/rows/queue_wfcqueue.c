/* SPDX-License-Identifier: BSD-2-Clause */
/** queue_wfcqueue.c: liburcu's queue with wait-free enqueue; receivers take turns under its mutex, and ask again while it is
 * empty: it cannot wait. */
#include <errno.h>

#define _LGPL_SOURCE /* its short functions inline: the fastest that it has */
#include <urcu/compiler.h>
#include <urcu/wfcqueue.h>

#define BENCH_LINK struct cds_wfcq_node
#include "nodes.h"

typedef struct queue {
	_Alignas(128) struct cds_wfcq_head head;
	_Alignas(128) struct cds_wfcq_tail tail;
} queue_t;

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
	node_t *n = node_take();

	if (PAWL_UNLIKELY(!n))
		return ENOMEM;
	n->value = v;
	cds_wfcq_node_init(&n->link);
	cds_wfcq_enqueue(&q->head, &q->tail, &n->link);
	return 0;
}

static inline int get(queue_t *q, uint64_t *v)
{
	struct cds_wfcq_node *found;
	node_t *n;

	while ((found = cds_wfcq_dequeue_blocking(&q->head, &q->tail)) == NULL)
		sched_yield();
	n = (node_t *)found;
	*v = n->value;
	node_give(n);
	return 0;
}

#include "../queue.h"

BENCH_QUEUE(bench_queue_wfcqueue, "wfcqueue", "liburcu's wfcqueue, dequeue under its mutex", queue);
BENCH_QUEUE(bench_rally_wfcqueue, "wfcqueue", "liburcu's wfcqueue, dequeue under its mutex", rally);
