/* SPDX-License-Identifier: BSD-2-Clause */
/** queue_lossy.c: a queue that forgets an element now and then. It must fail the self-check, which shows that the self-check
 * can fail. */
#include <pawl/chan.h>

typedef pawl_chan_t queue_t;

static inline int make(queue_t **q, size_t slots)
{
	return pawl_chan_create(q, slots, sizeof(uint64_t));
}

static inline int put(queue_t *q, uint64_t v)
{
	return v % 100 == 99 ? 0 : pawl_chan_send(q, &v, PAWL_FOREVER);
}

static inline int get(queue_t *q, uint64_t *v)
{
	return pawl_chan_recv(q, v, PAWL_FOREVER);
}

#include "../queue.h"

const bench_row_t bench_queue_lossy = {
	.name = "lossy",
	.what = "loses one in a hundred; fails the check",
	.traits = BENCH_BROKEN,
	.spin_ns = -1,
	.open = open_queue,
	.enter = bench_row_nothing,
	.run = run_queue,
	.shut = bench_row_shut_nothing,
};
