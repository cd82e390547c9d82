/* SPDX-License-Identifier: BSD-2-Clause */
/** queue.h: the measured loops of queues, made once per kind of queue by including this file. No include guard: that is its
 * use. Elements are numbers of 8 bytes.
 *
 * Before the include: queue_t, and static inline functions that return 0 or an errno value, and that wait by themselves:
 *   make(queue_t **q, size_t slots)   put(queue_t *q, uint64_t v)   get(queue_t *q, uint64_t *v)
 * After it, for bench_row_t: open_queue and run_queue, open_rally and run_rally.
 *
 * Queue: the first half of the workers receives, the other half sends. No element is 0 but the last one for each receiver,
 * all differ, and the sums of both sides have to be the same in the end. What is received after the window is checked, too,
 * but not counted. Rally: two workers send one element to and fro through two queues of one slot; the one who serves
 * may time round trips.
 */
#include <errno.h>

#include <pawl/annotate.h>

#include "delay.h"
#include "latency.h"
#include "row.h"
#include "tick.h"

#define BENCH_QUEUE_SLOTS 256

/* Lives in the row's memory. */
typedef struct bench_queues {
	queue_t *there, *back;
	uint32_t done; /* senders that have ended, over all runs */
} bench_queues_t;

__attribute__((unused)) static int open_queue(void *mem)
{
	bench_queues_t *q = mem;

	return make(&q->there, BENCH_QUEUE_SLOTS);
}

__attribute__((unused)) static int open_rally(void *mem)
{
	bench_queues_t *q = mem;
	int rc = make(&q->there, 1);

	return rc ? rc : make(&q->back, 1);
}

__attribute__((unused, noinline, aligned(64))) static void receive(queue_t *q, bench_run_t *run)
{
	uint64_t v = 0, ops = 0, sum = 0;
	int rc;

	while ((rc = get(q, &v)) == 0 && v != 0) {
		sum += v;
		ops += !PAWL_LOAD(run->stop, RELAXED); /* relaxed: a flag, nothing is handed over by it */
	}
	run->ops = ops;
	run->balance = -sum;
	run->rc = rc;
	PAWL_FETCH_ADD(run->count, ops, RELAXED); /* relaxed: read when we have ended */
}

__attribute__((unused, noinline, aligned(64))) static void send(queue_t *q, bench_run_t *run, unsigned i, unsigned n)
{
	uint64_t sum = 0;
	int rc = 0;

	for (uint64_t v = i + 1; !PAWL_LOAD(run->stop, RELAXED); v += n) { /* relaxed: as in receive */
		rc = put(q, v);
		if (PAWL_UNLIKELY(rc))
			break;
		sum += v;
	}
	run->balance = sum;
	run->rc = rc;
}

__attribute__((unused)) static void run_queue(void *mem, bench_run_t *run)
{
	bench_queues_t *q = mem;
	unsigned half = run->workers / 2;

	if (run->index < half) {
		receive(q->there, run);
		return;
	}
	send(q->there, run, run->index - half, half);
	/* relaxed: counts; what is in the queue has its own order */
	if ((PAWL_FETCH_ADD(&q->done, 1u, RELAXED) + 1) % half == 0)
		for (unsigned i = 0; i < half && !run->rc; i++)
			run->rc = put(q->there, 0);
}

/* There and back. */
static int round_trip(bench_queues_t *q, uint64_t next)
{
	uint64_t v = 0;
	int rc = put(q->there, next);

	if (!rc)
		rc = get(q->back, &v);
	return rc ? rc : v == next ? 0 : EPROTO;
}

static int timed_trip(bench_queues_t *q, uint64_t next, bench_latency_t *latency)
{
	uint64_t ticks = bench_tick_before();
	int rc = round_trip(q, next);

	bench_latency_add(latency, bench_tick_after() - ticks);
	return rc;
}

static void serve(bench_queues_t *q, bench_run_t *run)
{
	uint64_t left = run->latency ? bench_latency_next(run->latency) : UINT64_MAX;

	/* relaxed: a flag, nothing is handed over by it */
	for (uint64_t next = 1; !run->rc && !PAWL_LOAD(run->stop, RELAXED); next++) {
		bench_delay(run->inside);
		if (PAWL_UNLIKELY(--left == 0)) {
			run->rc = timed_trip(q, next, run->latency);
			left = bench_latency_next(run->latency);
		} else {
			run->rc = round_trip(q, next);
		}
		run->ops += !run->rc;
	}
	*run->count += run->ops;
	if (!run->rc)
		run->rc = put(q->there, 0);
}

static void answer(bench_queues_t *q, bench_run_t *run)
{
	uint64_t v = 0;

	while (!run->rc && (run->rc = get(q->there, &v)) == 0 && v != 0) {
		bench_delay(run->inside);
		run->rc = put(q->back, v);
	}
}

__attribute__((unused)) static void run_rally(void *mem, bench_run_t *run)
{
	if (run->index == 0)
		serve(mem, run);
	else
		answer(mem, run);
}

/** The row of a queue. */
#define BENCH_QUEUE(row, its_name, its_what, kind)                                                                     \
	const bench_row_t row = {                                                                                      \
		.name = its_name,                                                                                      \
		.what = its_what,                                                                                      \
		.spin_ns = -1,                                                                                         \
		.open = open_##kind,                                                                                   \
		.enter = bench_row_nothing,                                                                            \
		.run = run_##kind,                                                                                     \
		.shut = bench_row_shut_nothing,                                                                        \
	}
