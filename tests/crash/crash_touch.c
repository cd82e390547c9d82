/* SPDX-License-Identifier: BSD-2-Clause */
/** crash_touch.c: a release does not touch the lock after the instruction that frees it, because the next owner may have freed
 * the memory by then.
 *
 * A child is led through the release step by step. The moment the lock is free its memory is taken away (the file behind it
 * is cut), and the child runs on: a touch is a SIGBUS. What threads do by chance, in test_mutex_storm.c, finds a touch that
 * lies behind a system call; this finds the one that is the next instruction. Stepping makes a sequence of restart.h start
 * anew each time, so the other way is walked here.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/chan.h>
#include <pawl/mutex.h>
#include <pawl/spin.h>

#include "../lib/harness.h"
#include "../lib/tap.h"

enum { WATCHDOG_S = 120, SIZE = 4096 };

static union locks {
	pawl_mutex_t mutex;
	pawl_tokens_t tokens;
	pawl_spin_t spin;
	uint32_t word; /* the first field of each */
} * lock;

struct release {
	const char *name;
	int (*take)(void); /* prepares the lock, too */
	int (*give)(void);
	uint32_t when_held; /* what is noted in the word while it is held: others wait */
	uint32_t held;      /* the bits that are not 0 while it is */
	bool hungry;
};

static int take_mutex(void)
{
	return pawl_mutex_init(&lock->mutex, 0) || pawl_mutex_lock(&lock->mutex);
}

static int take_recursive(void)
{
	return pawl_mutex_init(&lock->mutex, PAWL_RECURSIVE) || pawl_mutex_lock(&lock->mutex);
}

static int give_mutex(void)
{
	return pawl_mutex_unlock(&lock->mutex);
}

static int take_token(void)
{
	return pawl_tokens_init(&lock->tokens, 1, 9) || pawl_tokens_take(&lock->tokens, PAWL_TRY);
}

static int give_token(void)
{
	return pawl_tokens_put(&lock->tokens);
}

static int take_spin(void)
{
	return pawl_spin_trylock(&lock->spin);
}

static int give_spin(void)
{
	pawl_spin_unlock(&lock->spin);
	return 0;
}

static const struct release releases[] = {
	{ "mutex", take_mutex, give_mutex, 0, PAWL_MUTEX_ID_, false },
	{ "mutex, one waits", take_mutex, give_mutex, 0x80000000, PAWL_MUTEX_ID_, false },
	{ "mutex, one has waited long", take_mutex, give_mutex, 0x80000000, PAWL_MUTEX_ID_, true },
	{ "recursive mutex", take_recursive, give_mutex, 0, PAWL_MUTEX_ID_, false },
	{ "recursive mutex, one waits", take_recursive, give_mutex, 0x80000000, PAWL_MUTEX_ID_, false },
	{ "token", take_token, give_token, 0, 0, false },
	{ "token, one waits", take_token, give_token, 0x10000, 0, false },
	{ "token, one has waited long", take_token, give_token, 0x10000, 0, true },
	{ "spinlock", take_spin, give_spin, 0, 1, false },
};

static void victim(void *release)
{
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	_exit(((const struct release *)release)->give());
}

static bool is_free(const struct release *r)
{
	uint32_t word = PAWL_LOAD(&lock->word, RELAXED);

	return r->held ? (word & r->held) == 0 : (word & PAWL_TOKENS_FREE_) != 0;
}

/* Returns the child's status when it has ended, or when it stands at a signal that is not a step's. */
static int step_until_free(pid_t pid, const struct release *r, unsigned *steps)
{
	int status = 0;

	for (*steps = 0; !is_free(r); ++*steps) {
		if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0) || waitpid(pid, &status, 0) != pid)
			return -1;
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
			return status;
	}
	return status;
}

/* The lock held, on a page of its own. Returns the file, or -1. */
static int prepare(const struct release *r)
{
	int file = memfd_create("lock", 0);

	if (file < 0 || ftruncate(file, SIZE))
		return -1;
	lock = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (lock == MAP_FAILED || r->take())
		return -1;
	lock->word |= r->when_held;
	if (r->held == PAWL_MUTEX_ID_)
		lock->mutex.hungry = r->hungry;
	else if (!r->held)
		lock->tokens.hungry = r->hungry;
	return file;
}

/* From the step that has freed it to the end, without the memory. Returns its status. */
static int run_on(pid_t pid, int file)
{
	int status = -1;

	if (ftruncate(file, 0) || ptrace(PTRACE_CONT, pid, 0, 0) || waitpid(pid, &status, 0) != pid)
		return -1;
	if (WIFSTOPPED(status))
		kill_child(pid);
	return status;
}

static void walk(const struct release *r)
{
	int file = prepare(r), status = -1;
	unsigned steps = 0;
	pid_t pid;

	if (file < 0) {
		tap_ok(false, "%s: there is no lock to walk through", r->name);
		return;
	}
	pid = spawn(victim, (void *)(uintptr_t)r);
	if (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		status = step_until_free(pid, r, &steps);
	if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP)
		status = run_on(pid, file);
	if (WIFSTOPPED(status))
		tap_note("%s behind the step that freed it", strsignal(WSTOPSIG(status)));
	tap_ok(status == 0 && steps > 5, "%s: freed in step %u, and not touched behind it", r->name, steps);
	munmap(lock, SIZE);
	close(file);
}

int main(void)
{
	watchdog(WATCHDOG_S);
	for (unsigned i = 0; i < sizeof(releases) / sizeof(releases[0]); i++)
		if (may_trace())
			walk(&releases[i]);
		else
			tap_skip("ptrace is not allowed", "%s", releases[i].name);
	return tap_done();
}
