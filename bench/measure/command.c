/* SPDX-License-Identifier: BSD-2-Clause */
/** command.c: starting another program and reading its answer (command.h). */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "now.h"
#include "worker.h"

/* Where `name` is if it lies beside us. */
static int beside_us(const char *name, char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (n < 0)
		return errno;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash || strlen(name) >= (size_t)(path + PATH_MAX - slash - 1))
		return ENAMETOOLONG;
	strcpy(slash + 1, name);
	return access(path, X_OK) == 0 ? 0 : errno;
}

/* In the child. */
static void become(const char *path, const char *const words[BENCH_WORDS_MOST], int to)
{
	char *args[BENCH_WORDS_MOST];

	memcpy(args, words, sizeof(args)); /* execv would not change them, but its type does not say so */
	if (dup2(to, STDOUT_FILENO) >= 0)
		execv(path, args);
	_exit(127);
}

/* Until the other end is closed. False: not in time, or no room. */
static int read_all(int fd, int64_t end, char *out, size_t size)
{
	size_t n = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = end - bench_now_ns();
		ssize_t got;

		if (left <= 0 || n + 1 == size)
			return ETIMEDOUT;
		if (poll(&p, 1, (int)(left / 1000000) + 1) <= 0)
			continue;
		got = read(fd, out + n, size - 1 - n);
		if (got < 0 && errno != EINTR)
			return errno;
		n += got > 0 ? (size_t)got : 0;
		out[n] = '\0';
		if (got == 0)
			return 0;
	}
}

int bench_command(const char *const words[BENCH_WORDS_MOST], int64_t within_ns, char *out, size_t size)
{
	int64_t end = bench_now_ns() + within_ns;
	char path[PATH_MAX];
	int fd[2], rc = beside_us(words[0], path), status;
	pid_t pid;

	if (!rc && pipe2(fd, O_CLOEXEC) != 0)
		rc = errno;
	if (rc)
		return rc;
	pid = bench_fork();
	if (pid == 0)
		become(path, words, fd[1]);
	close(fd[1]);
	rc = read_all(fd[0], end, out, size);
	close(fd[0]);
	status = bench_reap(pid, rc ? 0 : 1000000000);
	return rc ? rc : status == 0 ? 0 : EPROTO;
}

int bench_command_find(const char *name)
{
	char path[PATH_MAX];

	return beside_us(name, path);
}
