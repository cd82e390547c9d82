/* SPDX-License-Identifier: BSD-2-Clause */
/** test_mutex_fork.c: the mutex in a forked child: what the forking thread held, the child's only thread holds; what other
 * threads held, nobody can give up; and what was contended in the parent is a mutex like any other in the child.
 *
 * Children return a number that says what went wrong; 0 is good.
 */
#include "../lib/kinds.h"

#include <stdbool.h>
#include <unistd.h>

#include "../lib/kids.h"
#include "../lib/mates.h"

enum { WATCHDOG_S = 240, CHILDREN = 12, THREADS = 4, ROUNDS = 200 };

/* In the child of a process that had threads, ThreadSanitizer dies of a new one: there children do without. */
#ifdef __SANITIZE_THREAD__
enum { CHILDREN_HAVE_THREADS = 0 };
#else
enum { CHILDREN_HAVE_THREADS = 1 };
#endif

static pawl_mutex_t other;

static int lock_other(void *unused)
{
	(void)unused;
	return pawl_mutex_lock(&other);
}

static int unlock_other(void *unused)
{
	(void)unused;
	return pawl_mutex_unlock(&other);
}

static int try_it(void *unused)
{
	(void)unused;
	return pawl_mutex_trylock(&m);
}

static int unlock_it(void *unused)
{
	(void)unused;
	return pawl_mutex_unlock(&m);
}

static int lock_and_unlock(void *unused)
{
	int rc = pawl_mutex_lock(&m);

	(void)unused;
	return rc ? rc : pawl_mutex_unlock(&m);
}

/* ---- what is held at fork ---- */

static int heir(void *unused)
{
	bool recursive = kind & PAWL_RECURSIVE;

	if (pawl_mutex_lock(&m) != (recursive ? 0 : EDEADLK))
		return 1;
	if (recursive && pawl_mutex_unlock(&m))
		return 2;
	if (CHILDREN_HAVE_THREADS && (in_a_thread(try_it, NULL) != EBUSY || in_a_thread(unlock_it, NULL) != EPERM))
		return 3;
	if (pawl_mutex_unlock(&m) || pawl_mutex_unlock(&m) != EPERM)
		return 4;
	return lock_and_unlock(unused) || (CHILDREN_HAVE_THREADS && in_a_thread(lock_and_unlock, NULL)) ? 5 : 0;
}

static void the_child_holds_what_its_parent_held(void **state)
{
	(void)state;
	assert_int_equal(pawl_mutex_lock(&m), 0);
	assert_int_equal(kids_join(kids_fork(heir, NULL)), 0);
	assert_int_equal(in_a_thread(try_it, NULL), EBUSY); /* the parent's is another one */
	assert_int_equal(pawl_mutex_unlock(&m), 0);
	assert_int_equal(lock_and_unlock(NULL), 0);
}

static int nested_heir(void *unused)
{
	(void)unused;
	for (int i = 0; i < 3; i++)
		if (pawl_mutex_unlock(&m))
			return 1;
	return pawl_mutex_unlock(&m) == EPERM ? 0 : 2;
}

static void the_child_holds_it_as_deeply(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pawl_mutex_lock(&m), 0);
	assert_int_equal(kids_join(kids_fork(nested_heir, NULL)), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pawl_mutex_unlock(&m), 0);
}

/* However many threads the child makes, none is taken for the one that its parent had. */
static int stranger(void *unused)
{
	(void)unused;
	if (pawl_mutex_unlock(&other) != EPERM || pawl_mutex_trylock(&other) != EBUSY)
		return 1;
	if (pawl_mutex_timedlock(&other, pawl_in_ms(2)) != ETIMEDOUT)
		return 2;
	for (int i = 0; i < 50 * CHILDREN_HAVE_THREADS; i++)
		if (in_a_thread(lock_and_unlock, NULL) || in_a_thread(unlock_other, NULL) != EPERM)
			return 3;
	return 0;
}

static void nobody_in_the_child_holds_what_other_threads_held(void **state)
{
	mate_t *mate = mate_new();

	(void)state;
	assert_int_equal(pawl_mutex_init(&other, kind), 0);
	assert_int_equal(mate_do(mate, lock_other, NULL), 0);
	assert_int_equal(kids_join(kids_fork(stranger, NULL)), 0);
	assert_int_equal(mate_do(mate, unlock_other, NULL), 0);
	mate_end(mate);
}

/* ---- a mutex that is fought over while its process forks ---- */

static uint32_t over;
static long counter; /* plain, under m */

static void fight(void *took)
{
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		if (pawl_mutex_lock(&m))
			return;
		counter++;
		++*(long *)took;
		if (pawl_mutex_unlock(&m))
			return;
	}
}

static void count(void *good)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (pawl_mutex_lock(&m))
			return;
		counter++;
		if (i % 16 == 0)
			nap_us(1);
		if (pawl_mutex_unlock(&m))
			return;
	}
	*(bool *)good = true;
}

/* As a pthread_atfork handler has to: the mutex was taken before the fork, and here it is given up. */
static int after_fork_in_child(void *unused)
{
	bool good[THREADS] = { false };

	(void)unused;
	if (pawl_mutex_unlock(&m))
		return 1;
	counter = 0;
	crew_run(THREADS * CHILDREN_HAVE_THREADS, count, good, sizeof(good[0]));
	for (int i = 0; i < THREADS * CHILDREN_HAVE_THREADS; i++)
		if (!good[i])
			return 2;
	return counter == THREADS * ROUNDS * CHILDREN_HAVE_THREADS && lock_and_unlock(NULL) == 0 ? 0 : 3;
}

static void a_contended_mutex_works_in_the_child(void **state)
{
	long took[THREADS] = { 0 }, all = 0;
	crew_t *crew;

	(void)state;
	over = 0;
	counter = 0;
	sleep_at_once(true); /* many sleepers, here and in the child */
	crew = crew_start(THREADS, fight, took, sizeof(took[0]));
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid;

		assert_int_equal(pawl_mutex_lock(&m), 0);
		pid = kids_fork(after_fork_in_child, NULL);
		assert_int_equal(pawl_mutex_unlock(&m), 0);
		assert_int_equal(kids_join(pid), 0);
	}
	__atomic_store_n(&over, 1, __ATOMIC_RELEASE);
	crew_join(crew);
	sleep_at_once(false);
	for (int i = 0; i < THREADS; i++)
		all += took[i];
	assert_true(all > 0);
	assert_int_equal(counter, all);
	assert_int_equal(lock_and_unlock(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH_KIND(the_child_holds_what_its_parent_held),
		EACH_RECURSIVE_KIND(the_child_holds_it_as_deeply),
		EACH_KIND(nobody_in_the_child_holds_what_other_threads_held),
		EACH_KIND(a_contended_mutex_works_in_the_child),
	};

	alarm(WATCHDOG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
