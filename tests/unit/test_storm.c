/* SPDX-License-Identifier: BSD-2-Clause */
/** test_storm.c: locks in rough company: memory that is gone the moment the next owner has it, thousands of locks held at
 * once by one that is killed, signals and cancellation while waiting, destructors of thread-specific data, and threads
 * that wait for a thread of their own process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core/tune.h"

#include "../lib/kids_acts.h"

#define PAGE 4096

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

/* ---- the next owner may destroy the memory at once ---- */

struct hand_over {
	pawl_robust_t *lock; /* alone on its page */
	uint32_t stage;      /* 1: the releaser has it; 2: it releases */
	int rc;
};

static void *release_soon(void *arg)
{
	struct hand_over *h = arg;

	h->rc = pawl_robust_lock(acts_space, h->lock, PAWL_FOREVER);
	PAWL_STORE(&h->stage, 1u, RELEASE);
	while (PAWL_LOAD(&h->stage, ACQUIRE) != 2)
		PAWL_CPU_PAUSE();
	h->rc = h->rc ? h->rc : pawl_robust_unlock(acts_space, h->lock);
	return NULL;
}

static int hand_over_once(void)
{
	struct hand_over h = { .lock = kids_map(PAGE) };
	pthread_t releaser;
	int rc;

	if (pthread_create(&releaser, NULL, release_soon, &h))
		return 1;
	while (PAWL_LOAD(&h.stage, ACQUIRE) != 1)
		kids_nap_us(1);
	PAWL_STORE(&h.stage, 2u, RELEASE);
	rc = pawl_robust_lock(acts_space, h.lock, PAWL_FOREVER);
	if (rc || pawl_robust_unlock(acts_space, h.lock))
		return 2;
	munmap(h.lock, PAGE);
	pthread_join(releaser, NULL);
	return h.rc ? 3 : 0;
}

static int hand_over_often(void *arg)
{
	(void)arg;
	for (int n = 0; n < 1500; n++) {
		int rc;

		pawl__tune.spin_ns = n % 3 ? 0 : 4000;
		rc = hand_over_once();
		if (rc)
			return rc;
	}
	return 0;
}

/* A release that touches the lock after the store that frees it would be killed by SIGSEGV here. */
static void unmapped_by_the_next_owner(void **state)
{
	(void)state;
	assert_int_equal(kids_join(kids_fork(hand_over_often, NULL)), 0);
}

static int unlock_and_fall(long i)
{
	int rc = act_unlock(i);

	kill(getpid(), SIGKILL);
	return rc;
}

/* The next owner fills the memory with other things, among them numbers that look like the thread that released it; that
 * thread is killed right there: neither it nor the kernel at its death may change a byte. */
static void reused_by_the_next_owner(void **state)
{
	uint32_t *words = (uint32_t *)(void *)&acts_mutex[0], kept[4];

	(void)state;
	for (int round = 0; round < 60; round++) {
		puppet_t *p;

		memset(&acts_mutex[0], 0, sizeof(acts_mutex[0]));
		p = puppet_new(act_lock, 0);
		assert_int_equal(puppet_answer(p), 0);
		puppet_ask(p, unlock_and_fall, 0);
		assert_int_equal(pawl_robust_lock(acts_space, &acts_mutex[0], PAWL_FOREVER), 0);
		assert_int_equal(pawl_robust_unlock(acts_space, &acts_mutex[0]), 0);
		for (int k = 0; k < 4; k++)
			words[k] = kept[k] = k & 1 ? (uint32_t)p->pid : (uint32_t)p->pid | 1u << 31;
		assert_int_equal(puppet_reap(p), KIDS_SIGNAL + SIGKILL);
		assert_memory_equal(kept, words, sizeof(kept));
	}
	memset(&acts_mutex[0], 0, sizeof(acts_mutex[0]));
}

/* ---- more locks at once than the kernel's list of robust mutexes is walked for (2,048) ---- */

enum { MANY = 5000 };
static pawl_robust_t *many;

static int take_many(long unused)
{
	(void)unused;
	for (int i = 0; i < MANY; i++)
		if (pawl_robust_lock(acts_space, &many[i], PAWL_TRY))
			return i + 1;
	return 0;
}

static void five_thousand_held(void **state)
{
	puppet_t *p, *sleeper;
	unsigned dead = 0;

	(void)state;
	many = kids_map(MANY * sizeof(*many));
	p = puppet_new(take_many, 0);
	assert_int_equal(puppet_answer(p), 0);
	assert_int_equal(pawl_robust_lock(acts_space, &many[MANY / 2], PAWL_TRY), EBUSY);
	sleeper = puppet_new(act_lock, 0);
	assert_int_equal(puppet_answer(sleeper), 0);
	puppet_kill(p);
	for (int i = 0; i < MANY; i++)
		dead += pawl_robust_lock(acts_space, &many[i], PAWL_TRY) == EOWNERDEAD &&
			!pawl_robust_consistent(acts_space, &many[i]) && !pawl_robust_unlock(acts_space, &many[i]);
	assert_int_equal(dead, MANY);
	puppet_end(sleeper);
	kids_unmap(many, MANY * sizeof(*many));
}

static pawl_space_t *wide;

static int name_many(int (*each)(pawl_lock_t *lock))
{
	unsigned good = 0;

	for (int i = 0; i < MANY; i++) {
		pawl_lock_t *lock;
		char name[32];

		snprintf(name, sizeof(name), "many/%d", i);
		if (pawl_lock_open(wide, name, 0, &lock))
			return -i - 1;
		good += each(lock) == 0;
	}
	return (int)good;
}

static int take_named(pawl_lock_t *lock)
{
	return pawl_lock_acquire(lock, PAWL_TRY, NULL);
}

static int recover_named(pawl_lock_t *lock)
{
	pawl_grant_t grant;

	return pawl_lock_acquire(lock, PAWL_TRY, &grant) != EOWNERDEAD || !grant.owner_died ||
	       pawl_lock_consistent(lock) || pawl_lock_release(lock);
}

static int take_many_named(long unused)
{
	(void)unused;
	return name_many(take_named);
}

static void five_thousand_names_held(void **state)
{
	pawl_space_options_t options = { .capacity = 8192 };
	puppet_t *p;

	(void)state;
	assert_int_equal(pawl_space_open(&wide, "wide", &options), 0);
	p = puppet_new(take_many_named, 0);
	assert_int_equal(puppet_answer(p), MANY);
	puppet_kill(p);
	assert_int_equal(name_many(recover_named), MANY);
	assert_int_equal(name_many(recover_named), 0);
	assert_int_equal(name_many(pawl_lock_release), MANY); /* the second look has taken them all */
	assert_int_equal(pawl_space_close(wide), 0);
}

/* ---- signals while waiting ---- */

static uint32_t signals_seen;

static void on_signal(int signal)
{
	(void)signal;
	PAWL_FETCH_ADD(&signals_seen, 1u, RELAXED); /* a statistic */
}

static int every_200_us(void)
{
	struct itimerval often = { { 0, 200 }, { 0, 200 } };
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal; /* without SA_RESTART: every system call that can be interrupted is */
	return sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &often, NULL);
}

static int never_again(void)
{
	struct itimerval never = { { 0, 0 }, { 0, 0 } };

	return setitimer(ITIMER_REAL, &never, NULL);
}

static int wait_in_a_storm(long i)
{
	int rc = every_200_us() ? -1 : act_lock(i);

	never_again();
	puppet_tell(signals_seen);
	return rc;
}

static int time_out_in_a_storm(long i)
{
	int rc = every_200_us() ? -1 : act_briefly(i);

	never_again();
	puppet_tell(signals_seen);
	return rc;
}

static void check_signals(long i)
{
	puppet_t *holder = puppet_new(act_lock, i), *waiter = puppet_new(NULL, 0);

	assert_int_equal(puppet_answer(holder), 0);
	for (int n = 0; n < 5; n++)
		assert_int_equal(puppet_do(waiter, time_out_in_a_storm, i), ETIMEDOUT);
	assert_true(waiter->extra > 20);
	puppet_ask(waiter, wait_in_a_storm, i);
	kids_nap_us(50000);
	assert_int_equal(puppet_do(holder, act_unlock, i), 0);
	assert_int_equal(puppet_answer(waiter), 0);
	assert_int_equal(puppet_do(waiter, act_unlock, i), 0);
	puppet_end(holder);
	puppet_end(waiter);
}

static void signals(void **state)
{
	(void)state;
	check_signals(0);
	check_signals(NAMED);
	pawl__tune.no_waitv = true;
	check_signals(1);
	pawl__tune.no_waitv = false;
}

/* ---- cancellation while waiting ---- */

struct cancelled {
	pthread_t thread;
	uint32_t waits;
	int rc, released;
};

static void *wait_then_test(void *arg)
{
	struct cancelled *c = arg;

	PAWL_STORE(&c->waits, 1u, RELEASE);
	c->rc = act_timed(0);
	c->released = act_unlock(0);
	pthread_testcancel();
	return c;
}

static int cancel_a_waiter(long unused)
{
	struct cancelled c = { .rc = -1, .released = -1 };
	void *end = NULL;

	(void)unused;
	if (act_lock(0) || pthread_create(&c.thread, NULL, wait_then_test, &c) || !kids_until(&c.waits, 1))
		return 1;
	kids_nap_us(20000);
	pthread_cancel(c.thread);
	kids_nap_us(20000);
	if (act_unlock(0))
		return 2;
	pthread_join(c.thread, &end);
	return c.rc ? 3 : c.released ? 4 : end != PTHREAD_CANCELED ? 5 : act_try(0) ? 6 : act_unlock(0);
}

/* The wait is no cancellation point: it ends with the lock in hand, and the cancellation comes at the next one. */
static void cancellation(void **state)
{
	(void)state;
	for (int n = 0; n < 3; n++) {
		puppet_t *p = puppet_new(NULL, 0);

		assert_int_equal(puppet_do(p, cancel_a_waiter, 0), 0);
		puppet_end(p);
	}
}

static void *join_cancelled(void *arg)
{
	pthread_cancel(pthread_self());
	*(int *)arg = act_try(0) || act_unlock(0);
	pthread_testcancel();
	return NULL;
}

static int cancel_a_joiner(long unused)
{
	pthread_t thread;
	void *end = NULL;
	int rc = -1;

	(void)unused;
	if (pthread_create(&thread, NULL, join_cancelled, &rc) || pthread_join(thread, &end))
		return 1;
	return rc ? 2 : end != PTHREAD_CANCELED ? 3 : act_try(0) || act_unlock(0) ? 4 : 0;
}

/* Nor is a thread's first call, which reads files of /proc. */
static void cancelled_at_the_first_call(void **state)
{
	puppet_t *p = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_do(p, cancel_a_joiner, 0), 0);
	puppet_end(p);
}

static void *hold_and_be_cancelled(void *arg)
{
	uint32_t *stage = arg;

	if (!act_lock(0) && !act_lock(1))
		PAWL_STORE(stage, 1u, RELEASE);
	for (;;)
		pause();
	return NULL;
}

static int cancel_a_holder(long unused)
{
	pthread_t thread;
	uint32_t stage = 0;

	(void)unused;
	if (pthread_create(&thread, NULL, hold_and_be_cancelled, &stage) || !kids_until(&stage, 1))
		return -1;
	pthread_cancel(thread);
	return pthread_join(thread, NULL);
}

/* A thread that is cancelled while it holds two locks has died. */
static void cancelled_holder(void **state)
{
	puppet_t *p = puppet_new(cancel_a_holder, 0), *other = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	assert_int_equal(puppet_do(other, act_timed, 0), EOWNERDEAD);
	assert_int_equal(puppet_do(p, act_try, 1), EOWNERDEAD);
	puppet_end(p);
	puppet_end(other);
}

/* ---- destructors of thread-specific data ---- */

enum { EARLY, LATE, KEYS };
static pthread_key_t key[KEYS]; /* one made before the library can have made its own, one after */
static uint32_t destroyed[KEYS];

static void use_in_destructor(void *arg)
{
	long i = (long)(intptr_t)arg;

	if (act_unlock(i) == 0 && act_timed(i) == 0 && act_unlock(i) == 0)
		PAWL_FETCH_ADD(&destroyed[i - 1], 1u, RELAXED); /* read after the join */
}

static void *leave_it_to_destructors(void *unused)
{
	(void)unused;
	for (int k = 0; k < KEYS; k++)
		if (act_timed(k + 1) || pthread_setspecific(key[k], (void *)(intptr_t)(k + 1)))
			return &key;
	return NULL;
}

/* What a thread holds when it ends may still be given up, taken again and given up by its destructors, in whichever order
 * they run; only then it counts as one that died. */
static int end_threads(long rounds)
{
	for (long n = 0; n < rounds; n++) {
		pthread_t thread;
		void *end = NULL;

		if (pthread_create(&thread, NULL, leave_it_to_destructors, NULL) || pthread_join(thread, &end) || end)
			return 1;
	}
	for (int k = 0; k < KEYS; k++)
		if (destroyed[k] != rounds)
			return 2 + k;
	return 0;
}

static int destructors_in_puppet(long rounds)
{
	if (pthread_key_create(&key[LATE], use_in_destructor))
		return -1;
	return end_threads(rounds);
}

static void destructors(void **state)
{
	puppet_t *p = puppet_new(destructors_in_puppet, 100);
	pawl_space_stats_t stats;

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	for (long i = 1; i <= KEYS; i++) {
		assert_int_equal(pawl_robust_lock(acts_space, acts_robust(i), PAWL_TRY), 0);
		assert_int_equal(act_unlock(i), 0);
	}
	assert_int_equal(pawl_space_stats(acts_space, &stats), 0);
	assert_true(stats.threads <= 2); /* 100 threads have left nothing alive */
	puppet_end(p);
}

/* ---- a lone thread dies, its siblings wait ---- */

static void *sibling_waits(void *arg)
{
	int *rc = arg;

	*rc = act_timed(0);
	if (pawl_acquired(*rc)) {
		act_consistent(0);
		act_unlock(0);
	}
	return NULL;
}

static void *sibling_dies(void *arg)
{
	uint32_t *stage = arg;

	if (act_lock(0) == 0)
		PAWL_STORE(stage, 1u, RELEASE);
	return kids_until(stage, 2) ? NULL : stage;
}

static int siblings(long unused)
{
	pthread_t owner, waiter[3];
	uint32_t stage = 0;
	int rc[3], dead = 0;

	(void)unused;
	if (pthread_create(&owner, NULL, sibling_dies, &stage) || !kids_until(&stage, 1))
		return -1;
	for (int n = 0; n < 3; n++)
		if (pthread_create(&waiter[n], NULL, sibling_waits, &rc[n]))
			return -2;
	kids_nap_us(20000);
	PAWL_STORE(&stage, 2u, RELEASE);
	pthread_join(owner, NULL);
	for (int n = 0; n < 3; n++) {
		pthread_join(waiter[n], NULL);
		dead += rc[n] == EOWNERDEAD;
		if (!pawl_acquired(rc[n]))
			return -3;
	}
	return dead;
}

/* The first of them gets EOWNERDEAD, the others a lock that was made consistent. */
static void siblings_of_a_dead_thread(void **state)
{
	(void)state;
	for (int n = 0; n < 4; n++) {
		puppet_t *p;

		pawl__tune.slice_ns = n & 1 ? PAWL_FOREVER : 50000000;
		p = puppet_new(siblings, 0);
		assert_int_equal(puppet_answer(p), 1);
		puppet_end(p);
	}
	pawl__tune.slice_ns = 50000000;
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
		TEST(unmapped_by_the_next_owner),
		TEST(reused_by_the_next_owner),
		TEST(five_thousand_held),
		TEST(five_thousand_names_held),
		TEST(signals),
		TEST(cancellation),
		TEST(cancelled_at_the_first_call),
		TEST(cancelled_holder),
		TEST(destructors),
		TEST(siblings_of_a_dead_thread),
	};

	alarm(240);
	pthread_key_create(&key[EARLY], use_in_destructor);
	return cmocka_run_group_tests_name("storm", tests, begin, end);
}
