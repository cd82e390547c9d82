/* SPDX-License-Identifier: BSD-2-Clause */
/** queue_pthread.c: the queue of the textbooks: a ring under a pthread mutex, and two condition variables. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct queue {
	pthread_mutex_t mutex; /* protects what follows */
	pthread_cond_t not_full, not_empty;
	size_t slots, sent, received; /* sent - received are in it */
	uint64_t slot[];
} queue_t;

static inline int make(queue_t **q, size_t slots)
{
	*q = calloc(1, sizeof(**q) + slots * sizeof((*q)->slot[0]));
	if (!*q)
		return ENOMEM;
	(*q)->slots = slots;
	pthread_mutex_init(&(*q)->mutex, NULL);
	pthread_cond_init(&(*q)->not_full, NULL);
	pthread_cond_init(&(*q)->not_empty, NULL);
	return 0;
}

static inline int put(queue_t *q, uint64_t v)
{
	pthread_mutex_lock(&q->mutex);
	while (q->sent - q->received == q->slots)
		pthread_cond_wait(&q->not_full, &q->mutex);
	q->slot[q->sent++ % q->slots] = v;
	pthread_mutex_unlock(&q->mutex);
	pthread_cond_signal(&q->not_empty);
	return 0;
}

static inline int get(queue_t *q, uint64_t *v)
{
	pthread_mutex_lock(&q->mutex);
	while (q->sent == q->received)
		pthread_cond_wait(&q->not_empty, &q->mutex);
	*v = q->slot[q->received++ % q->slots];
	pthread_mutex_unlock(&q->mutex);
	pthread_cond_signal(&q->not_full);
	return 0;
}

#include "../queue.h"

BENCH_QUEUE(bench_queue_pthread, "pthread_ring", "a ring, a pthread mutex, two condition variables", queue);
BENCH_QUEUE(bench_rally_pthread, "pthread_ring", "a ring, a pthread mutex, two condition variables", rally);
