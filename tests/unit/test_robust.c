/* SPDX-License-Identifier: BSD-2-Clause */
/** test_robust.c: the rules of one lock while nobody dies: who may unlock, recursion, try, deadlines, tokens; and what
 * PAWL_AUTO_RECOVER changes when somebody does die. Robust mutexes and named locks side by side. (test_death.c has the
 * table of deaths, test_storm.c the rough company: signals, cancellation, memory that goes away.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "core/tune.h"
#include "space/word.h"

#include "../lib/kids_acts.h"

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

struct call {
	puppet_act *act;
	long arg;
	int rc;
};

static void *make_call(void *arg)
{
	struct call *call = arg;

	call->rc = call->act(call->arg);
	return NULL;
}

/* What the act answers in another thread of this process. */
static int elsewhere(puppet_act *act, long arg)
{
	struct call call = { act, arg, -1 };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, make_call, &call), 0);
	pthread_join(thread, NULL);
	return call.rc;
}

static int take(long i)
{
	uint64_t token;

	return acts_take(i, PAWL_FOREVER, &token);
}

static int take_try(long i)
{
	uint64_t token;

	return acts_take(i, PAWL_TRY, &token);
}

static int take_briefly(long i)
{
	pawl_deadline_t deadline = pawl_in_ms(30);
	uint64_t token;
	int rc = acts_take(i, deadline, &token);

	return rc == ETIMEDOUT && kids_now_ns() < deadline ? EPROTO : rc;
}

/* ---- who may do what ---- */

static int nothing_allowed(long i)
{
	return act_unlock(i) != EPERM ? 1 : act_consistent(i) != EPERM ? 2 : act_reset(i) != EINVAL ? 3 : 0;
}

static void check_only_the_owner(long i)
{
	puppet_t *before = puppet_new(NULL, 0), *child;

	assert_int_equal(nothing_allowed(i), 0); /* nobody has it */
	assert_int_equal(take(i), 0);
	child = puppet_new(NULL, 0); /* of the owner */
	assert_int_equal(elsewhere(nothing_allowed, i), 0);
	assert_int_equal(puppet_do(before, nothing_allowed, i), 0);
	assert_int_equal(puppet_do(child, nothing_allowed, i), 0);
	assert_int_equal(puppet_do(child, act_try, i), EBUSY);
	assert_int_equal(act_consistent(i), EINVAL);
	assert_int_equal(act_unlock(i), 0);
	assert_int_equal(nothing_allowed(i), 0);
	puppet_end(before);
	puppet_end(child);
}

static void only_the_owner(void **state)
{
	(void)state;
	check_only_the_owner(0);
	check_only_the_owner(RECURSIVE);
	check_only_the_owner(NAMED);
	check_only_the_owner(NAMED + RECURSIVE + 1);
}

static void check_no_self_deadlock(long i)
{
	assert_int_equal(take(i), 0);
	assert_int_equal(take(i), EDEADLK);
	assert_int_equal(take_briefly(i), EDEADLK);
	assert_int_equal(take_try(i), EDEADLK);
	assert_int_equal(act_unlock(i), 0);
	assert_int_equal(act_unlock(i), EPERM);
}

static void no_self_deadlock(void **state)
{
	(void)state;
	check_no_self_deadlock(0);
	check_no_self_deadlock(NAMED);
}

/* ---- recursion ---- */

static void check_recursion(long i)
{
	uint64_t first, token;
	unsigned depth = 1;
	int rc;

	assert_int_equal(acts_take(i, PAWL_TRY, &first), 0);
	while (depth < 1u << 20 && !(rc = acts_take(i, depth & 1 ? PAWL_FOREVER : PAWL_TRY, &token))) {
		assert_true(token == first);
		depth++;
	}
	assert_int_equal(rc, EAGAIN);
	assert_true(depth > 1000);
	assert_int_equal(acts_take(i, PAWL_FOREVER, &token), EAGAIN);
	while (--depth)
		assert_int_equal(act_unlock(i), 0);
	assert_int_equal(elsewhere(take_try, i), EBUSY); /* not before the last */
	assert_int_equal(act_unlock(i), 0);
	assert_int_equal(act_unlock(i), EPERM);
	assert_int_equal(acts_take(i, PAWL_TRY, &token), 0);
	assert_true(token > first);
	assert_int_equal(act_unlock(i), 0);
}

static void recursion(void **state)
{
	(void)state;
	check_recursion(RECURSIVE);
	check_recursion(NAMED + RECURSIVE);
}

static int take_thrice(long i)
{
	int rc = act_lock(i);

	return rc ? rc : act_lock(i) ? 1 : act_lock(i);
}

/* The depth dies with the owner: the next one has it once. */
static void check_recursive_death(long i)
{
	puppet_t *p = puppet_new(NULL, 0);

	assert_int_equal(puppet_do(p, take_thrice, i), 0);
	puppet_kill(p);
	assert_int_equal(take_try(i), EOWNERDEAD);
	assert_int_equal(take_try(i), 0); /* re-entry does not repeat the news */
	assert_int_equal(act_unlock(i), 0);
	assert_int_equal(act_consistent(i), 0);
	assert_int_equal(act_unlock(i), 0);
	assert_int_equal(act_unlock(i), EPERM);
}

static void recursive_death(void **state)
{
	(void)state;
	check_recursive_death(RECURSIVE);
	check_recursive_death(NAMED + RECURSIVE);
}

/* ---- try and deadlines ---- */

static void try_changes_no_bit(void **state)
{
	puppet_t *holder = puppet_new(act_lock, 0);
	pawl_robust_t before;

	(void)state;
	assert_int_equal(puppet_answer(holder), 0);
	before = acts_mutex[0];
	for (int n = 0; n < 70000; n++) /* beyond what 16 bits can count */
		assert_int_equal(pawl_robust_lock(acts_space, &acts_mutex[0], PAWL_TRY), EBUSY);
	assert_memory_equal(&before, &acts_mutex[0], sizeof(before));
	puppet_end(holder);
}

static void check_deadline(long i)
{
	puppet_t *holder = puppet_new(act_lock, i);
	uint64_t token;
	int64_t since;

	assert_int_equal(puppet_answer(holder), 0);
	for (int n = 0; n < 3; n++)
		assert_int_equal(take_briefly(i), ETIMEDOUT);
	since = kids_now_ns();
	assert_int_equal(acts_take(i, pawl_in_ns(0), &token), ETIMEDOUT); /* passed: one attempt, no wait */
	assert_int_equal(acts_take(i, pawl_in_ms(-5), &token), ETIMEDOUT);
	assert_int_equal(acts_take(i, 1, &token), ETIMEDOUT);
	assert_true(kids_now_ns() - since < (int64_t)KIDS_PATIENCE_MS * 1000000);
	puppet_kill(holder);
	assert_int_equal(acts_take(i, 1, &token), EOWNERDEAD); /* the attempt sees a death, too */
	assert_int_equal(act_consistent(i), 0);
	assert_int_equal(act_unlock(i), 0);
	assert_int_equal(acts_take(i, 1, &token), 0);
	assert_int_equal(act_unlock(i), 0);
}

static void deadlines(void **state)
{
	(void)state;
	check_deadline(0);
	check_deadline(NAMED);
	check_deadline(RECURSIVE);
}

/* A waiter whose deadline passes leaves nothing behind that keeps the others from being woken. */
static void time_outs_lose_no_wake(void **state)
{
	puppet_t *holder = puppet_new(act_lock, 0), *hasty = puppet_new(NULL, 0), *patient = puppet_new(NULL, 0);

	(void)state;
	for (int round = 0; round < 20; round++) {
		assert_int_equal(puppet_answer(holder), 0);
		puppet_ask(hasty, act_briefly, 0);
		puppet_ask(patient, act_lock, 0);
		assert_true(puppet_asleep(patient));
		assert_int_equal(puppet_answer(hasty), ETIMEDOUT);
		assert_int_equal(puppet_do(holder, act_unlock, 0), 0);
		assert_int_equal(puppet_answer(patient), 0);
		puppet_ask(holder, act_lock, 0);
		assert_int_equal(puppet_do(patient, act_unlock, 0), 0);
	}
	assert_int_equal(puppet_answer(holder), 0);
	puppet_end(hasty);
	puppet_end(patient);
	puppet_end(holder);
}

/* ---- what an init gives ---- */

static void bad_init(void **state)
{
	static uint64_t room[4];
	char *bytes = (char *)room;

	(void)state;
	assert_int_equal(pawl_robust_init((pawl_robust_t *)(void *)room, PAWL_RECURSIVE), 0);
	assert_int_equal(pawl_robust_init((pawl_robust_t *)(void *)room, 0x80000000u), EINVAL);
	assert_int_equal(pawl_robust_init((pawl_robust_t *)(void *)room, PAWL_AUTO_RECOVER), EINVAL);
	assert_int_equal(pawl_robust_init((pawl_robust_t *)(uintptr_t)(bytes + 4), 0), EINVAL);
}

static void zero_filled_is_free(void **state)
{
	pawl_robust_t *zero = kids_map(sizeof(*zero));

	(void)state;
	for (uint64_t n = 1; n < 100; n++) {
		assert_int_equal(pawl_robust_lock(acts_space, zero, PAWL_FOREVER), 0);
		assert_true(pawl_robust_fence(zero).lo == n);
		assert_true(pawl_robust_fence(zero).hi == 0);
		assert_int_equal(pawl_robust_unlock(acts_space, zero), 0);
	}
	kids_unmap(zero, sizeof(*zero));
}

/* Tokens of memory that is prepared again are larger than those of its former life. */
static void init_again_goes_on(void **state)
{
	uint64_t last = 0, token;

	(void)state;
	for (int n = 0; n < 20; n++) {
		assert_int_equal(pawl_robust_init(&acts_mutex[0], 0), 0);
		for (int k = 0; k < 10; k++) {
			assert_int_equal(acts_take(0, PAWL_TRY, &token), 0);
			assert_true(token > last);
			last = token;
			assert_int_equal(act_unlock(0), 0);
		}
	}
}

/* ---- AUTO_RECOVER ---- */

static void auto_recover(void **state)
{
	enum { LOCK = NAMED + AUTO };
	puppet_t *p = puppet_new(act_lock, LOCK), *waiter = puppet_new(NULL, 0);
	uint64_t token;

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	assert_false(p->extra & ACT_DIED);
	puppet_ask(waiter, act_lock, LOCK);
	assert_true(puppet_asleep(waiter));
	puppet_kill(p);
	assert_int_equal(puppet_answer(waiter), 0); /* never EOWNERDEAD, */
	assert_true(waiter->extra & ACT_DIED);      /* but the grant tells */
	assert_int_equal(puppet_do(waiter, act_consistent, LOCK), EINVAL);
	assert_int_equal(puppet_do(waiter, act_unlock, LOCK), 0); /* and poisons nothing */
	assert_int_equal(acts_take(LOCK, PAWL_TRY, &token), 0);
	assert_false(token & ACT_DIED);
	assert_true(token > (waiter->extra & ~ACT_DIED));
	assert_int_equal(act_unlock(LOCK), 0);
	puppet_end(waiter);
}

/* The flag belongs to the handle: through a handle without it the same death is EOWNERDEAD, and poison is poison to all. */
static void auto_recover_beside_plain(void **state)
{
	puppet_t *p = puppet_new(act_lock, NAMED + AUTO);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	puppet_kill(p);
	assert_int_equal(take_try(NAMED), EOWNERDEAD);
	assert_int_equal(act_unlock(NAMED), 0);
	assert_int_equal(take_try(NAMED + AUTO), ENOTRECOVERABLE);
	assert_int_equal(take_try(NAMED), ENOTRECOVERABLE);
	assert_int_equal(act_reset(NAMED + AUTO), 0);
	assert_int_equal(take_try(NAMED + AUTO), 0);
	assert_int_equal(act_unlock(NAMED + AUTO), 0);
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
		TEST(only_the_owner),
		TEST(no_self_deadlock),
		TEST(recursion),
		TEST(recursive_death),
		TEST(try_changes_no_bit),
		TEST(deadlines),
		TEST(time_outs_lose_no_wake),
		TEST(bad_init),
		TEST(zero_filled_is_free),
		TEST(init_again_goes_on),
		TEST(auto_recover),
		TEST(auto_recover_beside_plain),
	};

	alarm(240);
	return cmocka_run_group_tests_name("robust", tests, begin, end);
}
