/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_lock_fork.c: forks of processes that use a lock with a remote: their children are members of the host like any other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pair.h"

#ifdef __SANITIZE_THREAD__
/* A child that starts a thread, where its parent had several, is more than ThreadSanitizer promises to follow. */
PAWL_API const char *__tsan_default_options(void);
PAWL_API const char *__tsan_default_options(void)
{
	return "die_after_fork=0";
}
#endif

static int work_in_a_child(long lock)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(peer_work(lock) ? 1 : 0);
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static void a_child_works_too(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(pair_a, peer_work, 0), 0);
	assert_int_equal(puppet_do(pair_a, work_in_a_child, 0), 0);
	pair_until(pair_a, peer_tenure, 0, PAWL_TENURE_NONE);
	assert_int_equal(puppet_do(pair_a, work_in_a_child, 0), 0); /* this one has to ask */
	assert_int_equal(puppet_do(pair_b, peer_work, 0), 0);
}

/* The parent leaves: the child has the only candidate then. */
static int leave_a_child(long lock)
{
	pid_t pid = fork();

	if (pid == 0) {
		kids_nap_us(300000);
		_exit(peer_work(lock) ? 1 : 0);
	}
	return pawl_space_close(peer_space);
}

static void an_orphan_finds_a_keeper(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(pair_a, peer_work, 0), 0);
	assert_int_equal(puppet_do(pair_a, leave_a_child, 0), 0);
	kids_nap_us(600000);
	assert_true(hosts->data[0].plain == 2);
	assert_int_equal(puppet_do(pair_a, peer_open, 0), 0);
	assert_int_equal(puppet_do(pair_b, peer_work, 0), 0);
}

static volatile int *from_the_heir; /* 1 it is inside, 2 it has left with its lease, 3 without */

/* Its child is let in by the lease that is there, and never asks. */
static int leave_a_holder(long lock)
{
	int rc = peer_work(lock);

	if (rc != 0 || fork() != 0)
		return rc;
	rc = peer_take(lock);
	*from_the_heir = 1;
	kids_nap_us((unsigned)hosts->ttl_ms * 2500);
	*from_the_heir = rc == 0 && peer_give(lock) == 0 ? 2 : 3;
	_exit(0);
}

static void await_the_heir(int state)
{
	int64_t end_ns = kids_now_ns() + KIDS_PATIENCE_MS * INT64_C(1000000);

	while (*from_the_heir < state && kids_now_ns() < end_ns)
		kids_nap_us(1000);
}

static void an_orphan_inside_keeps_its_lease(void **state)
{
	puppet_t *c;

	(void)state;
	puppet_kill(pair_a);
	from_the_heir = kids_map(sizeof(*from_the_heir));
	c = hosts_process(0);
	assert_non_null(c);
	assert_int_equal(puppet_do(c, leave_a_holder, 0), 0);
	await_the_heir(1);
	puppet_kill(c);
	await_the_heir(2);
	assert_int_equal(*from_the_heir, 2);
	pair_a = hosts_process(0);
	assert_non_null(pair_a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(a_child_works_too),
		PAIR_TEST(an_orphan_finds_a_keeper),
		PAIR_TEST(an_orphan_inside_keeps_its_lease),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
