/* SPDX-License-Identifier: BSD-2-Clause */
/** kids.c: children, shared memory and a private directory for tests (kids.h). */
#include "kids.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pawl/annotate.h>

int64_t kids_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void kids_nap_us(long us)
{
	struct timespec span = { us / 1000000, us % 1000000 * 1000 };

	while (nanosleep(&span, &span) && errno == EINTR)
		;
}

static bool too_late(int64_t since)
{
	return kids_now_ns() - since > (int64_t)KIDS_PATIENCE_MS * 1000000;
}

void *kids_map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("kids_map");
		exit(99);
	}
	return memory;
}

void kids_unmap(void *memory, size_t size)
{
	munmap(memory, size);
}

/* cmocka catches these and goes on with the next test: in a child that would be a second run of all that is left. */
static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGABRT };

pid_t kids_fork(int (*body)(void *arg), void *arg)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(99);
	}
	if (pid > 0)
		return pid;
	for (unsigned i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		signal(fatal[i], SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent && getppid() != 0) /* 0: the parent is in another PID namespace */
		_exit(98);
	alarm(2 * KIDS_PATIENCE_MS / 1000);
	_exit(body(arg));
}

static int how_it_ended(int status)
{
	return WIFSIGNALED(status) ? KIDS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

int kids_join(pid_t pid)
{
	int64_t since = kids_now_ns();
	int status;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
		if (too_late(since)) {
			kids_kill(pid);
			return KIDS_HUNG;
		}
		kids_nap_us(100);
	}
	return got == pid ? how_it_ended(status) : -errno;
}

void kids_kill(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

/* The number of the system call the thread is in, -1 if it runs or is gone. Needs no more rights than ptrace would. */
static long call_of(pid_t tid)
{
	char path[64], text[32] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0 || text[0] < '0' || text[0] > '9')
		return -1;
	return strtol(text, NULL, 10);
}

bool kids_asleep(pid_t tid)
{
	int64_t since = kids_now_ns();

	while (!too_late(since)) {
		long call = call_of(tid);

		if (call == SYS_futex || call == 449 /* futex_waitv, on every architecture that has it */)
			return true;
		kids_nap_us(50);
	}
	return false;
}

bool kids_until(uint32_t *word, uint32_t value)
{
	int64_t since = kids_now_ns();

	while (PAWL_LOAD(word, ACQUIRE) < value) {
		if (too_late(since))
			return false;
		kids_nap_us(50);
	}
	return true;
}

uint64_t kids_random(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15); /* a Weyl sequence, then two rounds of mixing */

	x = (x ^ (x >> 31)) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ (x >> 29)) * UINT64_C(0xa0761d6478bd642f);
	return x ^ (x >> 32);
}

uint64_t kids_seed(void)
{
	static uint64_t seed;
	const char *given = getenv("SEED");

	if (!seed) {
		seed = given ? strtoull(given, NULL, 0) : (uint64_t)kids_now_ns() ^ (uint64_t)getpid() << 40;
		seed = seed ? seed : 1;
		printf("# SEED=%llu\n", (unsigned long long)seed);
	}
	return seed;
}

/* ---- the private directory ---- */

static char dir[128];

const char *kids_dir_make(void)
{
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%s/pawl-test.XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(dir)) {
		perror(dir);
		exit(99);
	}
	setenv("PAWL_DIR", dir, 1);
	return dir;
}

static int each_file(bool remove_them)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
			n += strstr(e->d_name, "+floor") == NULL; /* what counters may not fall below: stays, by design */
			if (remove_them && unlinkat(dirfd(d), e->d_name, 0))
				unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
		}
	if (d)
		closedir(d);
	return n;
}

int kids_dir_files(void)
{
	return each_file(false);
}

void kids_dir_clear(void)
{
	each_file(true);
}

void kids_dir_remove(void)
{
	kids_dir_clear();
	if (rmdir(dir))
		perror(dir);
}
