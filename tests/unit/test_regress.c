/* SPDX-License-Identifier: BSD-2-Clause */
/** test_regress.c: the traps that shared robust locks are known to fall into (T1 to T14), and the same thread number in two
 * PID namespaces (N1 to N3): each as a scenario with the outcome that pawl promises. Every test says what its trap is.
 * (test_wakes.c has those of lost wake-ups; T2's 5,000 locks are in test_storm.c.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/tune.h"

#include "../lib/kids_acts.h"

#define PAGE 4096

/* A page of its own, for locks whose memory goes away: [0] and [1] of it are locks. */
static pawl_robust_t *page;
static int page_fd;

static int setup(void **state)
{
	(void)state;
	page_fd = memfd_create("page", MFD_CLOEXEC);
	if (page_fd < 0 || ftruncate(page_fd, PAGE))
		return -1;
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0);
	return page == MAP_FAILED ? -1 : acts_begin();
}

static int teardown(void **state)
{
	(void)state;
	munmap(page, PAGE);
	close(page_fd);
	return acts_finish();
}

static int take_page(long n)
{
	return pawl_robust_lock(acts_space, &page[n], pawl_in_ms(100));
}

static int free_page(long n)
{
	return pawl_robust_unlock(acts_space, &page[n]);
}

static int recover_page(long n)
{
	int rc = take_page(n);

	return rc != EOWNERDEAD ? rc : pawl_robust_consistent(acts_space, &page[n]) || free_page(n) ? -1 : rc;
}

static int unmap_page(long unused)
{
	(void)unused;
	return munmap(page, PAGE);
}

/* EOWNERDEAD, and repaired. */
static int recover(long i)
{
	int rc = act_timed(i);

	return rc != EOWNERDEAD ? rc : act_consistent(i) || act_unlock(i) ? -1 : rc;
}

/* T1: a thread locks A, then B, unmaps B's memory and is killed. The kernel's walk along a list that is threaded through
 * the locks would stop at the hole, and A would be stuck as well. */
static void t1_newer_lock_unmapped(void **state)
{
	puppet_t *p = puppet_new(act_lock, 0), *other = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	assert_int_equal(puppet_do(p, take_page, 0), 0);
	assert_int_equal(puppet_do(p, unmap_page, 0), 0);
	puppet_kill(p);
	assert_int_equal(puppet_do(other, recover, 0), EOWNERDEAD);
	assert_int_equal(puppet_do(other, recover_page, 0), EOWNERDEAD);
	puppet_end(other);
}

/* T2: one thread holds 3,000 named locks and plain ones and is killed: more than the 2,048 the kernel would walk. */
static pawl_robust_t *crowd;

static int take_crowd(long n)
{
	for (long i = 0; i < n; i++)
		if (pawl_robust_lock(acts_space, &crowd[i], PAWL_TRY))
			return -1;
	return 0;
}

static void t2_three_thousand_held(void **state)
{
	puppet_t *p;
	int dead = 0;

	(void)state;
	crowd = kids_map(3000 * sizeof(*crowd));
	p = puppet_new(take_crowd, 3000);
	assert_int_equal(puppet_answer(p), 0);
	puppet_kill(p);
	for (int i = 0; i < 3000; i++)
		dead += pawl_robust_lock(acts_space, &crowd[i], PAWL_TRY) == EOWNERDEAD;
	assert_int_equal(dead, 3000);
	for (int i = 0; i < 3000; i++) /* not made consistent: poisoned, each of them */
		dead -= !pawl_robust_unlock(acts_space, &crowd[i]) &&
			pawl_robust_lock(acts_space, &crowd[i], PAWL_TRY) == ENOTRECOVERABLE;
	assert_int_equal(dead, 0);
	kids_unmap(crowd, 3000 * sizeof(*crowd));
}

/* T3: fork while holding. The child has inherited all of its parent's memory, yet not the lock. */
static void t3_fork_while_held(void **state)
{
	puppet_t *child;

	(void)state;
	assert_int_equal(pawl_robust_lock(acts_space, acts_robust(0), PAWL_FOREVER), 0);
	child = puppet_new(act_unlock, 0);
	assert_int_equal(puppet_answer(child), EPERM);
	assert_int_equal(puppet_do(child, act_try, 0), EBUSY);
	assert_int_equal(puppet_do(child, act_briefly, 0), ETIMEDOUT);
	puppet_kill(child);
	assert_int_equal(act_unlock(0), 0);
}

/* T4: the holder calls exec. Its process lives on under the same number, the lock's owner does not. */
static int exec_sleep(long unused)
{
	(void)unused;
	execl("/bin/sleep", "sleep", "60", (char *)NULL);
	return -1;
}

static void t4_exec_while_held(void **state)
{
	puppet_t *p = puppet_new(act_lock, 0), *other;

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	other = puppet_new(act_lock, 0);
	assert_true(puppet_asleep(other));
	puppet_ask(p, exec_sleep, 0);
	assert_int_equal(puppet_answer(other), EOWNERDEAD);
	assert_int_equal(kill(p->pid, 0), 0);
	puppet_kill(p);
	puppet_end(other);
}

/* T6: a peer writes rubbish over a lock that is held. There are no pointers in it, so nobody follows them: the owner is
 * told that it is not the owner, and nothing crashes. (The token in the liveness slot: test_forged.c.) */
static int scribble(long value)
{
	memset(acts_robust(0), (int)value, sizeof(pawl_robust_t));
	return 0;
}

static void t6_rubbish_in_a_lock(void **state)
{
	puppet_t *p = puppet_new(NULL, 0), *other = puppet_new(NULL, 0);

	(void)state;
	for (long value = 1; value < 256; value++) {
		acts_mutex[0] = (pawl_robust_t){ .word = 0 };
		assert_int_equal(puppet_do(p, act_try, 0), 0);
		assert_int_equal(puppet_do(other, scribble, value), 0);
		assert_int_equal(puppet_do(p, act_unlock, 0), EPERM);
		puppet_do(other, act_try, 0); /* any answer will do; no signal, no hang */
		puppet_do(p, act_try, 0);
	}
	acts_mutex[0] = (pawl_robust_t){ .word = 0 };
	assert_int_equal(puppet_do(p, act_try, 0), 0);
	assert_int_equal(puppet_do(p, act_unlock, 0), 0);
	puppet_end(p);
	puppet_end(other);
}

/* T7: the file under a held lock is truncated: its owner's next access is SIGBUS, as with any memory; the older lock it
 * holds elsewhere is recovered all the same. */
static void t7_page_truncated(void **state)
{
	puppet_t *p = puppet_new(act_lock, 0), *other = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	assert_int_equal(puppet_do(p, take_page, 0), 0);
	assert_int_equal(ftruncate(page_fd, 0), 0);
	puppet_ask(p, free_page, 0);
	assert_int_equal(puppet_reap(p), KIDS_SIGNAL + SIGBUS);
	assert_int_equal(puppet_do(other, recover, 0), EOWNERDEAD);
	puppet_end(other);
}

/* T8: given up without being made consistent: not recoverable, for sleepers too, but not for ever: until reset. */
static void t8_not_recoverable_until_reset(void **state)
{
	puppet_t *p = puppet_new(act_lock, 0), *sleeper = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	puppet_kill(p);
	assert_int_equal(pawl_robust_lock(acts_space, acts_robust(0), PAWL_FOREVER), EOWNERDEAD);
	puppet_ask(sleeper, act_lock, 0);
	assert_true(puppet_asleep(sleeper));
	assert_int_equal(act_unlock(0), 0);
	assert_int_equal(puppet_answer(sleeper), ENOTRECOVERABLE);
	assert_int_equal(puppet_do(sleeper, act_reset, 0), 0);
	assert_int_equal(puppet_do(sleeper, act_lock, 0), 0);
	puppet_kill(sleeper);
	assert_int_equal(pawl_robust_lock(acts_space, acts_robust(0), PAWL_TRY), EOWNERDEAD); /* as good as new */
	assert_int_equal(act_consistent(0), 0);
	assert_int_equal(act_unlock(0), 0);
}

/* T9: a stopped holder is alive, however long it is stopped; killed, it is dead. */
static void t9_stopped_then_killed(void **state)
{
	puppet_t *p = puppet_new(act_lock, 0), *other = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	assert_int_equal(kill(p->pid, SIGSTOP), 0);
	for (int n = 0; n < 5; n++)
		assert_int_equal(puppet_do(other, act_briefly, 0), ETIMEDOUT);
	puppet_ask(other, act_lock, 0);
	assert_true(puppet_asleep(other));
	puppet_kill(p);
	assert_int_equal(puppet_answer(other), EOWNERDEAD);
	puppet_end(other);
}

/* T10: a thread ends by the bare system call, so that no destructor runs; and a process is dead but not yet reaped, so that
 * its number is still taken and kill(pid, 0) succeeds. */
static void *end_bare(void *arg)
{
	if (act_lock(0) == 0)
		PAWL_STORE((uint32_t *)arg, 1u, RELEASE);
	syscall(SYS_exit, 0);
	return NULL;
}

static int thread_ends_bare(long unused)
{
	static uint32_t stage;
	pthread_t thread;

	(void)unused;
	return pthread_create(&thread, NULL, end_bare, &stage) || !kids_until(&stage, 1);
}

static void t10_bare_exit_and_zombie(void **state)
{
	puppet_t *p = puppet_new(thread_ends_bare, 0), *other = puppet_new(NULL, 0);
	siginfo_t info;

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	assert_int_equal(puppet_do(other, recover, 0), EOWNERDEAD);
	assert_int_equal(puppet_do(p, act_lock, 0), 0);
	assert_int_equal(kill(p->pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(kill(p->pid, 0), 0);
	assert_int_equal(puppet_do(other, recover, 0), EOWNERDEAD);
	assert_int_equal(puppet_reap(p), KIDS_SIGNAL + SIGKILL);
	puppet_end(other);
}

/* T11: a thread gives the kernel a robust list of its own, and so hides its death: what space.h warns of. The lock then
 * stays with the dead; nobody takes it on a guess. */
static int replace_robust_list(long unused)
{
	static struct robust_list_head head;

	(void)unused;
	head.list.next = &head.list;
	return (int)syscall(SYS_set_robust_list, &head, sizeof(head));
}

static void t11_own_robust_list(void **state)
{
	puppet_t *p = puppet_new(act_lock, 0), *other = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	assert_int_equal(puppet_do(p, replace_robust_list, 0), 0);
	puppet_kill(p);
	assert_int_equal(puppet_do(other, act_briefly, 0), ETIMEDOUT);
	assert_int_equal(puppet_do(other, act_lock, 1), 0); /* and nothing else suffers */
	assert_int_equal(puppet_do(other, act_unlock, 1), 0);
	puppet_end(other);
}

/* T12: locked through one mapping, given up through another; and killed when both are gone. */
static int give_up_through_another(long unused)
{
	pawl_robust_t *second = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0);

	(void)unused;
	if (second == MAP_FAILED || take_page(0))
		return -1;
	return pawl_robust_unlock(acts_space, second) || take_page(0) || munmap(second, PAGE) || munmap(page, PAGE);
}

static void t12_two_mappings(void **state)
{
	puppet_t *p = puppet_new(give_up_through_another, 0), *other = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	puppet_kill(p);
	assert_int_equal(puppet_do(other, recover_page, 0), EOWNERDEAD);
	puppet_end(other);
}

/* T13: the application's own robust pthread mutexes, older and newer than the thread's first use of the space, share the
 * kernel's list with our token: at its death all of them are marked, and unlocking them in between breaks nothing. */
static pthread_mutex_t *theirs; /* [0] before, [1] after, [2] given up again */

static int mix_with_theirs(long unused)
{
	pthread_mutexattr_t a;

	(void)unused;
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	for (int n = 0; n < 3; n++)
		pthread_mutex_init(&theirs[n], &a);
	return pthread_mutex_lock(&theirs[2]) || pthread_mutex_lock(&theirs[0]) || act_lock(0) || act_lock(1) ||
	       pthread_mutex_lock(&theirs[1]) || act_unlock(1) || pthread_mutex_unlock(&theirs[2]);
}

static void t13_beside_their_robust_mutexes(void **state)
{
	puppet_t *p, *other = puppet_new(NULL, 0);

	(void)state;
	theirs = kids_map(PAGE);
	p = puppet_new(mix_with_theirs, 0);
	assert_int_equal(puppet_answer(p), 0);
	puppet_kill(p);
	assert_int_equal(puppet_do(other, recover, 0), EOWNERDEAD);
	assert_int_equal(puppet_do(other, act_try, 1), 0);
	assert_int_equal(pthread_mutex_trylock(&theirs[0]), EOWNERDEAD);
	assert_int_equal(pthread_mutex_trylock(&theirs[1]), EOWNERDEAD);
	assert_int_equal(pthread_mutex_trylock(&theirs[2]), 0);
	for (int n = 0; n < 3; n++)
		pthread_mutex_unlock(&theirs[n]);
	puppet_end(other);
	kids_unmap(theirs, PAGE);
}

/* T14: a wait times out, the memory of the lock is used for other things, a word of it happens to be the number of the
 * thread, which is killed. If the kernel still had the lock as "operation pending" it would now write there. */
static int time_out_on_page(long unused)
{
	struct robust_list_head *head = NULL;
	size_t size = 0;

	(void)unused;
	if (take_page(0) != ETIMEDOUT || syscall(SYS_get_robust_list, 0, &head, &size))
		return -1;
	return head->list_op_pending != NULL;
}

static void t14_nothing_pending(void **state)
{
	puppet_t *p = puppet_new(NULL, 0);
	uint32_t *words = (uint32_t *)(void *)page, kept[PAGE / 4];

	(void)state;
	assert_int_equal(take_page(0), 0);
	assert_int_equal(puppet_do(p, time_out_on_page, 0), 0);
	assert_int_equal(free_page(0), 0);
	for (int n = 0; n < PAGE / 4; n++)
		words[n] = kept[n] = (uint32_t)p->pid | (n & 1 ? 1u << 31 : 0);
	puppet_kill(p);
	assert_memory_equal(words, kept, sizeof(kept));
	memset(page, 0, PAGE);
}

/* ---- PID namespaces: A and B are both number 1, each in a namespace of its own ---- */

static void want_namespaces(puppet_t *a, puppet_t *b)
{
	if (!a || !b)
		skip(); /* no right to make PID namespaces */
}

static int who_am_i(long unused)
{
	(void)unused;
	return (int)syscall(SYS_gettid);
}

/* T5: the same number asks for a lock that its namesake holds: it is not the owner (no re-entry into a recursive lock, no
 * false "you have it already"), and it is refused. */
static void check_t5(long lock)
{
	puppet_t *a = puppet_new_namespace(act_lock, lock), *b = puppet_new_namespace(who_am_i, 0);

	want_namespaces(a, b);
	assert_int_equal(puppet_answer(a), 0);
	assert_int_equal(puppet_answer(b), 1);
	assert_int_equal(puppet_do(a, who_am_i, 0), 1);
	assert_int_equal(puppet_do(b, act_try, lock), EBUSY);
	assert_int_equal(puppet_do(b, act_briefly, lock), ETIMEDOUT);
	assert_int_equal(puppet_do(b, act_unlock, lock), EPERM); /* N2: nor may it unlock */
	assert_int_equal(puppet_do(a, act_unlock, lock), 0);
	assert_int_equal(puppet_do(b, act_try, lock), 0);
	assert_int_equal(puppet_do(b, act_unlock, lock), 0);
	puppet_kill(a);
	puppet_kill(b);
}

static void t5_n2_same_number(void **state)
{
	(void)state;
	check_t5(0);
	check_t5(RECURSIVE);
	check_t5(NAMED);
	check_t5(NAMED + RECURSIVE + 1);
}

/* N1: B is killed while it waits for A's lock. The kernel, which knows B by the same number, must not mark A dead (C is
 * refused); and it must do so when A itself is killed. N3: the tokens tell the same: one thread less, then two. */
static void check_n1(bool exits, long lock)
{
	puppet_t *a = puppet_new_namespace(act_lock, lock), *b = puppet_new_namespace(act_try, lock + 9);
	puppet_t *c = puppet_new(act_try, lock + 8);
	pawl_space_stats_t all, less;

	want_namespaces(a, b);
	assert_int_equal(puppet_answer(a), 0);
	assert_int_equal(puppet_answer(b), 0);
	assert_int_equal(puppet_answer(c), 0);
	assert_int_equal(pawl_space_stats(acts_space, &all), 0);
	if (exits) {
		assert_int_equal(puppet_do(b, act_briefly, lock), ETIMEDOUT);
		puppet_end(b);
	} else {
		puppet_ask(b, act_lock, lock);
		assert_true(puppet_asleep(b));
		puppet_kill(b);
	}
	assert_int_equal(puppet_do(c, act_briefly, lock), ETIMEDOUT);
	assert_int_equal(pawl_space_stats(acts_space, &less), 0);
	assert_int_equal(less.threads, all.threads - 1);
	assert_int_equal(puppet_do(c, act_briefly, lock + 9), EOWNERDEAD); /* B's own */
	puppet_kill(a);
	assert_int_equal(puppet_do(c, act_timed, lock), EOWNERDEAD);
	assert_int_equal(pawl_space_stats(acts_space, &less), 0);
	assert_int_equal(less.threads, all.threads - 2);
	puppet_kill(c);
}

static void n1_n3_namesake_killed(void **state)
{
	(void)state;
	check_n1(false, 0);
	check_n1(false, NAMED);
}

/* N1b: the same, but B gives up and exits. */
static void n1b_namesake_exits(void **state)
{
	(void)state;
	check_n1(true, 0);
	check_n1(true, NAMED + 1);
}

/* ---- what the application can do to hide its death (documented in space.h) ---- */

enum { WALKED = 2048 }; /* entries of a thread's list the kernel looks at; the token is the oldest */

static pthread_mutex_t *newer;

static int take_newer(long n)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	for (long i = 0; i < n; i++)
		if (pthread_mutex_init(&newer[i], &a) || pthread_mutex_lock(&newer[i]))
			return -1;
	return 0;
}

#ifdef __SANITIZE_THREAD__
/* Its search for deadlocks ends the program when a thread holds 64 mutexes. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "detect_deadlocks=0";
}
#endif

static int death_behind(long n)
{
	puppet_t *p, *other = puppet_new(NULL, 0);
	int rc;

	acts_mutex[0] = (pawl_robust_t){ .word = 0 };
	p = puppet_new(act_lock, 0);
	assert_int_equal(puppet_answer(p), 0);
	assert_int_equal(puppet_do(p, take_newer, n), 0);
	puppet_kill(p);
	rc = puppet_do(other, act_briefly, 0);
	puppet_end(other);
	return rc;
}

/* E7: 2,047 robust mutexes of the application's own, taken after the thread joined, hide nothing; one more does. */
static void e7_too_many_newer(void **state)
{
	(void)state;
	newer = kids_map((WALKED + 1) * sizeof(*newer));
	assert_int_equal(death_behind(WALKED - 1), EOWNERDEAD);
	assert_int_equal(death_behind(WALKED), ETIMEDOUT);
	kids_unmap(newer, (WALKED + 1) * sizeof(*newer));
}

static int take_newer_and_unmap(long size)
{
	return take_newer(1) || munmap(newer, (size_t)size);
}

/* E8: the application unmaps a newer robust mutex of its own that it holds: the walk ends there. */
static void e8_newer_unmapped(void **state)
{
	puppet_t *p, *other = puppet_new(NULL, 0);

	(void)state;
	newer = kids_map(PAGE);
	p = puppet_new(act_lock, 0);
	assert_int_equal(puppet_answer(p), 0);
	assert_int_equal(puppet_do(p, take_newer_and_unmap, PAGE), 0);
	puppet_kill(p);
	assert_int_equal(puppet_do(other, act_briefly, 0), ETIMEDOUT);
	puppet_end(other);
	kids_unmap(newer, PAGE);
}

#define TEST(name)                                                                                                     \
	{                                                                                                              \
#name, name, setup, teardown, NULL                                                                     \
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(t1_newer_lock_unmapped),
		TEST(t2_three_thousand_held),
		TEST(t3_fork_while_held),
		TEST(t4_exec_while_held),
		TEST(t5_n2_same_number),
		TEST(t6_rubbish_in_a_lock),
		TEST(t7_page_truncated),
		TEST(t8_not_recoverable_until_reset),
		TEST(t9_stopped_then_killed),
		TEST(t10_bare_exit_and_zombie),
		TEST(t11_own_robust_list),
		TEST(t12_two_mappings),
		TEST(t13_beside_their_robust_mutexes),
		TEST(t14_nothing_pending),
		TEST(n1_n3_namesake_killed),
		TEST(n1b_namesake_exits),
		TEST(e7_too_many_newer),
		TEST(e8_newer_unmapped),
	};

	alarm(240);
	return cmocka_run_group_tests_name("regress", tests, begin, end);
}
