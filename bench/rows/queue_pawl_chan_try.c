/* SPDX-License-Identifier: BSD-2-Clause */
/** queue_pawl_chan_try.c: pawl's channel, tried again and again, as queues that cannot wait are used. */
#include <sched.h>

#include <pawl/chan.h>

typedef pawl_chan_t queue_t;

static inline int make(queue_t **q, size_t slots)
{
	return pawl_chan_create(q, slots, sizeof(uint64_t));
}

static inline int put(queue_t *q, uint64_t v)
{
	int rc;

	while ((rc = pawl_chan_send(q, &v, PAWL_TRY)) == (EBUSY))
		sched_yield();
	return rc;
}

static inline int get(queue_t *q, uint64_t *v)
{
	int rc;

	while ((rc = pawl_chan_recv(q, v, PAWL_TRY)) == (EBUSY))
		sched_yield();
	return rc;
}

#include "../queue.h"

BENCH_QUEUE(bench_queue_pawl_chan_try, "pawl_chan_try", "the same with PAWL_TRY and sched_yield", queue);
BENCH_QUEUE(bench_rally_pawl_chan_try, "pawl_chan_try", "the same with PAWL_TRY and sched_yield", rally);
