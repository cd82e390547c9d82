/* SPDX-License-Identifier: BSD-2-Clause */
/** pair.c: the two processes of a row and the order of their turns (pair.h).
 *
 * Whoever has the lock gives it when the other one waits for it and has done so for a while, so that nothing but the hand-off is
 * in the time between.
 */
#include "pair.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Shared by the two sides and their parent. Times are CLOCK_MONOTONIC's, which is one for both. */
struct shared {
	uint32_t blocks;             /* how many have been asked for */
	size_t n;                    /* hand-offs in this one */
	uint32_t done[2], asking[2]; /* by each side: blocks it has done; how often it has begun to take */
	uint32_t turn;               /* whose it is */
	int64_t given_at;
	double took_ms[PAIR_MOST];
};

struct pair {
	const struct handoff_row *row;
	struct shared *shared;
	pid_t pid[2];
};

/* One side of it. */
struct side {
	const struct handoff_row *row;
	struct shared *shared;
	int64_t settle_ns, think_ns;
	void *opened;
	int me;
	uint32_t asked; /* how often the other one has been seen to ask */
};

void pair_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("pawl-bench-remote: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

void pair_address(const char *url, char host[256], int *port)
{
	if (sscanf(url, "%*[a-z]://%255[^:/?]:%d", host, port) != 2)
		pair_fail("'%s': write SCHEME://HOST:PORT", url);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void nap(int64_t ns)
{
	nanosleep(&(struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 }, NULL);
}

/* ---- in the sides ---- */

static void take(struct side *s, size_t i)
{
	nap(random() % s->think_ns);
	__atomic_add_fetch(&s->shared->asking[s->me], 1, __ATOMIC_SEQ_CST);
	s->row->take(s->opened);
	while (__atomic_load_n(&s->shared->turn, __ATOMIC_SEQ_CST) != (uint32_t)s->me) { /* the other one was late in the queue */
		s->row->give(s->opened);
		nap(1000000);
		s->row->take(s->opened);
	}
	s->shared->took_ms[i] = (double)(now() - __atomic_load_n(&s->shared->given_at, __ATOMIC_SEQ_CST)) / 1e6;
}

static void give(struct side *s)
{
	s->asked++;
	while (__atomic_load_n(&s->shared->asking[!s->me], __ATOMIC_SEQ_CST) != s->asked)
		nap(100000);
	nap(s->settle_ns);
	__atomic_store_n(&s->shared->turn, (uint32_t)!s->me, __ATOMIC_SEQ_CST);
	__atomic_store_n(&s->shared->given_at, now(), __ATOMIC_SEQ_CST);
	s->row->give(s->opened);
}

/* Side 0 has the lock at the beginning of a block and at its end. */
static void run_block(struct side *s)
{
	for (size_t i = 0; i < s->shared->n; i += 2)
		if (s->me == 0) {
			give(s);
			take(s, i + 1);
		} else {
			take(s, i);
			give(s);
		}
}

static void be_side(struct side s, const char *url)
{
	uint32_t blocks = 0;

	srandom((unsigned)getpid());
	s.opened = s.row->begin(url, s.me);
	if (s.me == 0)
		s.row->take(s.opened);
	for (;; blocks++) {
		__atomic_store_n(&s.shared->done[s.me], blocks + 1, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&s.shared->blocks, __ATOMIC_SEQ_CST) == blocks)
			nap(1000000);
		if (s.shared->n == 0)
			break;
		run_block(&s);
	}
	if (s.me == 0)
		s.row->give(s.opened);
	s.row->end(s.opened);
	exit(0);
}

/* ---- in the parent ---- */

static void check(const struct pair *p)
{
	int status;

	for (int i = 0; i < 2; i++)
		if (waitpid(p->pid[i], &status, WNOHANG) == p->pid[i])
			pair_fail("%s: a side has ended, status %#x", p->row->name, (unsigned)status);
}

static void wait_done(const struct pair *p, uint32_t blocks)
{
	for (int i = 0; i < 2; i++)
		while (__atomic_load_n(&p->shared->done[i], __ATOMIC_SEQ_CST) <= blocks) {
			nap(1000000);
			check(p);
		}
}

static void ask(struct pair *p, size_t n)
{
	p->shared->n = n;
	__atomic_add_fetch(&p->shared->blocks, 1, __ATOMIC_SEQ_CST);
}

struct pair *pair_begin(const struct handoff_row *row, const char *url, int64_t settle_ns, int64_t think_ns)
{
	struct pair *p = calloc(1, sizeof(*p));

	if (!p)
		pair_fail("out of memory");
	p->row = row;
	p->shared = mmap(NULL, sizeof(*p->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p->shared == MAP_FAILED)
		pair_fail("out of memory");
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		p->pid[i] = fork();
		if (p->pid[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			be_side((struct side){ .row = row,
					.shared = p->shared,
					.settle_ns = row->settle_ns ? row->settle_ns : settle_ns,
					.think_ns = think_ns,
					.me = i },
				url);
		}
	}
	wait_done(p, 0);
	return p;
}

void pair_run(struct pair *p, size_t n, double *took_ms)
{
	ask(p, n);
	wait_done(p, p->shared->blocks);
	memcpy(took_ms, p->shared->took_ms, n * sizeof(*took_ms));
}

void pair_end(struct pair *p)
{
	ask(p, 0);
	for (int i = 0; i < 2; i++)
		waitpid(p->pid[i], NULL, 0);
	munmap(p->shared, sizeof(*p->shared));
	free(p);
}
