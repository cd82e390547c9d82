/* SPDX-License-Identifier: BSD-2-Clause */
/** queue_pipe.c: a pipe of words, each of which is written and read whole. It is as long as the least that the kernel gives:
 * a page. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct queue {
	int from, into;
} queue_t;

static inline int make(queue_t **q, size_t slots)
{
	int fd[2];

	*q = malloc(sizeof(**q));
	if (!*q)
		return ENOMEM;
	if (pipe2(fd, O_CLOEXEC) != 0 || fcntl(fd[1], F_SETPIPE_SZ, (int)(slots * sizeof(uint64_t))) < 0)
		return errno;
	**q = (queue_t){ fd[0], fd[1] };
	return 0;
}

static inline int put(queue_t *q, uint64_t v)
{
	return write(q->into, &v, sizeof(v)) == sizeof(v) ? 0 : EIO;
}

static inline int get(queue_t *q, uint64_t *v)
{
	return read(q->from, v, sizeof(*v)) == sizeof(*v) ? 0 : EIO;
}

#include "../queue.h"

BENCH_QUEUE(bench_queue_pipe, "pipe", "write and read of words, a page long", queue);
BENCH_QUEUE(bench_rally_pipe, "pipe", "write and read of words, a page long", rally);
