/* SPDX-License-Identifier: BSD-2-Clause */
/** queue_mq.c: a POSIX message queue of words. It holds ten: more than that is not for everybody. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SLOTS_MOST 10 /* what /proc/sys/fs/mqueue/msg_max is, as a rule */

typedef struct queue {
	mqd_t mq;
} queue_t;

/* Without a name from then on: it goes with the last of us. */
static inline int make(queue_t **q, size_t slots)
{
	struct mq_attr attr = { .mq_maxmsg = slots < SLOTS_MOST ? (long)slots : SLOTS_MOST, .mq_msgsize = sizeof(uint64_t) };
	char name[32];

	*q = malloc(sizeof(**q));
	if (!*q)
		return ENOMEM;
	snprintf(name, sizeof(name), "/pawl-bench.%d", (int)getpid());
	(*q)->mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attr);
	return (*q)->mq == (mqd_t)-1 || mq_unlink(name) != 0 ? errno : 0;
}

static inline int put(queue_t *q, uint64_t v)
{
	return mq_send(q->mq, (const char *)&v, sizeof(v), 0) == 0 ? 0 : errno;
}

static inline int get(queue_t *q, uint64_t *v)
{
	return mq_receive(q->mq, (char *)v, sizeof(*v), NULL) == sizeof(*v) ? 0 : EIO;
}

#include "../queue.h"

BENCH_QUEUE(bench_queue_mq, "posix_mq", "mq_send, mq_receive of words; ten at most", queue);
BENCH_QUEUE(bench_rally_mq, "posix_mq", "mq_send, mq_receive of words; ten at most", rally);
