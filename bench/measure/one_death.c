/* SPDX-License-Identifier: BSD-2-Clause */
/** one_death.c: one death (one_death.h). The parent kills; holder and waiter are its children, the holder perhaps a
 * grandchild, inside a PID namespace of its own. */
#include "one_death.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "now.h"
#include "worker.h"

#define READY_NS  20000000000 /* for a holder to touch its memory on a busy machine */
#define RESCUE_NS 2000000000  /* a waiter that has nothing by now, has been forgotten */
#define SETTLE_NS 1000000     /* asleep for so long: not just on its way into the lock */

typedef struct scene {
	uint32_t born, holding, waiting, got; /* set to 1 one after the other */
	pid_t holder;                         /* as this side of the namespace sees it */
	int holder_rc, waiter_rc, mend_rc, give_rc;
	int64_t got_ns;
	bool holder_was_killed;
} scene_t;

/* Memory of our own, in pages of the usual size, whatever the machine thinks of larger ones. */
static int touch(size_t size)
{
	long page = sysconf(_SC_PAGESIZE);
	char *mem;

	if (size == 0)
		return 0;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return errno;
	madvise(mem, size, MADV_NOHUGEPAGE); /* a hint: EINVAL on kernels that have no huge pages */
	for (size_t at = 0; at < size; at += (size_t)page)
		*(volatile char *)(mem + at) = 1;
	return 0;
}

static void hold(const bench_row_t *row, void *lock, size_t resident, scene_t *s)
{
	s->holder_rc = touch(resident);
	if (!s->holder_rc)
		s->holder_rc = row->enter(lock);
	if (!s->holder_rc)
		s->holder_rc = row->take(lock);
	bench_signal(&s->holding);
	for (;;)
		pause();
}

/* Between us and a holder in a namespace of its own: the one who moved its children there, and who buries the holder. */
static int bear(const bench_row_t *row, void *lock, const bench_death_case_t *how, scene_t *s)
{
	int status;
	pid_t pid;

	if (how->own_namespace && unshare(CLONE_NEWPID) != 0)
		return 1;
	pid = bench_fork();
	if (pid == 0)
		hold(row, lock, how->resident, s);
	s->holder = pid; /* by the parent alone: the child's 0 in kill(2) would be all of us */
	bench_signal(&s->born);
	if (waitpid(pid, &status, 0) == pid)
		s->holder_was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	return 0;
}

static int wait_for_it(const bench_row_t *row, void *lock, scene_t *s)
{
	s->waiter_rc = row->enter(lock);
	bench_signal(&s->waiting);
	if (s->waiter_rc)
		return 1;
	s->waiter_rc = row->take(lock);
	s->got_ns = bench_now_ns();
	bench_signal(&s->got);
	if (s->waiter_rc == EOWNERDEAD && row->mend)
		s->mend_rc = row->mend(lock);
	if (s->waiter_rc == 0 || s->waiter_rc == EOWNERDEAD)
		s->give_rc = row->give(lock);
	return 0;
}

/* The letter that /proc has for the state of a process; 0 if it is gone. */
static char state_of(pid_t pid)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(f);
	return state;
}

static bool await_sleep(pid_t pid)
{
	int64_t end = bench_now_ns() + RESCUE_NS, asleep_since = 0;

	while (bench_now_ns() < end) {
		if (state_of(pid) != 'S')
			asleep_since = 0;
		else if (asleep_since == 0)
			asleep_since = bench_now_ns();
		else if (bench_now_ns() - asleep_since > SETTLE_NS)
			return true;
		bench_sleep_ns(200000);
	}
	return false;
}

static const char *judge(const bench_row_t *row, const scene_t *s, int64_t killed_ns)
{
	if (s->holder_rc)
		return strerror(s->holder_rc);
	if (!s->got)
		return "the waiter was left asleep";
	if (s->got_ns < killed_ns)
		return "the waiter had the lock before its holder died";
	if (s->waiter_rc != (row->mend ? EOWNERDEAD : 0))
		return s->waiter_rc ? strerror(s->waiter_rc) : "the waiter did not hear of the death";
	if (s->mend_rc || s->give_rc)
		return strerror(s->mend_rc ? s->mend_rc : s->give_rc);
	if (!s->holder_was_killed)
		return "the holder did not die by the signal";
	return NULL;
}

/* The waiter is asleep: kill, and see. */
static const char *strike(const bench_row_t *row, scene_t *s, pid_t mother, pid_t waiter, double *us)
{
	const char *failure = NULL;
	int64_t killed_ns;

	if (!await_sleep(waiter))
		failure = "the waiter did not go to sleep";
	killed_ns = bench_now_ns();
	kill(s->holder, SIGKILL);
	bench_await(&s->got, 1, RESCUE_NS);
	*us = (double)(s->got_ns - killed_ns) / 1000;
	bench_reap(waiter, RESCUE_NS);
	bench_reap(mother, RESCUE_NS);
	/* where nobody held it, nobody had to sleep: judge() knows why */
	return failure && !s->holder_rc ? failure : judge(row, s, killed_ns);
}

const char *bench_death(const bench_row_t *row, void *lock, const bench_death_case_t *how, double *us)
{
	scene_t *s = bench_shared(sizeof(*s));
	const char *failure = "the holder was not born";
	pid_t mother = bench_fork(), waiter;

	if (mother == 0)
		_exit(bear(row, lock, how, s));
	if (!bench_await(&s->born, 1, READY_NS)) {
		bench_reap(mother, 0);
	} else if (!bench_await(&s->holding, 1, READY_NS)) {
		failure = "the holder did not get the lock";
		kill(s->holder, SIGKILL);
		bench_reap(mother, RESCUE_NS);
	} else {
		waiter = bench_fork();
		if (waiter == 0)
			_exit(wait_for_it(row, lock, s));
		bench_await(&s->waiting, 1, READY_NS);
		failure = strike(row, s, mother, waiter, us);
	}
	munmap(s, sizeof(*s));
	return failure;
}

int bench_death_namespaces(void)
{
	pid_t pid = bench_fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWPID) == 0 ? 0 : errno);
	return bench_reap(pid, RESCUE_NS);
}
