/* SPDX-License-Identifier: BSD-2-Clause */
/** worker.c: forking, waiting by futex, reaping with a limit (worker.h). */
#include "worker.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/annotate.h>

#include "now.h"

void *bench_shared(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED) {
		perror("pawl-bench: shared memory");
		exit(EXIT_FAILURE);
	}
	return mem;
}

pid_t bench_fork(void)
{
	pid_t parent = getpid(), pid;

	fflush(NULL); /* or the child would print our lines once more */
	pid = fork();
	if (pid < 0) {
		perror("pawl-bench: fork");
		exit(EXIT_FAILURE);
	}
	/* in a PID namespace of its own a child sees no parent: 0 */
	if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || (getppid() != parent && getppid() != 0)))
		_exit(EXIT_FAILURE);
	return pid;
}

bool bench_await(uint32_t *word, uint32_t least, int64_t within_ns)
{
	int64_t end = bench_now_ns() + within_ns;

	for (;;) {
		/* WK1 acquire: pairs with WK1 (signal): what was written before the signal is visible */
		uint32_t seen = PAWL_LOAD(word, ACQUIRE);
		int64_t left = end - bench_now_ns();
		struct timespec t = { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };

		if (seen >= least)
			return true;
		if (left <= 0)
			return false;
		syscall(SYS_futex, word, FUTEX_WAIT, seen, &t, NULL, 0);
	}
}

void bench_signal(uint32_t *word)
{
	/* WK1 release: pairs with WK1 (await) */
	PAWL_FETCH_ADD(word, 1u, RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

int bench_reap(pid_t pid, int64_t within_ns)
{
	int64_t end = bench_now_ns() + within_ns;
	int status;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 && bench_now_ns() < end)
		bench_sleep_ns(200000);
	if (got == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return -1;
	}
	return got == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
