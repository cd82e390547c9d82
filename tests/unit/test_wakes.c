/* SPDX-License-Identifier: BSD-2-Clause */
/** test_wakes.c: the ways (E1 to E7) in which waiters that sleep on a lock and on its owner's token could be left asleep
 * when somebody dies at the wrong moment. Each is played with the re-validation slice switched off, where a lost wake-up
 * is a test that hangs; with the usual slice, where the space's own count of waiters that had to rescue themselves tells;
 * and without futex_waitv, where only short slices are left.
 *
 * In all of them A holds lock 0 and W1, W2, W3 fall asleep on it in this order, so all of them watch A's token.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/point.h"
#include "core/tune.h"

#include "../lib/kids_acts.h"

#define POINT_WOKEN    "robust/woken"
#define POINT_RELEASED "robust/given"

enum { WAITERS = 5, ROUNDS = 5 };

static puppet_t *a, *w[WAITERS];
static int waiters;
static puppet_t *stopped;

static void cast(int n)
{
	waiters = n;
	a = puppet_new(act_lock, 0);
	for (int k = 0; k < n; k++)
		w[k] = puppet_new(NULL, 0);
	assert_int_equal(puppet_answer(a), 0);
}

static void fall_asleep(int k, puppet_act *act, long lock)
{
	puppet_ask(w[k], act, lock);
	assert_true(puppet_asleep(w[k]));
}

static void all_asleep(int n)
{
	cast(n);
	for (int k = 0; k < n; k++)
		fall_asleep(k, act_lock, 0);
}

static void gone(int k)
{
	w[k] = NULL;
}

/* The waiter that has an answer; the others go on waiting. */
static int whose_turn(void)
{
	int64_t until = kids_now_ns() + (int64_t)KIDS_PATIENCE_MS * 1000000;

	while (kids_now_ns() < until) {
		for (int k = 0; k < waiters; k++)
			if (w[k] && puppet_done(w[k]))
				return k;
		kids_nap_us(20);
	}
	fail_msg("nobody was woken");
	return -1;
}

static int kill_owner(void)
{
	int k = whose_turn(), rc = puppet_answer(w[k]);

	puppet_kill(w[k]);
	gone(k);
	return rc;
}

/* Owner after owner gives it up in order; the first may have news of a death. */
static void drain(int first)
{
	int left = 0;

	for (int k = 0; k < waiters; k++)
		left += w[k] != NULL;
	for (int n = 0; n < left; n++) {
		int k = whose_turn();

		assert_int_equal(puppet_answer(w[k]), n ? 0 : first);
		if (n == 0 && first == EOWNERDEAD)
			assert_int_equal(puppet_do(w[k], act_consistent, 0), 0);
		assert_int_equal(puppet_do(w[k], act_unlock, 0), 0);
		puppet_end(w[k]);
		gone(k);
	}
}

/* E1: A gives up, W1 owns; W2 or W3 may still watch A, who lives. W1 is killed. */
static void e1(void)
{
	all_asleep(3);
	assert_int_equal(puppet_do(a, act_unlock, 0), 0);
	assert_int_equal(kill_owner(), 0);
	drain(EOWNERDEAD);
	puppet_end(a);
}

/* E2: a fourth waits for lock 1, which A holds as well. A gives up lock 0 and dies with lock 1: the kernel wakes one of those
 * who watch A, and that may be one whose lock A has long given up. */
static void e2(void)
{
	int last = 3, owner;

	cast(4);
	assert_int_equal(puppet_do(a, act_lock, 1), 0);
	for (int k = 0; k < last; k++)
		fall_asleep(k, act_lock, 0);
	fall_asleep(last, act_lock, 1);
	assert_int_equal(puppet_do(a, act_unlock, 0), 0);
	owner = whose_turn();
	puppet_kill(a);
	assert_int_equal(puppet_answer(w[last]), EOWNERDEAD);
	assert_int_equal(puppet_do(w[last], act_consistent, 1), 0);
	assert_int_equal(puppet_do(w[last], act_unlock, 1), 0);
	puppet_end(w[last]);
	gone(last);
	assert_true(owner != last);
	drain(0);
}

static int arm_kill(long label)
{
	pawl__point_arm((const char *)(uintptr_t)label, 1, PAWL__POINT_KILL);
	return 0;
}

/* Fork keeps addresses, so a label is a number that can be passed on. */
static long label(const char *text)
{
	for (unsigned i = 0; i < pawl__point_count(); i++)
		if (strcmp(pawl__point_label(i), text) == 0)
			return (long)(uintptr_t)pawl__point_label(i);
	fail_msg("no such point: %s", text);
	return 0;
}

static int arm_stop(long label)
{
	pawl__point_arm((const char *)(uintptr_t)label, 1, PAWL__POINT_STOP);
	return 0;
}

/* E3: A gives up, and the waiter that is woken first is killed, or stopped, before it takes the lock, which is free now. */
static void e3_with(puppet_act *arm)
{
	cast(3);
	puppet_do(w[0], arm, label(POINT_WOKEN));
	for (int k = 0; k < 3; k++)
		fall_asleep(k, act_lock, 0);
	assert_int_equal(puppet_do(a, act_unlock, 0), 0);
	if (arm == arm_kill)
		assert_int_equal(puppet_reap(w[0]), KIDS_SIGNAL + SIGKILL);
	stopped = arm == arm_stop ? w[0] : NULL;
	gone(0);
	drain(0);
	if (stopped) { /* go on, whenever it comes to be stopped: it finds the lock free */
		for (int ms = 0; ms < KIDS_PATIENCE_MS && !puppet_done(stopped); ms++) {
			kill(stopped->pid, SIGCONT);
			kids_nap_us(1000);
		}
		assert_int_equal(puppet_answer(stopped), 0);
		puppet_end(stopped);
	}
	puppet_end(a);
}

static void e3(void)
{
	e3_with(arm_kill);
	acts_mutex[0] = (pawl_robust_t){ .word = 0 };
	e3_with(arm_stop);
}

/* E4: W1 dies with the lock, W2 takes over and dies with it, and so on: those who still sleep watch others. */
static void e4(void)
{
	all_asleep(WAITERS);
	assert_int_equal(puppet_do(a, act_unlock, 0), 0);
	assert_int_equal(kill_owner(), 0);
	for (int n = 2; n < WAITERS; n++)
		assert_int_equal(kill_owner(), EOWNERDEAD);
	drain(EOWNERDEAD);
	puppet_end(a);
}

static int act_soon(long i)
{
	uint64_t token;

	return acts_take(i, pawl_in_ms(300), &token);
}

/* E5: W1 owns; W2, the only one who watches W1, gives up waiting; then W1 is killed. */
static void e5(void)
{
	int owner, rc;

	cast(3);
	fall_asleep(0, act_lock, 0);
	fall_asleep(1, act_soon, 0);
	fall_asleep(2, act_lock, 0);
	assert_int_equal(puppet_do(a, act_unlock, 0), 0);
	owner = whose_turn();
	rc = puppet_answer(w[1]);
	assert_true(owner == 1 ? rc == 0 : rc == ETIMEDOUT);
	puppet_kill(w[owner]);
	gone(owner);
	if (owner != 1) {
		puppet_end(w[1]);
		gone(1);
	}
	drain(EOWNERDEAD);
	puppet_end(a);
}

/* E6: as E1, but W1 is killed inside its release, after the store that frees the lock and before the wake. */
static void e6(void)
{
	int owner;

	all_asleep(3);
	assert_int_equal(puppet_do(a, act_unlock, 0), 0);
	owner = whose_turn();
	puppet_do(w[owner], arm_kill, label(POINT_RELEASED));
	puppet_ask(w[owner], act_unlock, 0);
	assert_int_equal(puppet_reap(w[owner]), KIDS_SIGNAL + SIGKILL);
	gone(owner);
	drain(0);
	puppet_end(a);
}

static int spin_first(long ns)
{
	pawl__tune.spin_ns = ns;
	return 0;
}

/* E2, and the one whom the kernel wakes finds its own lock free while it still spins: the two that were woken to take that
 * are stopped on their way. It must look back all the same. */
static void e7(void)
{
	cast(4);
	assert_int_equal(puppet_do(a, act_lock, 1), 0);
	for (int k = 0; k < 2; k++)
		puppet_do(w[k], arm_stop, label(POINT_WOKEN));
	puppet_do(w[2], spin_first, 25000);
	for (int k = 0; k < 3; k++)
		fall_asleep(k, act_lock, 0);
	fall_asleep(3, act_lock, 1);
	assert_int_equal(puppet_do(a, act_unlock, 0), 0);
	kids_nap_us(10000); /* the two are woken, and stop */
	puppet_kill(a);
	assert_int_equal(puppet_answer(w[2]), 0);
	assert_int_equal(puppet_answer(w[3]), EOWNERDEAD);
	assert_int_equal(puppet_do(w[3], act_consistent, 1), 0);
	assert_int_equal(puppet_do(w[3], act_unlock, 1), 0);
	puppet_end(w[3]);
	gone(3);
	for (int k = 0; k < 2; k++)
		kill(w[k]->pid, SIGCONT);
	drain(0);
}

static void (*const scenes[])(void) = { e1, e2, e3, e4, e5, e6, e7 };

static void play(int n, int64_t slice_ns, bool no_waitv, bool rescues)
{
	const struct pawl__tune usual = pawl__tune;
	pawl_space_stats_t stats;

	pawl__tune.spin_ns = 0;
	pawl__tune.slice_ns = slice_ns;
	pawl__tune.no_waitv = no_waitv;
	assert_int_equal(acts_begin(), 0);
	for (int round = 0; round < ROUNDS; round++) {
		scenes[n]();
		acts_mutex[0] = acts_mutex[1] = (pawl_robust_t){ .word = 0 };
	}
	assert_int_equal(pawl_space_stats(acts_space, &stats), 0);
	print_message("# rescued by the slice: %d of %d rounds\n", (int)stats.rescued_by_slice, ROUNDS);
	assert_true(rescues || stats.rescued_by_slice < ROUNDS / 2); /* a slice may end just then by chance */
	assert_int_equal(pawl_space_check(acts_space), 0);
	assert_int_equal(acts_end(), 0);
	pawl__tune = usual;
}

static void without_slice(void **state)
{
	play((int)(intptr_t)*state, PAWL_FOREVER, false, false);
}

static void with_slice(void **state)
{
	play((int)(intptr_t)*state, 50000000, false, false);
}

static void without_waitv(void **state)
{
	play((int)(intptr_t)*state, 50000000, true, true);
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

#define SCENE(n)                                                                                                       \
	{ "E" #n "_without_slice", without_slice, NULL, NULL, (void *)(n - 1) },                                       \
		{ "E" #n "_with_slice", with_slice, NULL, NULL, (void *)(n - 1) },                                     \
	{                                                                                                              \
		"E" #n "_without_waitv", without_waitv, NULL, NULL, (void *)(n - 1)                                    \
	}

int main(void)
{
	const struct CMUnitTest tests[] = { SCENE(1), SCENE(2), SCENE(3), SCENE(4), SCENE(5), SCENE(6),
		{ "E7_without_slice", without_slice, NULL, NULL, (void *)6 } };

	alarm(240);
	return cmocka_run_group_tests_name("wakes", tests, begin, end);
}
