/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_lock_deaths.c: what a lock with a remote promises when its owners, those who wait for it, and keepers die or are stopped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "pair.h"

static int by_size(const void *x, const void *y)
{
	int64_t p = *(const int64_t *)x, q = *(const int64_t *)y;

	return p < q ? -1 : p > q;
}

static void a_dead_owner_is_told_of_on_the_other_host(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	puppet_kill(pair_a);
	assert_int_equal(puppet_do(pair_b, peer_take, 0), 0); /* as soon as the lease is over */
	assert_true(hosts->deaths == 1);
	assert_int_equal(puppet_do(pair_b, peer_give, 0), 0);
	pair_a = hosts_process(0);
	assert_non_null(pair_a);
}

static void be_without_handoffs(void)
{
	hosts->no_handoffs = true;
}

static int begin_without_handoffs(void **state)
{
	(void)state;
	return pair_begin_with(be_without_handoffs);
}

static int is_revoked(long lock)
{
	pawl_lock_info_t info;

	return pawl_lock_info(peer_lock[lock], &info) ? -1 : info.revoked;
}

/* The bound of hand-offs is for who takes over from the dead, too. */
static void who_dies_inside_does_not_hand_the_lease_on(void **state)
{
	puppet_t *c = hosts_process(0);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	puppet_ask(pair_b, peer_take, 0);
	pair_until(c, is_revoked, 0, 1);
	puppet_ask(c, peer_take, 0);
	assert_true(puppet_asleep(c));
	puppet_kill(pair_a);
	pair_a = c; /* in its place, whatever comes */
	assert_int_equal(puppet_answer(pair_b), 0);
	assert_false(puppet_done(c));
	assert_int_equal(puppet_do(pair_b, peer_give, 0), 0);
	assert_int_equal(puppet_answer(c), 0);
	assert_true(c->extra > pair_b->extra);
	assert_in_range(hosts->deaths, 1, 2); /* told twice if the keeper saw the corpse before c did: seat.h */
	assert_int_equal(puppet_do(c, peer_give, 0), 0);
	assert_int_equal(puppet_do(c, peer_work, 0), 0); /* nothing is left to be mended */
}

static int take_raw(long lock) PAWL_NO_ANALYSIS
{
	pawl_grant_t grant;

	return pawl_lock_acquire(peer_lock[lock], pawl_in_ms(KIDS_PATIENCE_MS), &grant);
}

static int give_raw(long lock) PAWL_NO_ANALYSIS
{
	return pawl_lock_release(peer_lock[lock]);
}

/* Poison stays on its host: what it is about is a death, and that is for whoever has the lock next. */
static void what_nobody_repaired_is_told_on_the_other_host(void **state)
{
	puppet_t *c = hosts_process(0);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(pair_a, take_raw, 0), 0);
	puppet_kill(pair_a);
	pair_a = c;
	assert_int_equal(puppet_do(c, take_raw, 0), EOWNERDEAD);
	assert_int_equal(puppet_do(c, give_raw, 0), 0);
	assert_int_equal(puppet_do(c, take_raw, 0), ENOTRECOVERABLE);
	assert_int_equal(puppet_do(pair_b, take_raw, 0), EOWNERDEAD);
	assert_int_equal(puppet_do(pair_b, give_raw, 0), 0);
}

static void *take_in_vain(void *lock)
{
	peer_take((long)lock);
	return NULL;
}

static int take_twice(long lock)
{
	pthread_t thread[2];

	return pthread_create(&thread[0], NULL, take_in_vain, (void *)lock) ||
	       pthread_create(&thread[1], NULL, take_in_vain, (void *)lock);
}

static int is_waited_for(long lock)
{
	pawl_lock_info_t info;

	return pawl_lock_info(peer_lock[lock], &info) ? -1 : info.asking && info.waiters > 0;
}

/* One asks, one waits behind it; the bit that says so outlives both. */
static void who_dies_waiting_leaves_no_place_in_the_queue(void **state)
{
	puppet_t *c = hosts_process(0);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(pair_b, peer_take, 0), 0);
	assert_int_equal(puppet_do(c, take_twice, 0), 0);
	pair_until(c, is_waited_for, 0, 1);
	pair_until(pair_a, peer_tenure, 0, PAWL_TENURE_QUEUED);
	puppet_kill(c);
	pair_until(pair_a, peer_tenure, 0, PAWL_TENURE_NONE);
	assert_int_equal(puppet_do(pair_b, peer_give, 0), 0);
}

/* It was never inside: nothing is half done. */
static void who_dies_waiting_is_no_dead_owner(void **state)
{
	puppet_t *c = hosts_process(0);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(pair_b, peer_take, 0), 0);
	puppet_ask(c, peer_take, 0);
	assert_true(puppet_asleep(c));
	pair_until(pair_a, peer_tenure, 0, PAWL_TENURE_QUEUED);
	puppet_kill(c);
	pair_until(pair_a, peer_tenure, 0, PAWL_TENURE_NONE); /* nobody wants it any more: the place is given up */
	puppet_ask(pair_a, peer_take, 0);
	assert_true(puppet_asleep(pair_a));
	assert_int_equal(puppet_do(pair_b, peer_give, 0), 0);
	assert_int_equal(puppet_answer(pair_a), 0);
	assert_true(hosts->deaths == 0);
	assert_int_equal(puppet_do(pair_a, peer_give, 0), 0);
}

static void a_dead_keeper_is_replaced_and_the_lease_goes_on(void **state)
{
	puppet_t *c = hosts_process(0);
	uint64_t hi;

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(c, peer_take, 0), 0);
	hi = c->extra;
	assert_int_equal(puppet_do(c, peer_keeper, 0), pair_a->pid);
	puppet_kill(pair_a);
	pair_until(c, peer_keeper, 0, c->pid);
	kids_nap_us(2500000); /* two and a half lives of the lease */
	assert_int_equal(puppet_do(c, peer_valid, 0), 0);
	assert_int_equal(puppet_do(c, peer_give, 0), 0);
	assert_int_equal(puppet_do(c, peer_take, 0), 0);
	assert_true(c->extra == hi); /* the same tenure */
	assert_int_equal(puppet_do(pair_b, peer_try, 0), EBUSY);
	assert_int_equal(puppet_do(c, peer_give, 0), 0);
	pair_a = c;
}

/* How soon is printed, not judged. */
static void keepers_follow_each_other(void **state)
{
	enum { TIMES = 25 };
	puppet_t *c = hosts_customer(0), *next;
	int64_t took[TIMES];

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(c, peer_take, 0), 0);
	for (int i = 0; i < TIMES; i++, pair_a = next) {
		next = hosts_process(0);
		assert_non_null(next);
		took[i] = kids_now_ns();
		puppet_kill(pair_a);
		while (puppet_do(c, peer_keeper, 0) != next->pid)
			assert_true(kids_now_ns() < took[i] + KIDS_PATIENCE_MS * INT64_C(1000000));
		took[i] = kids_now_ns() - took[i];
	}
	qsort(took, TIMES, sizeof(*took), by_size);
	printf("# SIGKILL of the keeper until the next is in charge: median %.2f ms, most %.2f ms of %d\n",
		(double)took[TIMES / 2] / 1e6, (double)took[TIMES - 1] / 1e6, TIMES);
	assert_int_equal(puppet_do(c, peer_valid, 0), 0);
	assert_int_equal(puppet_do(pair_b, peer_try, 0), EBUSY);
	assert_int_equal(puppet_do(c, peer_give, 0), 0);
	puppet_end(c);
}

/* The keeper is stopped: nobody renews, nobody says so. The owner finds out by its own clock, and before another host is in. */
static void a_stopped_keeper_costs_the_lease(void **state)
{
	puppet_t *c = hosts_process(0);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(c, peer_take, 0), 0);
	assert_int_equal(puppet_do(c, peer_keeper, 0), pair_a->pid);
	hosts->forgiving = true;
	kill(pair_a->pid, SIGSTOP);
	puppet_ask(pair_b, peer_take, 0);
	pair_until(c, peer_valid, 0, ESTALE);
	assert_int_equal(puppet_answer(pair_b), 0);
	assert_int_equal(puppet_do(c, peer_give, 0), ESTALE);
	assert_true(hosts->losses == 1);
	kill(pair_a->pid, SIGCONT);
	assert_int_equal(puppet_do(pair_b, peer_give, 0), 0);
	assert_int_equal(puppet_do(c, peer_work, 0), 0);
	puppet_end(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(a_dead_owner_is_told_of_on_the_other_host),
		cmocka_unit_test_setup_teardown(who_dies_inside_does_not_hand_the_lease_on, begin_without_handoffs, pair_end),
		PAIR_TEST(what_nobody_repaired_is_told_on_the_other_host),
		PAIR_TEST(who_dies_waiting_leaves_no_place_in_the_queue),
		PAIR_TEST(who_dies_waiting_is_no_dead_owner),
		PAIR_TEST(a_dead_keeper_is_replaced_and_the_lease_goes_on),
		PAIR_TEST(keepers_follow_each_other),
		PAIR_TEST(a_stopped_keeper_costs_the_lease),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
