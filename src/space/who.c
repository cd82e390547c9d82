/* SPDX-License-Identifier: BSD-2-Clause */
/** who.c: who a liveness slot's thread is, for people: written by the thread as it joins, read by info.c. Nothing is ever
 * decided by these numbers: pids repeat, and mean something else in another namespace.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/point.h"
#include "space/live.h"

uint64_t pawl__live_pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

/* Field 22 of /proc/self/stat: together with the pid it names a process for as long as the machine is up. */
static uint64_t process_started(void)
{
	char text[1024], *p;
	unsigned long long started = 0;
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	p = strrchr(text, ')'); /* the command may contain anything, brackets too */
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p && sscanf(p, "%llu", &started) == 1 ? started : 0;
}

/* The parts that cost a system call on a file are read once per process: `pid` tells a fork. */
static struct {
	int32_t pid;
	uint64_t pid_ns, started;
} process;
static pthread_mutex_t process_lock = PTHREAD_MUTEX_INITIALIZER;

/* Held over a fork: the child's copy would stay locked for ever if some other thread of the parent was just joining. */
void pawl__live_fork_begin(void)
{
	pthread_mutex_lock(&process_lock);
}

void pawl__live_fork_end(void)
{
	pthread_mutex_unlock(&process_lock);
}

static void read_process(struct pawl__who *who)
{
	pthread_mutex_lock(&process_lock);
	if (process.pid != who->pid) {
		process.pid_ns = pawl__live_pid_namespace();
		process.started = process_started();
		process.pid = who->pid;
	}
	who->pid_ns = process.pid_ns;
	who->started = process.started;
	pthread_mutex_unlock(&process_lock);
}

/* Every word of the record is stored and loaded by itself, relaxed: ck_sequence's fences order them, and its count tells
 * a reader whether what it put together was one state. */
void pawl__live_sign(struct pawl_space *space, uint32_t s)
{
	struct pawl__slot *slot = pawl__slot_at(space, s);
	struct pawl__who who = { .pid = getpid(), .tid = (int32_t)syscall(SYS_gettid) };
	uint64_t command[2] = { 0, 0 };

	read_process(&who);
	prctl(PR_GET_NAME, command);
	if (!slot) /* I7: a peer has counted it out again */
		return;
	if (slot->who_sequence.sequence & 1) /* the last one was killed while it wrote: only we write now */
		ck_sequence_write_end(&slot->who_sequence);
	ck_sequence_write_begin(&slot->who_sequence);
	PAWL__POINT("live/who-begun");
	PAWL_STORE(&slot->pid, who.pid, RELAXED);         /* relaxed: inside ck_sequence, as all of these */
	PAWL_STORE(&slot->tid, who.tid, RELAXED);         /* relaxed */
	PAWL_STORE(&slot->pid_ns, who.pid_ns, RELAXED);   /* relaxed */
	PAWL_STORE(&slot->started, who.started, RELAXED); /* relaxed */
	for (int i = 0; i < 2; i++)
		PAWL_STORE((uint64_t *)slot->command + i, command[i], RELAXED); /* relaxed */
	ck_sequence_write_end(&slot->who_sequence);
	PAWL_STORE(&slot->waiting_place, 0u, RELAXED); /* relaxed: for people */
}

bool pawl__live_who(const struct pawl_space *space, uint32_t s, struct pawl__who *who)
{
	struct pawl__slot *slot = pawl__slot_at(space, s);
	uint64_t command[2];

	for (int tries = 0; slot && tries < 100; tries++) { /* bounded: a writer may have been killed half-way */
		unsigned version = PAWL_LOAD(&slot->who_sequence.sequence, RELAXED); /* relaxed: ck's fence follows */

		if (version & 1)
			continue;
		ck_pr_fence_load();
		who->pid = PAWL_LOAD(&slot->pid, RELAXED);         /* relaxed: inside ck_sequence, as all of these */
		who->tid = PAWL_LOAD(&slot->tid, RELAXED);         /* relaxed */
		who->pid_ns = PAWL_LOAD(&slot->pid_ns, RELAXED);   /* relaxed */
		who->started = PAWL_LOAD(&slot->started, RELAXED); /* relaxed */
		for (int i = 0; i < 2; i++)
			command[i] = PAWL_LOAD((uint64_t *)slot->command + i, RELAXED); /* relaxed */
		if (ck_sequence_read_retry(&slot->who_sequence, version))
			continue;
		memcpy(who->command, command, sizeof(command));
		who->command[15] = '\0';
		return true;
	}
	return false;
}
