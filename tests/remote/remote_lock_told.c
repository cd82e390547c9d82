/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_lock_told.c: owners are told that they have lost a lease; who waits is told that the service is away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "pair.h"

static uint32_t told;

static void count(pawl_lock_t *lock, void *arg)
{
	(void)arg;
	if (lock == peer_lock[0])
		PAWL_FETCH_ADD(&told, 1u, RELAXED);
}

static int be_told(long lock)
{
	return pawl_lock_on_lost(peer_lock[lock], count, NULL);
}

static int how_often_told(long unused)
{
	(void)unused;
	return (int)PAWL_LOAD(&told, RELAXED);
}

static int wait_for_descriptor(long lock)
{
	struct pollfd p = { .fd = pawl_lock_lost_fd(peer_lock[lock]), .events = POLLIN };

	return p.fd >= 0 && poll(&p, 1, KIDS_PATIENCE_MS) == 1 ? 0 : -1;
}

static void a_lost_lease_is_told_once(void **state)
{
	(void)state;
	hosts->forgiving = true;
	assert_int_equal(puppet_do(pair_a, be_told, 0), 0);
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	assert_int_equal(puppet_do(pair_a, how_often_told, 0), 0);
	hosts_cut(true);
	assert_int_equal(puppet_do(pair_a, wait_for_descriptor, 0), 0);
	pair_until(pair_a, how_often_told, 0, 1);
	assert_int_equal(puppet_do(pair_a, peer_valid, 0), ESTALE);
	kids_nap_us(300000);
	assert_int_equal(puppet_do(pair_a, how_often_told, 0), 1);
	hosts_cut(false);
	assert_int_equal(puppet_do(pair_a, peer_give, 0), ESTALE);
	assert_int_equal(puppet_do(pair_a, peer_work, 0), 0);
	assert_int_equal(puppet_do(pair_a, how_often_told, 0), 1);
}

static void a_service_that_is_away_is_said_to_be(void **state)
{
	(void)state;
	hosts_cut(true);
	assert_int_equal(puppet_do(pair_a, peer_try, 0), EHOSTUNREACH);
	assert_int_equal(puppet_do(pair_a, peer_briefly, 0), EHOSTUNREACH);
	puppet_ask(pair_a, peer_take, 0);
	kids_nap_us(100000);
	assert_false(puppet_done(pair_a));
	hosts_cut(false);
	assert_int_equal(puppet_answer(pair_a), 0);
	assert_int_equal(puppet_do(pair_a, peer_give, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(a_lost_lease_is_told_once),
		PAIR_TEST(a_service_that_is_away_is_said_to_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
