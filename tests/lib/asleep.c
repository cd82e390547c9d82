/* SPDX-License-Identifier: BSD-2-Clause */
/** asleep.c: does a thread sleep in a futex call? Asked of /proc, since a sleeper cannot say it itself (harness.h). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif

static bool read_task(pid_t pid, pid_t tid, const char *file, char *text, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid, (int)tid, file);
	text[0] = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, size - 1);
	close(fd);
	if (n < 0)
		return false;
	text[n] = 0;
	text[strcspn(text, "\n")] = 0;
	return true;
}

static char state_of(pid_t pid, pid_t tid)
{
	char text[512], *end;

	if (!read_task(pid, tid, "stat", text, sizeof(text)))
		return 0;
	end = strrchr(text, ')'); /* the command may contain anything, spaces and brackets too */
	return end && end[1] == ' ' ? end[2] : 0;
}

bool asleep_in_futex(pid_t pid, pid_t tid)
{
	char text[256], *end;
	long call;

	if (state_of(pid, tid) != 'S')
		return false;
	if (!read_task(pid, tid, "syscall", text, sizeof(text)))
		return true; /* not ours to read here: that it sleeps has to do */
	call = strtol(text, &end, 10);
	return end != text && (call == SYS_futex || call == SYS_futex_waitv);
}

bool wait_asleep(pid_t pid, pid_t tid, int64_t timeout_ns)
{
	int64_t until = now_ns() + timeout_ns;
	long nap = 20;

	while (!asleep_in_futex(pid, tid)) {
		if (now_ns() > until)
			return false;
		nap_us(nap);
		nap = nap < 500 ? nap * 2 : nap;
	}
	return true;
}

const char *where_is(pid_t pid, pid_t tid)
{
	static char text[400];
	char wchan[64], call[200];

	read_task(pid, tid, "wchan", wchan, sizeof(wchan));
	read_task(pid, tid, "syscall", call, sizeof(call));
	snprintf(text, sizeof(text), "state %c, wchan %s, syscall %s", state_of(pid, tid) ? state_of(pid, tid) : '-',
		wchan, call);
	return text;
}
