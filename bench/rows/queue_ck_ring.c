/* SPDX-License-Identifier: BSD-2-Clause */
/** queue_ck_ring.c: Concurrency Kit's ring for many senders and many receivers, tried again and again: it cannot wait. One
 * of its slots is always empty. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include <ck_ring.h>

typedef struct queue {
	ck_ring_t ring;
	ck_ring_buffer_t buffer[];
} queue_t;

static inline int make(queue_t **q, size_t slots)
{
	size_t size = slots < 2 ? 2 : slots; /* a power of two */

	*q = aligned_alloc(128, (sizeof(**q) + size * sizeof((*q)->buffer[0]) + 127) / 128 * 128);
	if (!*q)
		return ENOMEM;
	ck_ring_init(&(*q)->ring, (unsigned)size);
	return 0;
}

/* Its elements are pointers; ours are numbers that fit. */
static inline int put(queue_t *q, uint64_t v)
{
	while (!ck_ring_enqueue_mpmc(&q->ring, q->buffer, (void *)(uintptr_t)v))
		sched_yield();
	return 0;
}

static inline int get(queue_t *q, uint64_t *v)
{
	void *element = NULL;

	while (!ck_ring_dequeue_mpmc(&q->ring, q->buffer, &element))
		sched_yield();
	*v = (uintptr_t)element;
	return 0;
}

#include "../queue.h"

BENCH_QUEUE(bench_queue_ck_ring, "ck_ring", "Concurrency Kit's ck_ring_mpmc, with sched_yield", queue);
BENCH_QUEUE(bench_rally_ck_ring, "ck_ring", "Concurrency Kit's ck_ring_mpmc, with sched_yield", rally);
