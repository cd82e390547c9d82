/* SPDX-License-Identifier: BSD-2-Clause */
/** worker.c: a process under torture: it attaches, its threads contend, and it carries out those faults that one can only do to
 * oneself. Signals arrive all the time, at whichever thread, with system calls that are restarted and such that are not.
 */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../lib/harness.h"

struct page *page;
struct worker *me;
struct mounts mounted;

extern uint32_t torture_starve __attribute__((weak)); /* starve.c, where it is preloaded */

static int page_fd;
static const char *self;
static uint64_t rng;
static pthread_t thread[THREADS];
static unsigned threads; /* beside the first */
static uint32_t gather;  /* those are to end */

/* ---- spaces ---- */

static const char *const space_name[2] = { "stays", "passing" };

int mount_all(void)
{
	pawl_space_options_t options = { .capacity = 256 };
	char name[16];
	int rc = 0;

	for (unsigned s = 0; s < 2 && rc == 0; s++)
		if (!mounted.space[s])
			rc = pawl_space_open(&mounted.space[s], space_name[s], &options);
	for (unsigned i = 0; i < LOCKS && rc == 0; i++) {
		if (kind_of(i) == ROBUST || mounted.lock[i])
			continue;
		snprintf(name, sizeof(name), "lock-%u", i);
		rc = pawl_lock_open(mounted.space[kind_of(i) == PASSING], name, 0, &mounted.lock[i]);
	}
	return rc;
}

void unmount_all(void)
{
	int rc;

	for (unsigned i = 0; i < LOCKS; i++) {
		if (mounted.lock[i])
			pawl_lock_close(mounted.lock[i]);
		mounted.lock[i] = NULL;
	}
	for (unsigned s = 0; s < 2; s++) {
		rc = mounted.space[s] ? pawl_space_close(mounted.space[s]) : 0;
		if (rc != 0)
			trouble(&page->errors, "pawl_space_close", rc);
		mounted.space[s] = NULL;
	}
}

/* For as long as something is denied. */
static void mount_somehow(void)
{
	int rc;

	while ((rc = mount_all()) != 0) {
		if (!is_want(rc) ||
			!(__atomic_load_n(&me->lean, __ATOMIC_RELAXED) || __atomic_load_n(&page->full, __ATOMIC_RELAXED)))
			trouble(&page->errors, "attach", rc);
		nap_us(2000);
	}
}

/* ---- signals ---- */

static void interrupt(int sig)
{
	int before = errno;

	(void)sig;
	__atomic_fetch_add(&page->signals, 1, __ATOMIC_RELAXED);
	if (kill(page->driver, 0) != 0 && errno == ESRCH)
		_exit(3); /* nobody looks after us any more */
	errno = before;
}

static void be_interrupted(void)
{
	struct sigaction action = { .sa_handler = interrupt, .sa_flags = random_next(&rng) % 2 ? SA_RESTART : 0 };
	long us = 1000 + (long)(random_next(&rng) % 9000);
	struct itimerval every = { { 0, us }, { 0, us } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

/* ---- faults that one does to oneself ---- */

static void die_soon(unsigned more)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	struct itimerspec when = { .it_value.tv_nsec = (long)(1 + more % 300) * 1000 };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &when, NULL))
		raise(SIGKILL);
}

static _Noreturn void go_on(struct hand *h);
static void start_threads(void);

/* In the child: nothing that the parent holds is ours. It has taken the worker's place before the parent leaves, and begins when
 * that one is gone. */
static void be_child(struct hand *h, unsigned held, pid_t parent)
{
	int rc = held == LOCKS             ? EPERM
		 : kind_of(held) == ROBUST ? pawl_robust_unlock(mounted.space[0], &page->robust[held])
					   : pawl_lock_release(mounted.lock[held]);

	if (rc != EPERM)
		trouble(&page->errors, "the child of a fork released what its parent holds", rc);
	if (!__atomic_compare_exchange_n(&me->pid, &parent, getpid(), false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		_exit(0); /* the driver has another one already */
	while (getppid() == parent)
		nap_us(100);
	rng ^= (uint64_t)getpid() << 20;
	threads = gather = 0;
	be_born(h);
	be_interrupted(); /* timers are not inherited */
	mount_somehow();
	start_threads();
}

static void leave_somehow(unsigned more)
{
	for (int i = 0; i < 1000 && __atomic_load_n(&me->pid, __ATOMIC_ACQUIRE) == getpid(); i++)
		nap_us(1000);
	if (more % 3 == 0)
		_exit(0);
	if (more % 3 == 1)
		exit(0);
	raise(SIGKILL);
}

/* Returns in the parent only if there is no child to be had. */
static bool be_forked(struct hand *h, unsigned held)
{
	pid_t parent = getpid(), child = fork();

	if (child == 0) {
		be_child(h, held, parent);
		go_on(h);
	}
	__atomic_fetch_add(&page->forks, 1, __ATOMIC_RELAXED);
	return child > 0;
}

static uint32_t forked;

static void fork_inside(struct hand *h)
{
	forked = be_forked(h, h->lock);
}

static void replace(struct hand *h)
{
	char fd[12], index[12];
	(void)h;
	snprintf(fd, sizeof(fd), "%d", page_fd);
	snprintf(index, sizeof(index), "%d", (int)(me - page->workers));
	execl(self, self, "--worker", fd, index, (char *)NULL);
	trouble(&page->errors, "exec", errno);
}

/* ---- threads ---- */

static void *contend(void *arg)
{
	struct hand *h = arg;
	uint64_t own = rng ^ (uint64_t)(uintptr_t)h * UINT64_C(0x9e3779b97f4a7c15);

	be_born(h);
	while (!__atomic_load_n(&gather, __ATOMIC_ACQUIRE)) {
		if (__atomic_load_n(&page->rest, __ATOMIC_ACQUIRE))
			nap_us(500);
		else
			operate(h, &own, NULL);
	}
	return NULL;
}

/* Their stacks are small: what the library needs of one shows here. */
static void start_threads(void)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, SMALL_STACK);
	while (threads + 1 < THREADS) {
		int rc = pthread_create(&thread[threads], &attr, contend, &me->hands[threads + 1]);

		if (rc != 0) {
			if (!is_want(rc))
				trouble(&page->errors, "pthread_create", rc);
			break;
		}
		threads++;
	}
	pthread_attr_destroy(&attr);
}

static void end_threads(void)
{
	__atomic_store_n(&gather, 1, __ATOMIC_RELEASE);
	while (threads > 0)
		pthread_join(thread[--threads], NULL);
	for (unsigned i = 1; i < THREADS; i++)
		__atomic_store_n(&me->hands[i].life, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&gather, 0, __ATOMIC_RELEASE);
}

static void remount(void)
{
	end_threads();
	unmount_all();
	mount_somehow();
	start_threads();
	__atomic_fetch_add(&page->remounts, 1, __ATOMIC_RELAXED);
}

/* ---- want ---- */

/* A space of its own for it: names that are held cannot be taken away from. */
static void fill(void)
{
	pawl_space_options_t options = { .capacity = 64 };
	pawl_space_t *space = NULL;
	pawl_lock_t *held[100];
	unsigned n = 0;
	char name[20];
	int rc = pawl_space_open(&space, "filled", &options);

	if (rc != 0 && !is_want(rc))
		trouble(&page->errors, "attach, to fill it", rc);
	for (unsigned i = 0; rc == 0 && i < 100; i++) {
		snprintf(name, sizeof(name), "name-%u", i);
		rc = pawl_lock_open(space, name, 0, &held[n]);
		if (rc == ENOSPC) {
			__atomic_fetch_add(&page->filled, 1, __ATOMIC_RELAXED);
			break;
		}
		if (rc != 0 && !is_want(rc))
			trouble(&page->errors, "a name, to fill it", rc);
		if (rc != 0)
			break;
		rc = pawl_lock_acquire(held[n], PAWL_TRY, NULL);
		if (rc == EOWNERDEAD)
			pawl_lock_consistent(held[n]);
		if (pawl_acquired(rc))
			n++;
		else
			pawl_lock_close(held[n]);
		rc = 0;
	}
	while (n-- > 0) {
		pawl_lock_release(held[n]);
		pawl_lock_close(held[n]);
	}
	if (space)
		pawl_space_close(space);
}

/* What makes things, where things cannot be made: each call does it or says why not, and nothing else happens. */
static void try_everything(struct hand *h)
{
	pawl_space_t *space = NULL;
	pawl_lock_t *lock;
	char name[24];
	int rc;

	for (unsigned i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "want-%u", (unsigned)(random_next(&rng) % 64));
		rc = pawl_lock_open(mounted.space[0], name, 0, &lock);
		if (rc == 0)
			pawl_lock_close(lock);
		else if (is_want(rc))
			__atomic_fetch_add(&page->lean_errors, 1, __ATOMIC_RELAXED);
		else
			trouble(&page->errors, "a name, in want", rc);
		operate(h, &rng, NULL);
	}
	rc = pawl_space_open(&space, "want", NULL);
	if (rc == 0)
		pawl_space_close(space);
	else if (is_want(rc))
		__atomic_fetch_add(&page->lean_errors, 1, __ATOMIC_RELAXED);
	else
		trouble(&page->errors, "attach, in want", rc);
}

static rlim_t memory_now(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%lu", &pages) != 1)
		pages = 1u << 20;
	if (f)
		fclose(f);
	return (rlim_t)pages * 4096;
}

static void deny(int resource, rlim_t most, struct hand *h)
{
	struct rlimit before, now;

	getrlimit(resource, &before);
	now = (struct rlimit){ most, before.rlim_max };
	setrlimit(resource, &now);
	try_everything(h);
	setrlimit(resource, &before);
}

static void be_in_want(struct hand *h, fault_t fault, unsigned more)
{
	__atomic_store_n(&me->lean, 1, __ATOMIC_RELEASE);
	if (fault == NO_FILES) {
		deny(RLIMIT_NOFILE, 3, h);
	} else if (more % 2 && &torture_starve) {
		__atomic_store_n(&torture_starve, 1, __ATOMIC_RELAXED);
		try_everything(h);
		__atomic_store_n(&torture_starve, 0, __ATOMIC_RELAXED);
	} else {
		deny(RLIMIT_AS, memory_now(), h);
	}
	nap_us(1000); /* what others of us began meanwhile has come to its end, mostly; the rest has, when this is asked of us again */
	__atomic_store_n(&me->lean, 0, __ATOMIC_RELEASE);
}

/* ---- its life ---- */

static void suffer(struct hand *h, fault_t fault, unsigned more)
{
	__atomic_store_n(&h->phase, FAULTY, __ATOMIC_RELEASE);
	switch (fault) {
	case KILL_BUSY:
		die_soon(more);
		break;
	case FORK:
		if (be_forked(h, LOCKS))
			leave_somehow(more);
		break;
	case FORK_INSIDE:
		forked = 0;
		operate(h, &rng, fork_inside);
		if (forked)
			leave_somehow(more);
		break;
	case EXEC:
		if (more % 2)
			operate(h, &rng, replace);
		else
			replace(h);
		break;
	case REMOUNT:
		remount();
		break;
	case FILL:
		fill();
		break;
	case NO_FILES:
	case NO_MEMORY:
		be_in_want(h, fault, more);
		break;
	default:
		break; /* the driver's */
	}
	__atomic_store_n(&h->phase, IDLE, __ATOMIC_RELEASE);
}

static void end(void)
{
	end_threads();
	unmount_all();
	exit(0);
}

static _Noreturn void go_on(struct hand *h)
{
	for (;;) {
		uint32_t rest = __atomic_load_n(&page->rest, __ATOMIC_ACQUIRE);
		uint32_t fault = __atomic_load_n(&me->fault, __ATOMIC_ACQUIRE);

		if (rest == 2)
			end();
		if (rest) {
			nap_us(500);
		} else if (fault) {
			__atomic_store_n(&me->fault, 0, __ATOMIC_RELEASE);
			suffer(h, (fault_t)(fault - 1), me->more);
		} else {
			operate(h, &rng, NULL);
		}
	}
}

void worker_live(struct page *the_page, unsigned index, int fd, const char *program)
{
	page = the_page;
	me = &page->workers[index];
	page_fd = fd;
	self = program;
	rng = (uint64_t)getpid() * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)now_ns();
	be_born(&me->hands[0]);
	be_interrupted();
	mount_somehow();
	start_threads();
	go_on(&me->hands[0]);
}
