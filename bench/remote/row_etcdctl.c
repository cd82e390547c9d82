/* SPDX-License-Identifier: BSD-2-Clause */
/** row_etcdctl.c: `etcdctl lock NAME` without a command: it prints its key when it has the lock, and gives it back at SIGINT. It is
 * Go's client library, which watches from the revision that the answer's header says.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pair.h"

struct end {
	char endpoint[300];
	pid_t pid;
	int out;
};

static void *begin(const char *url, int side)
{
	struct end *e = calloc(1, sizeof(*e));
	char host[256];
	int port;

	(void)side;
	if (!e)
		pair_fail("out of memory");
	pair_address(url, host, &port);
	snprintf(e->endpoint, sizeof(e->endpoint), "http://%s:%d", host, port);
	return e;
}

static void become(const struct end *e, int out)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, 1);
	execlp("etcdctl", "etcdctl", "--endpoints", e->endpoint, "lock", "pawl-bench-etcdctl", (char *)NULL);
	pair_fail("etcdctl: %s", strerror(errno));
}

static void take(void *side)
{
	struct end *e = side;
	char c = 0;
	int p[2];

	if (pipe(p))
		pair_fail("pipe: %s", strerror(errno));
	e->pid = fork();
	if (e->pid == 0)
		become(e, p[1]);
	close(p[1]);
	e->out = p[0];
	if (read(e->out, &c, 1) != 1)
		pair_fail("etcdctl has ended without the lock");
}

static void give(void *side)
{
	struct end *e = side;

	kill(e->pid, SIGINT);
	waitpid(e->pid, NULL, 0);
	close(e->out);
}

static void end(void *side)
{
	free(side);
}

const struct handoff_row handoff_etcdctl = { .name = "etcdctl lock",
	.what = "SIGINT to the one until the other prints its key",
	.settle_ns = 300000000,
	.begin = begin,
	.take = take,
	.give = give,
	.end = end };
