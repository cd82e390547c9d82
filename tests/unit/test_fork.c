/* SPDX-License-Identifier: BSD-2-Clause */
/** test_fork.c: processes and threads that come and go: fork (while holding, by a thread among many, in a storm, with the
 * parent gone first, without a descriptor to spare), exec, spaces without a name, closing and opening again, and more
 * threads than the space has prepared for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/kids_acts.h"

static int count_space(const char *name, const char *path, void *arg)
{
	(void)name;
	(void)path;
	++*(int *)arg;
	return 0;
}

static int spaces(void)
{
	int n = 0;

	pawl_space_scan(count_space, &n);
	return n;
}

static int setup(void **state)
{
	(void)state;
	return acts_begin();
}

static int teardown(void **state)
{
	(void)state;
	return acts_finish();
}

static int take(long i)
{
	uint64_t token;

	return acts_take(i, PAWL_FOREVER, &token);
}

/* ---- fork ---- */

/* The child has its parent's handles and uses them as its own; the parent keeps what it held. */
static void handles_work_in_the_child(void **state)
{
	puppet_t *child;

	(void)state;
	assert_int_equal(take(NAMED), 0);
	assert_int_equal(take(0), 0);
	child = puppet_new(NULL, 0);
	for (long i = 0; i <= NAMED; i += NAMED) {
		assert_int_equal(puppet_do(child, act_unlock, i), EPERM);
		assert_int_equal(puppet_do(child, act_try, i), EBUSY);
		assert_int_equal(puppet_do(child, act_try, i + 1), 0);
		assert_int_equal(puppet_do(child, act_try, i + 1), EDEADLK);
		assert_int_equal(puppet_do(child, act_unlock, i + 1), 0);
		puppet_ask(child, act_lock, i);
		assert_true(puppet_asleep(child));
		assert_int_equal(act_unlock(i), 0);
		assert_int_equal(puppet_answer(child), 0);
		assert_int_equal(act_unlock(i), EPERM);
		assert_int_equal(puppet_do(child, act_unlock, i), 0);
	}
	puppet_end(child);
}

/* Tokens of parent and child come from one counter. */
static void one_counter(void **state)
{
	puppet_t *child = puppet_new(NULL, 0), *grandchild;
	uint64_t last = 0, token;

	(void)state;
	grandchild = puppet_new(NULL, 0);
	for (int n = 0; n < 100; n++) {
		puppet_t *p = n & 1 ? child : grandchild;

		assert_int_equal(acts_take(NAMED, PAWL_FOREVER, &token), 0);
		assert_int_equal(token, last ? last + 1 : token);
		assert_int_equal(act_unlock(NAMED), 0);
		assert_int_equal(puppet_do(p, act_try, NAMED), 0);
		assert_int_equal(p->extra, token + 1);
		assert_int_equal(puppet_do(p, act_unlock, NAMED), 0);
		last = p->extra;
	}
	puppet_end(child);
	puppet_end(grandchild);
}

static int close_space(long unused)
{
	(void)unused;
	return pawl_space_close(acts_space);
}

/* What a child closes stays open in its parent, and the other way round. */
static void closes_are_independent(void **state)
{
	puppet_t *child = puppet_new(NULL, 0), *second = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_do(child, act_lock, 0), 0);
	assert_int_equal(puppet_do(child, close_space, 0), EBUSY); /* it holds something */
	assert_int_equal(puppet_do(child, act_unlock, 0), 0);
	assert_int_equal(puppet_do(child, close_space, 0), 0);
	puppet_end(child);
	assert_int_equal(spaces(), 1);
	assert_int_equal(take(0), 0);
	assert_int_equal(act_unlock(0), 0);
	assert_int_equal(puppet_do(second, act_lock, 0), 0);
	assert_int_equal(puppet_do(second, act_unlock, 0), 0);
	puppet_end(second);
}

/* A daemon: the parent opens the space, forks and exits at once; the child goes on, and it alone removes the file. */
static struct daemon {
	uint32_t stage; /* 1: the parent may go; 2: the child has looked; 3: end; 4: it has closed */
	int rc;
} * daemon_page;

static int run_daemon(void)
{
	pawl_space_t *space = acts_space;
	pawl_lock_t *lock;

	if (prctl(PR_SET_PDEATHSIG, 0) || !kids_until(&daemon_page->stage, 1))
		return 1;
	kids_nap_us(20000); /* the parent is gone */
	if (spaces() != 1)
		return 2;
	if (pawl_lock_open(space, "daemon", 0, &lock) || pawl_lock_acquire(lock, PAWL_FOREVER, NULL))
		return 3;
	PAWL_STORE(&daemon_page->stage, 2u, RELEASE);
	if (!kids_until(&daemon_page->stage, 3))
		return 4;
	return pawl_lock_release(lock) || pawl_space_close(space) ? 5 : 0;
}

static int daemon_parent(void *clean)
{
	pid_t pid;

	if (pawl_space_open(&acts_space, "daemon", NULL))
		return 1;
	pid = fork();
	if (pid < 0)
		return 2;
	if (pid == 0) {
		daemon_page->rc = run_daemon();
		PAWL_STORE(&daemon_page->stage, 4u, RELEASE);
		_exit(0);
	}
	PAWL_STORE(&daemon_page->stage, 1u, RELEASE);
	if (clean)
		exit(0);
	return 0;
}

static void check_daemon(bool clean)
{
	pawl_lock_info_t info;
	pawl_space_t *space;

	daemon_page = kids_map(sizeof(*daemon_page));
	daemon_page->rc = -1;
	assert_int_equal(kids_join(kids_fork(daemon_parent, clean ? daemon_page : NULL)), 0);
	assert_true(kids_until(&daemon_page->stage, 2));
	assert_int_equal(pawl_space_open(&space, "daemon", NULL), 0);
	assert_int_equal(pawl_lock_peek(space, "daemon", &info), 0);
	assert_int_equal(info.state, PAWL_STATE_HELD);
	assert_int_equal(pawl_space_close(space), 0);
	PAWL_STORE(&daemon_page->stage, 3u, RELEASE);
	assert_true(kids_until(&daemon_page->stage, 4));
	assert_int_equal(daemon_page->rc, 0);
	assert_int_equal(spaces(), 0);
	kids_unmap(daemon_page, sizeof(*daemon_page));
}

static void parent_exits_first(void **state)
{
	(void)state;
	check_daemon(false);
	check_daemon(true);
}

/* ---- fork and threads ---- */

static uint32_t storm_over;
static uint64_t storm_takes;

static void *take_and_give(void *arg)
{
	long i = (long)(intptr_t)arg;

	while (!PAWL_LOAD(&storm_over, ACQUIRE)) {
		uint64_t token;

		if (acts_take(i, PAWL_FOREVER, &token) || act_unlock(i))
			return &storm_over;
		PAWL_FETCH_ADD(&storm_takes, 1u, RELAXED); /* a statistic */
	}
	return NULL;
}

/* In a child of a storm: all of it must work at once, whatever the threads of the parent were in the middle of. */
static int child_of_a_storm(void)
{
	char name[32];
	pawl_lock_t *lock;

	alarm(KIDS_PATIENCE_MS / 1000);
	for (long i = 2; i <= NAMED + 2; i += NAMED)
		if (take(i) || act_unlock(i))
			return 1;
	snprintf(name, sizeof(name), "of-%d", (int)getpid() % 50);
	if (pawl_lock_open(acts_space, name, PAWL_AUTO_RECOVER, &lock) || pawl_lock_acquire(lock, PAWL_FOREVER, NULL))
		return 2;
	return pawl_lock_release(lock) ? 3 : take(0) || act_unlock(0) ? 4 : 0;
}

static int fork_in_a_storm(long forks)
{
	pthread_t thread[4];
	int failed = 0;

	for (long n = 0; n < 4; n++)
		if (pthread_create(&thread[n], NULL, take_and_give, (void *)(intptr_t)(n & 1 ? NAMED : 0)))
			return -1;
	for (long n = 0; n < forks; n++) {
		pid_t pid = fork();
		int status = -1;

		if (pid == 0)
			_exit(child_of_a_storm());
		failed += pid < 0 || waitpid(pid, &status, 0) != pid || status != 0;
	}
	PAWL_STORE(&storm_over, 1u, RELEASE);
	for (int n = 0; n < 4; n++) {
		void *end = NULL;

		pthread_join(thread[n], &end);
		failed += end != NULL;
	}
	return storm_takes > 100 ? failed : -2;
}

static void fork_storm(void **state)
{
	puppet_t *p = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_do(p, fork_in_a_storm, 150), 0);
	puppet_end(p);
}

static void *hold_for_ever(void *arg)
{
	if (take(0) == 0)
		PAWL_STORE((uint32_t *)arg, 1u, RELEASE);
	for (;;)
		pause();
	return NULL;
}

static int child_of_threads(long unused)
{
	static uint32_t held;
	pthread_t thread;
	int status = -1;
	pid_t pid;

	(void)unused;
	if (pthread_create(&thread, NULL, hold_for_ever, &held) || !kids_until(&held, 1))
		return -1;
	pid = fork();
	if (pid == 0) {
		uint64_t token;

		if (acts_take(0, PAWL_TRY, &token) != EBUSY || act_unlock(0) != EPERM)
			_exit(1);
		_exit(take(1) || act_unlock(1) || pawl_space_close(acts_space) ? 2 : 0); /* no thread of it holds anything */
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid ? -2 : status;
}

/* The lock of a thread that the child does not have is its parent's. */
static void child_of_a_threaded_process(void **state)
{
	puppet_t *p = puppet_new(child_of_threads, 0);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	assert_int_equal(pawl_robust_lock(acts_space, acts_robust(0), PAWL_TRY), EBUSY);
	puppet_kill(p);
	assert_int_equal(pawl_robust_lock(acts_space, acts_robust(0), PAWL_TRY), EOWNERDEAD);
	assert_int_equal(act_consistent(0), 0);
	assert_int_equal(act_unlock(0), 0);
}

static void *first_call(void *unused)
{
	(void)unused;
	return take(1) || act_unlock(1) ? &acts_space : NULL;
}

static int fork_beside_a_first_call(void *round)
{
	pthread_t thread;
	pid_t pid;
	void *bad = NULL;
	int status = -1;

	if (pthread_create(&thread, NULL, first_call, NULL))
		return 1;
	kids_nap_us(*(int *)round % 50);
	pid = fork();
	if (pid == 0) {
		alarm(KIDS_PATIENCE_MS / 2000);
		_exit(take(2) || act_unlock(2));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || pthread_join(thread, &bad) || bad)
		return 2;
	return status ? 3 : 0;
}

/* Another thread is in its first call, which reads about the process, when we fork: nothing of that is left in the child. */
static void fork_while_another_joins(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++)
		assert_int_equal(kids_join(kids_fork(fork_beside_a_first_call, &round)), 0);
}

/* ---- descriptors and exec ---- */

static int fork_without_descriptors(long unused)
{
	struct rlimit none = { 0, 0 }, before;
	int status = -1;
	pid_t pid;

	(void)unused;
	if (getrlimit(RLIMIT_NOFILE, &before))
		return -1;
	none.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_NOFILE, &none);
	pid = fork();
	if (pid == 0) {
		int rc = take(0) || act_unlock(0) || take(NAMED) || act_unlock(NAMED);

		setrlimit(RLIMIT_NOFILE, &before);
		rc = take(1) || act_unlock(1) || take(NAMED + 1) || act_unlock(NAMED + 1);
		_exit(rc);
	}
	setrlimit(RLIMIT_NOFILE, &before);
	return pid < 0 || waitpid(pid, &status, 0) != pid ? -2 : status;
}

/* No descriptor left for the child's membership: it gets one as soon as it can, or is refused; it never hangs, and once
 * there are descriptors again all is well. */
static void fork_at_the_descriptor_limit(void **state)
{
	puppet_t *p = puppet_new(act_timed, 5);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	assert_int_equal(puppet_do(p, fork_without_descriptors, 0), 0);
	assert_int_equal(puppet_do(p, act_unlock, 5), 0);
	puppet_end(p);
}

static int hold_and_leave_a_command(long pid_at)
{
	int fd, ends[2];
	pid_t pid;

	if (pipe(ends) || act_lock(NAMED) || pawl_lock_linger(acts_handle(NAMED), &fd))
		return -1;
	pid = fork();
	if (pid == 0) { /* what flock(1) calls the command: it keeps the descriptor, and outlives us */
		alarm(KIDS_PATIENCE_MS / 1000);
		(void)!write(ends[1], "", 1);
		pause();
		_exit(0);
	}
	*(pid_t *)(uintptr_t)pid_at = pid;
	return read(ends[0], &fd, 1) == 1 ? 0 : -1;
}

static int try_without_descriptors(long unused)
{
	struct rlimit none = { 0, 0 }, before;
	int rc;

	(void)unused;
	if (!acts_handle(NAMED) || getrlimit(RLIMIT_NOFILE, &before))
		return -1;
	none.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_NOFILE, &none);
	rc = act_try(NAMED);
	setrlimit(RLIMIT_NOFILE, &before);
	return rc;
}

/* Who has no descriptor left to look with does not get a lock that a dead holder's command may still keep. */
static void lingering_at_the_descriptor_limit(void **state)
{
	pid_t *command = kids_map(sizeof(*command));
	puppet_t *p = puppet_new(NULL, 0), *other = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_do(p, hold_and_leave_a_command, (long)(uintptr_t)command), 0);
	puppet_kill(p);
	assert_int_equal(puppet_do(other, act_try, NAMED), EBUSY);
	assert_int_equal(puppet_do(other, try_without_descriptors, 0), EMFILE);
	kill(*command, SIGKILL);
	assert_int_equal(puppet_do(other, act_timed, NAMED), EOWNERDEAD);
	assert_int_equal(puppet_do(other, act_consistent, NAMED), 0);
	assert_int_equal(puppet_do(other, act_unlock, NAMED), 0);
	puppet_end(other);
	kids_unmap(command, sizeof(*command));
}

static int close_everything(long unused)
{
	char path[] = "/tmp/pawl-test-XXXXXX";
	struct stat st;
	int status = -1, fd;
	pid_t pid;

	(void)unused;
	if (take(0) || act_unlock(0)) /* known already, before it happens */
		return 1;
	for (fd = 3; fd < 64; fd++)
		close(fd);
	fd = mkstemp(path); /* gets the number that our membership had */
	if (fd < 0 || unlink(path) || write(fd, "data", 4) != 4)
		return 2;
	if (take(NAMED) || act_unlock(NAMED))
		return 3;
	pid = fork();
	if (pid == 0)
		_exit(take(NAMED + 1) || act_unlock(NAMED + 1) || act_leave(0) || write(fd, "", 0) != 0);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return 4;
	if (act_leave(0))
		return 5;
	return fstat(fd, &st) ? 6 : st.st_size != 4 ? 7 : 0;
}

/* A daemon closes all descriptors and opens files of its own: they stay as they are, and the locks work. */
static void descriptors_closed_by_the_program(void **state)
{
	puppet_t *p = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_do(p, close_everything, 0), 0);
	puppet_end(p);
}

static int list_descriptors(long unused)
{
	(void)unused;
	/* exec: what a new program finds open beside the three standard ones and the directory it reads */
	execl("/bin/sh", "sh", "-c",
		"for f in /proc/self/fd/*; do readlink $f; done | grep -qF \"$PAWL_DIR/\" && exit 7; exit 0", (char *)NULL);
	return -1;
}

static void exec_inherits_nothing(void **state)
{
	puppet_t *p = puppet_new(act_lock, NAMED);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	puppet_ask(p, list_descriptors, 0);
	assert_int_equal(puppet_reap(p), 0);
	assert_int_equal(pawl_lock_acquire(acts_handle(NAMED), PAWL_TRY, NULL), EOWNERDEAD);
	assert_int_equal(act_consistent(NAMED), 0);
	assert_int_equal(act_unlock(NAMED), 0);
}

/* ---- spaces without a name ---- */

static pawl_space_t *anonymous;
static pawl_robust_t *shared;

static int take_anonymous(long unused)
{
	(void)unused;
	return pawl_robust_lock(anonymous, shared, pawl_in_ms(KIDS_PATIENCE_MS));
}

static int give_anonymous(long unused)
{
	(void)unused;
	return pawl_robust_unlock(anonymous, shared);
}

static int take_anonymous_name(long unused)
{
	pawl_lock_t *lock;

	(void)unused;
	return pawl_lock_open(anonymous, "here", 0, &lock) || pawl_lock_acquire(lock, PAWL_FOREVER, NULL);
}

static void anonymous_space(void **state)
{
	puppet_t *child, *second;
	pawl_lock_t *lock;
	int fd;

	(void)state;
	assert_int_equal(pawl_space_open(&anonymous, NULL, NULL), 0);
	assert_string_equal(pawl_space_path(anonymous), "(anonymous)");
	assert_int_equal(spaces(), 0);
	shared = kids_map(sizeof(*shared));
	child = puppet_new(take_anonymous, 0);
	second = puppet_new(NULL, 0);
	assert_int_equal(puppet_answer(child), 0);
	puppet_ask(second, take_anonymous, 0);
	assert_true(puppet_asleep(second));
	puppet_kill(child);
	assert_int_equal(puppet_answer(second), EOWNERDEAD);
	assert_int_equal(pawl_robust_lock(anonymous, shared, PAWL_TRY), EBUSY);
	assert_int_equal(puppet_do(second, give_anonymous, 0), 0);
	assert_int_equal(pawl_robust_lock(anonymous, shared, PAWL_TRY), ENOTRECOVERABLE);
	assert_int_equal(puppet_do(second, take_anonymous_name, 0), 0);
	assert_int_equal(pawl_lock_open(anonymous, "here", 0, &lock), 0);
	assert_int_equal(pawl_lock_acquire(lock, PAWL_TRY, NULL), EBUSY);
	puppet_kill(second);
	assert_int_equal(pawl_lock_acquire(lock, PAWL_TRY, NULL), EOWNERDEAD);
	assert_int_equal(pawl_lock_linger(lock, &fd), ENOTSUP);
	assert_int_equal(pawl_lock_release(lock), 0);
	assert_int_equal(pawl_space_check(anonymous), 0);
	assert_int_equal(pawl_space_close(anonymous), 0);
	kids_unmap(shared, sizeof(*shared));
}

/* Two of them have nothing in common. */
static void anonymous_spaces_are_apart(void **state)
{
	pawl_space_t *a, *b;
	pawl_lock_t *in_a, *in_b;

	(void)state;
	assert_int_equal(pawl_space_open(&a, NULL, NULL), 0);
	assert_int_equal(pawl_space_open(&b, NULL, NULL), 0);
	assert_ptr_not_equal(a, b);
	assert_int_equal(pawl_lock_open(a, "same", 0, &in_a), 0);
	assert_int_equal(pawl_lock_open(b, "same", 0, &in_b), 0);
	assert_int_equal(pawl_lock_acquire(in_a, PAWL_TRY, NULL), 0);
	assert_int_equal(pawl_lock_acquire(in_b, PAWL_TRY, NULL), 0);
	assert_int_equal(pawl_space_close(a), EBUSY);
	assert_int_equal(pawl_lock_release(in_a), 0);
	assert_int_equal(pawl_space_close(a), 0);
	assert_int_equal(pawl_lock_release(in_b), 0);
	assert_int_equal(pawl_space_close(b), 0);
}

/* ---- open and close ---- */

static void opened_twice(void **state)
{
	pawl_space_t *a, *b, *other;
	pawl_lock_t *lock;

	(void)state;
	assert_int_equal(pawl_space_open(&a, "twice", NULL), 0);
	assert_int_equal(pawl_space_open(&b, "twice", NULL), 0);
	assert_ptr_equal(a, b);
	assert_int_equal(pawl_space_open(&other, "other", NULL), 0);
	assert_ptr_not_equal(a, other);
	assert_int_equal(pawl_lock_open(a, "lock", 0, &lock), 0);
	assert_int_equal(pawl_space_close(a), 0);
	assert_int_equal(pawl_lock_acquire(lock, PAWL_TRY, NULL), 0); /* still open once */
	assert_int_equal(pawl_space_close(b), EBUSY);
	assert_int_equal(pawl_lock_release(lock), 0);
	assert_int_equal(spaces(), 2);
	assert_int_equal(pawl_space_close(b), 0);
	assert_int_equal(spaces(), 1);
	assert_int_equal(pawl_space_close(other), 0);
	assert_int_equal(spaces(), 0);
}

static void opened_again(void **state)
{
	uint64_t last = 0;

	(void)state;
	for (int n = 0; n < 200; n++) {
		pawl_grant_t grant;
		pawl_space_t *space;
		pawl_lock_t *lock;

		assert_int_equal(pawl_space_open(&space, "again", NULL), 0);
		assert_int_equal(pawl_lock_open(space, "lock", 0, &lock), 0);
		assert_int_equal(pawl_lock_acquire(lock, PAWL_TRY, &grant), 0);
		assert_true(grant.fence.lo > last);
		last = grant.fence.lo;
		assert_int_equal(pawl_space_close(space), EBUSY);
		assert_int_equal(pawl_lock_release(lock), 0);
		assert_int_equal(pawl_space_close(space), 0);
		assert_int_equal(spaces(), 0);
	}
}

/* ---- many threads ---- */

static struct crowd {
	uint32_t joined, failed, refused;
	pthread_mutex_t gate; /* shut while they shall stay */
} crowd = { .gate = PTHREAD_MUTEX_INITIALIZER };

/* A try is enough to join; thousands that wait for one lock would be busy with nothing but their slices. */
static void *join_and_stay(void *arg)
{
	uint64_t token;
	int rc = acts_take(0, PAWL_TRY, &token);

	(void)arg;
	if (rc == EBUSY || (rc == 0 && act_unlock(0) == 0))
		PAWL_FETCH_ADD(&crowd.joined, 1u, RELEASE);
	else
		PAWL_FETCH_ADD(rc == ENOSPC ? &crowd.refused : &crowd.failed, 1u, RELEASE);
	pthread_mutex_lock(&crowd.gate);
	pthread_mutex_unlock(&crowd.gate);
	return NULL;
}

static unsigned start_crowd(pthread_t *thread, unsigned threads)
{
	pthread_attr_t small;
	unsigned n = 0;

	crowd.joined = crowd.failed = crowd.refused = 0;
	pthread_mutex_lock(&crowd.gate);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	while (n < threads && pthread_create(&thread[n], &small, join_and_stay, NULL) == 0)
		n++;
	pthread_attr_destroy(&small);
	return n;
}

static void end_crowd(const pthread_t *thread, unsigned threads)
{
	pthread_mutex_unlock(&crowd.gate);
	for (unsigned n = 0; n < threads; n++)
		pthread_join(thread[n], NULL);
}

static uint32_t counted(void)
{
	return PAWL_LOAD(&crowd.joined, ACQUIRE) + PAWL_LOAD(&crowd.refused, ACQUIRE) + PAWL_LOAD(&crowd.failed, ACQUIRE);
}

/* 600 threads at once, more than are prepared for at first; when they end, they are gone. */
static void many_threads(void **state)
{
	static pthread_t thread[600];
	pawl_space_stats_t stats;
	int64_t until = kids_now_ns() + (int64_t)KIDS_PATIENCE_MS * 1000000;

	(void)state;
	assert_int_equal(start_crowd(thread, 600), 600);
	while (counted() < 600 && kids_now_ns() < until)
		kids_nap_us(1000);
	assert_int_equal(crowd.joined, 600);
	assert_int_equal(pawl_space_stats(acts_space, &stats), 0);
	assert_in_range(stats.threads, 600, 601);
	end_crowd(thread, 600);
	assert_int_equal(pawl_space_stats(acts_space, &stats), 0);
	assert_in_range(stats.threads, 0, 1);
	assert_true(stats.joins >= 600);
}

#ifndef __SANITIZE_THREAD__
/* 4,095 at the same time and no more; once one has ended, another may come. */
static int too_many_threads_here(long unused)
{
	static pthread_t thread[4100];
	int64_t until = kids_now_ns() + (int64_t)KIDS_PATIENCE_MS * 1000000;
	unsigned started;

	(void)unused;
	started = start_crowd(thread, 4100);
	while (counted() < started && kids_now_ns() < until)
		kids_nap_us(1000);
	if (started == 4100 && (crowd.joined != 4095 || crowd.refused != 5 || crowd.failed != 0))
		return 1;
	end_crowd(thread, started);
	if (started < 4100)
		return 77; /* the machine has no room for so many threads */
	return take(1) || act_unlock(1) ? 2 : 0;
}

static void too_many_threads(void **state)
{
	puppet_t *p = puppet_new(too_many_threads_here, 0);
	int rc = puppet_answer(p);

	(void)state;
	puppet_end(p);
	if (rc == 77)
		skip();
	assert_int_equal(rc, 0);
}
#endif

static void *take_another_and_end(void *arg)
{
	uint64_t token;

	(void)arg;
	return (void *)(intptr_t)(acts_take(0, PAWL_FOREVER, &token) || act_unlock(0));
}

/* A slot is used again and again: 3,000 threads one after the other fit into few slots. */
static void thread_exit_leaves(void **state)
{
	pawl_space_stats_t stats;

	(void)state;
	for (int n = 0; n < 3000; n++) {
		pthread_t thread;
		void *end = NULL;

		assert_int_equal(pthread_create(&thread, NULL, take_another_and_end, NULL), 0);
		assert_int_equal(pthread_join(thread, &end), 0);
		assert_null(end);
	}
	assert_int_equal(pawl_space_stats(acts_space, &stats), 0);
	assert_in_range(stats.threads, 0, 1);
	assert_true(stats.joins >= 3000);
}

#define TEST(name)                                                                                                     \
	{                                                                                                              \
#name, name, setup, teardown, NULL                                                                     \
	}
#define BARE(name)                                                                                                     \
	{                                                                                                              \
#name, name, NULL, NULL, NULL                                                                          \
	}

static int begin(void **state)
{
	(void)state;
	kids_dir_make();
	return 0;
}

static int end(void **state)
{
	(void)state;
	kids_dir_remove();
	return 0;
}

/* A child of a threaded process: ThreadSanitizer takes the threads that the child does not have for leaked. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "report_thread_leaks=0";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(handles_work_in_the_child),
		TEST(one_counter),
		TEST(closes_are_independent),
		BARE(parent_exits_first),
		TEST(fork_storm),
		TEST(child_of_a_threaded_process),
		TEST(fork_while_another_joins),
		TEST(fork_at_the_descriptor_limit),
		TEST(lingering_at_the_descriptor_limit),
		TEST(descriptors_closed_by_the_program),
		TEST(exec_inherits_nothing),
		BARE(anonymous_space),
		BARE(anonymous_spaces_are_apart),
		BARE(opened_twice),
		BARE(opened_again),
		TEST(many_threads),
#ifndef __SANITIZE_THREAD__ /* its runtime takes 12 ms to make the 4,000th thread */
		TEST(too_many_threads),
#endif
		TEST(thread_exit_leaves),
	};

	alarm(240);
	return cmocka_run_group_tests_name("fork", tests, begin, end);
}
