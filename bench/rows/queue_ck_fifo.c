/* SPDX-License-Identifier: BSD-2-Clause */
/** queue_ck_fifo.c: Concurrency Kit's list for many senders and many receivers, by compare-and-swap of two words; tried again
 * and again: it cannot wait. */
#include <ck_fifo.h>

#include "../row.h"

#define NAME "ck_fifo"
#define WHAT "Concurrency Kit's ck_fifo_mpmc, with sched_yield"

#ifdef CK_F_FIFO_MPMC
#include <errno.h>

#define BENCH_LINK ck_fifo_mpmc_entry_t
#include "nodes.h"

typedef struct queue {
	_Alignas(128) ck_fifo_mpmc_t fifo;
	_Alignas(128) node_t stub;
} queue_t;

static inline int make(queue_t **q, size_t slots)
{
	(void)slots;
	*q = aligned_alloc(128, sizeof(**q));
	if (*q)
		ck_fifo_mpmc_init(&(*q)->fifo, &(*q)->stub.link);
	return *q ? 0 : ENOMEM;
}

/* Its elements are pointers; ours are numbers that fit. */
static inline int put(queue_t *q, uint64_t v)
{
	node_t *n = node_take();

	if (PAWL_UNLIKELY(!n))
		return ENOMEM;
	ck_fifo_mpmc_enqueue(&q->fifo, &n->link, (void *)(uintptr_t)v);
	return 0;
}

/* The node that comes out is the one before ours. */
static inline int get(queue_t *q, uint64_t *v)
{
	ck_fifo_mpmc_entry_t *before;
	void *element = NULL;

	while (!ck_fifo_mpmc_dequeue(&q->fifo, &element, &before))
		sched_yield();
	*v = (uintptr_t)element;
	node_give((node_t *)before);
	return 0;
}

#include "../queue.h"

BENCH_QUEUE(bench_queue_ck_fifo, NAME, WHAT, queue);
BENCH_QUEUE(bench_rally_ck_fifo, NAME, WHAT, rally);
#else
BENCH_ROW_ABSENT(bench_queue_ck_fifo, NAME, WHAT, "a compare-and-swap of two words");
BENCH_ROW_ABSENT(bench_rally_ck_fifo, NAME, WHAT, "a compare-and-swap of two words");
#endif
