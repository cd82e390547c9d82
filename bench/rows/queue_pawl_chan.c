/* SPDX-License-Identifier: BSD-2-Clause */
/** queue_pawl_chan.c: pawl's channel, waiting as it does. */
#include <pawl/chan.h>

typedef pawl_chan_t queue_t;

static inline int make(queue_t **q, size_t slots)
{
	return pawl_chan_create(q, slots, sizeof(uint64_t));
}

static inline int put(queue_t *q, uint64_t v)
{
	return pawl_chan_send(q, &v, PAWL_FOREVER);
}

static inline int get(queue_t *q, uint64_t *v)
{
	return pawl_chan_recv(q, v, PAWL_FOREVER);
}

#include "../queue.h"

BENCH_QUEUE(bench_queue_pawl_chan, "pawl_chan", "pawl_chan_send, pawl_chan_recv", queue);
BENCH_QUEUE(bench_rally_pawl_chan, "pawl_chan", "pawl_chan_send, pawl_chan_recv", rally);
