/* SPDX-License-Identifier: BSD-2-Clause */
/** rows_queues.c: queues of 256 elements, and pairs of queues of one (row.h, queue.h). */
#include <stddef.h>

#include "row.h"

const bench_row_t *const bench_rows_queues[] = {
	&bench_queue_pawl_chan,
	&bench_queue_pawl_chan_try,
	&bench_queue_ck_ring,
	&bench_queue_ck_fifo,
	&bench_queue_wfcqueue,
	&bench_queue_pthread,
	&bench_queue_pipe,
	&bench_queue_mq,
	&bench_queue_go,
	&bench_queue_lossy,
	NULL,
};

const bench_row_t *const bench_rows_rallies[] = {
	&bench_rally_pawl_chan,
	&bench_rally_pawl_chan_try,
	&bench_rally_ck_ring,
	&bench_rally_ck_fifo,
	&bench_rally_wfcqueue,
	&bench_rally_pthread,
	&bench_rally_pipe,
	&bench_rally_mq,
	&bench_rally_go,
	NULL,
};
