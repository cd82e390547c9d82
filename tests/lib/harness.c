/* SPDX-License-Identifier: BSD-2-Clause */
/** harness.c: clock, watchdog, seed, shared memory, directory, children, words and gates (harness.h). */
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

void nap_us(long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static char hung[16]; /* our pid */

/* Where its threads are, and what its segments are like. _Fork: what hooks there are may be what hangs. */
static void describe(void)
{
	pid_t child;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	child = _Fork();
	if (child == 0) {
		dup2(1, 2);
		execl("tests/lib/autopsy.sh", "tests/lib/autopsy.sh", hung, (char *)NULL);
		_exit(1);
	}
	for (int i = 0; child > 0 && i < 600 && waitpid(child, NULL, WNOHANG) == 0; i++)
		nap_us(100000);
}

static void bark(int sig)
{
	static const char text[] = "not ok 999999 - watchdog: hung\n";
	ssize_t ignored = write(1, text, sizeof(text) - 1);

	(void)sig;
	(void)ignored;
	describe();
	_exit(124);
}

void watchdog(unsigned seconds)
{
	snprintf(hung, sizeof(hung), "%d", (int)getpid());
	signal(SIGALRM, bark);
	alarm(seconds);
}

long env_long(const char *name, long otherwise)
{
	const char *text = getenv(name);
	char *end;
	long value = text ? strtol(text, &end, 10) : 0;

	return text && end != text && !*end ? value : otherwise;
}

uint64_t seed_of_run(void)
{
	uint64_t seed = (uint64_t)env_long("SEED", 0);

	if (!seed)
		seed = (uint64_t)now_ns() % 1000000000 + 1;
	tap_note("SEED=%llu", (unsigned long long)seed);
	return seed;
}

uint64_t random_next(uint64_t *state) /* a counter through a mixer: every seed is as good as any other */
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 31) * UINT64_C(0x7fb5d329728ea185);
	x = (x ^ x >> 27) * UINT64_C(0x81dadef4bc2dd44d);
	return x ^ x >> 33;
}

static void be_traced(void *arg)
{
	(void)arg;
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		_exit(1);
	raise(SIGSTOP);
}

bool may_trace(void)
{
	pid_t pid = spawn(be_traced, NULL);
	int status = 0;
	bool stopped = waitpid(pid, &status, 0) == pid && WIFSTOPPED(status);
	bool stepped = stopped && !ptrace(PTRACE_SINGLESTEP, pid, 0, 0) && waitpid(pid, &status, 0) == pid &&
		       WIFSTOPPED(status);

	if (stopped)
		kill_child(pid);
	return stepped;
}

void *shared_alloc(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

static char dir_path[PATH_MAX];
static pid_t dir_owner;

static unsigned dir_each(bool remove)
{
	DIR *dir = opendir(dir_path);
	struct dirent *entry;
	unsigned n = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' && entry->d_type == DT_DIR)
			continue;
		n += !strstr(entry->d_name, "+floor");
		if (remove)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
	return n;
}

static void dir_remove(void)
{
	if (getpid() != dir_owner)
		return;
	dir_each(true);
	rmdir(dir_path);
}

const char *private_dir(void)
{
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");

	snprintf(dir_path, sizeof(dir_path), "%s/pawl-test.XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(dir_path)) {
		perror(dir_path);
		exit(1);
	}
	dir_owner = getpid();
	setenv("PAWL_DIR", dir_path, 1);
	atexit(dir_remove);
	return dir_path;
}

unsigned private_dir_files(void)
{
	return dir_each(false);
}

pid_t spawn(void (*body)(void *arg), void *arg)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0) {
		perror("fork");
		exit(1);
	}
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before the line above */
		_exit(1);
	body(arg);
	_exit(0);
}

int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
		;
	return status;
}

void kill_child(pid_t pid)
{
	kill(pid, SIGKILL);
	reap(pid);
}

bool word_wait(const uint32_t *word, uint32_t seen, int64_t timeout_ns)
{
	int64_t until = timeout_ns == INT64_MAX ? INT64_MAX : now_ns() + timeout_ns;

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == seen) {
		int64_t left = until - (until == INT64_MAX ? 0 : now_ns());
		struct timespec t = { left / NS_PER_S, left % NS_PER_S };

		if (left <= 0)
			return false;
		syscall(SYS_futex, word, FUTEX_WAIT, seen, until == INT64_MAX ? NULL : &t, NULL, 0);
	}
	return true;
}

void word_bump(uint32_t *word)
{
	__atomic_fetch_add(word, 1, __ATOMIC_ACQ_REL);
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void gate_wait(struct gate *gate)
{
	word_bump(&gate->arrived);
	word_wait(&gate->open, 0, INT64_MAX);
}

bool gate_open(struct gate *gate, unsigned expected, int64_t timeout_ns)
{
	int64_t until = now_ns() + timeout_ns;
	uint32_t n;

	while ((n = __atomic_load_n(&gate->arrived, __ATOMIC_ACQUIRE)) < expected)
		if (!word_wait(&gate->arrived, n, until - now_ns()))
			return false;
	word_bump(&gate->open);
	return true;
}
