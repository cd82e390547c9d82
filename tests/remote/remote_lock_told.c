/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_lock_told.c: owners are told that they have lost a lease; who waits is told that the service is away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>
#include <string.h>

#include "space/handle.h"

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

/* It does not have the whole URL, say, and could not be the keeper. */
static void a_mere_customer_is_told_as_well(void **state)
{
	puppet_t *c = hosts_customer(0);

	(void)state;
	assert_non_null(c);
	hosts->forgiving = true;
	assert_int_equal(puppet_do(c, be_told, 0), 0);
	assert_int_equal(puppet_do(c, peer_take, 0), 0);
	hosts_cut(true);
	assert_int_equal(puppet_do(c, wait_for_descriptor, 0), 0);
	pair_until(c, how_often_told, 0, 1);
	hosts_cut(false);
	assert_int_equal(puppet_do(c, peer_give, 0), ESTALE);
	assert_int_equal(puppet_do(c, peer_close, 0), 0);
	assert_int_equal(puppet_do(pair_a, peer_work, 0), 0);
	puppet_end(c);
}

/* It is given the URL later, while a thread of its own only watches. */
static int learn_the_url(long host)
{
	pawl_space_t *before = peer_space;
	int rc = be_told(0);

	kids_nap_us(20000);
	if (rc == 0)
		rc = peer_open(host);
	if (rc || peer_space != before)
		return -1;
	rc = peer_briefly(0);
	if (rc == 0)
		rc = peer_give(0);
	return peer_close(0) || peer_close(0) ? -2 : rc;
}

/* Not the first time perhaps, if others want the CPU. */
static void who_only_watched_can_be_the_keeper_at_once(void **state)
{
	int rc = -1;

	(void)state;
	for (int i = 0; i < 5 && rc != 0; i++) {
		puppet_t *c = hosts_customer(2);

		assert_non_null(c);
		rc = puppet_do(c, learn_the_url, 2);
		puppet_end(c);
	}
	assert_int_equal(rc, 0);
}

static int linger_fd;

static int leave_something(long lock)
{
	int rc = peer_take(lock);

	if (rc == 0)
		rc = pawl_lock_linger(peer_lock[lock], &linger_fd);
	return rc ? rc : peer_give(lock);
}

static int is_awaited(long lock)
{
	pawl_lock_info_t info;

	return pawl_lock_info(peer_lock[lock], &info) ? -1 : info.state == PAWL_STATE_LINGERING && info.pid != 0;
}

static int end_it(long unused)
{
	(void)unused;
	return close(linger_fd);
}

/* It has the slot, and waits for what the last owner left behind. */
static void who_was_not_granted_the_lock_has_nothing_to_lose(void **state)
{
	puppet_t *c = hosts_process(0);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(c, leave_something, 0), 0);
	assert_int_equal(puppet_do(pair_a, be_told, 0), 0);
	puppet_ask(pair_a, peer_work, 0);
	pair_until(c, is_awaited, 0, 1);
	hosts_cut(true);
	pair_until(c, peer_tenure, 0, PAWL_TENURE_LOST);
	kids_nap_us(300 * hosts->ttl_ms); /* it has looked, as its keeper and by its clock */
	hosts_cut(false);
	assert_int_equal(puppet_do(c, end_it, 0), 0);
	assert_int_equal(puppet_answer(pair_a), 0);
	assert_int_equal(puppet_do(pair_a, how_often_told, 0), 0);
	puppet_end(c);
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

/* The same handle, but nobody who wants to be told. */
static int close_and_open_again(long lock)
{
	int fd = pawl_lock_lost_fd(peer_lock[lock]), rc = pawl_lock_close(peer_lock[lock]);

	if (rc || fcntl(fd, F_GETFD) != -1)
		return rc ? rc : -1;
	return pawl_lock_open(peer_space, "orders/0", 0, &peer_lock[lock]);
}

static int close_inside(long lock)
{
	return pawl_lock_close(peer_lock[lock]);
}

static void who_has_closed_the_lock_is_not_told(void **state)
{
	(void)state;
	hosts->forgiving = true;
	assert_int_equal(puppet_do(pair_a, be_told, 0), 0);
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	assert_int_equal(puppet_do(pair_a, close_inside, 0), EBUSY);
	assert_int_equal(puppet_do(pair_a, peer_give, 0), 0);
	assert_int_equal(puppet_do(pair_a, close_and_open_again, 0), 0);
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	hosts_cut(true);
	pair_until(pair_a, peer_valid, 0, ESTALE);
	kids_nap_us(300 * hosts->ttl_ms);
	hosts_cut(false);
	assert_int_equal(puppet_do(pair_a, peer_give, 0), ESTALE);
	assert_int_equal(puppet_do(pair_a, how_often_told, 0), 0);
}

static uint32_t calls; /* begun; more than that, ended */

static void stay_called(pawl_lock_t *lock, void *ended)
{
	(void)lock;
	PAWL_FETCH_ADD(&calls, 1u, RELEASE);
	kids_until(ended, 1);
}

/* While a call is under way. */
static int close_while_told(long lock)
{
	static uint32_t ended;
	int rc = pawl_lock_on_lost(peer_lock[lock], stay_called, &ended);

	if (rc == 0)
		rc = peer_take(lock);
	if (rc)
		return rc;
	hosts_cut(true);
	if (!kids_until(&calls, 1))
		return -1;
	rc = pawl_lock_close(peer_lock[lock]);
	hosts_cut(false);
	PAWL_STORE(&ended, 1u, RELEASE);
	return rc;
}

static void who_is_inside_cannot_close_the_lock_while_it_is_told(void **state)
{
	(void)state;
	hosts->forgiving = true;
	assert_int_equal(puppet_do(pair_a, close_while_told, 0), EBUSY);
	assert_int_equal(puppet_do(pair_a, peer_give, 0), ESTALE);
}

static pthread_barrier_t both;

static void *close_with_another(void *lock)
{
	pthread_barrier_wait(&both);
	return (void *)(intptr_t)pawl_lock_close(lock);
}

/* Two threads that have opened the lock each for itself close it at the same time. */
static int close_in_two_threads(long lock)
{
	enum { ROUNDS = 20000 };
	int rc = pawl_lock_close(peer_lock[lock]);

	pthread_barrier_init(&both, NULL, 2);
	for (int i = 0; i < ROUNDS && rc == 0; i++) {
		pawl_lock_t *mine, *same;
		pthread_t other;
		void *closed;

		if (pawl_lock_open(peer_space, "orders/0", 0, &mine) || pawl_lock_open(peer_space, "orders/0", 0, &same))
			return -1;
		if (pawl_lock_lost_fd(mine) < 0 || pthread_create(&other, NULL, close_with_another, same))
			return -1;
		pthread_barrier_wait(&both);
		rc = pawl_lock_close(mine);
		pthread_join(other, &closed);
		if (rc == 0)
			rc = (int)(intptr_t)closed;
		if (mine->watched) /* kept for the next one to open it */
			return -2;
	}
	return rc ? rc : pawl_lock_open(peer_space, "orders/0", 0, &peer_lock[lock]);
}

static void of_two_who_close_the_lock_at_once_one_is_the_last(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(pair_a, close_in_two_threads, 0), 0);
}

static int is_asking(long lock)
{
	pawl_lock_info_t info;

	return pawl_lock_info(peer_lock[lock], &info) ? -1 : info.asking;
}

static void who_waits_behind_another_hears_of_it_as_well(void **state)
{
	puppet_t *c = hosts_process(0);
	int away[2], there[2];

	(void)state;
	assert_non_null(c);
	hosts_cut(true);
	assert_int_equal(puppet_do(pair_a, peer_briefly, 0), EHOSTUNREACH);
	puppet_ask(pair_a, peer_take, 0);
	pair_until(c, is_asking, 0, 1);
	away[0] = puppet_do(c, peer_briefly, 0);
	away[1] = puppet_do(c, peer_try, 0);
	hosts_cut(false);
	assert_int_equal(puppet_answer(pair_a), 0);
	there[0] = puppet_do(c, peer_briefly, 0);
	there[1] = puppet_do(c, peer_try, 0);
	assert_int_equal(puppet_do(pair_a, peer_give, 0), 0);
	assert_int_equal(away[0], EHOSTUNREACH);
	assert_int_equal(away[1], EHOSTUNREACH);
	assert_int_equal(there[0], ETIMEDOUT);
	assert_int_equal(there[1], EBUSY);
	puppet_end(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(a_lost_lease_is_told_once),
		PAIR_TEST(who_has_closed_the_lock_is_not_told),
		PAIR_TEST(who_is_inside_cannot_close_the_lock_while_it_is_told),
		PAIR_TEST(of_two_who_close_the_lock_at_once_one_is_the_last),
		PAIR_TEST(a_mere_customer_is_told_as_well),
		PAIR_TEST(who_only_watched_can_be_the_keeper_at_once),
		PAIR_TEST(who_was_not_granted_the_lock_has_nothing_to_lose),
		PAIR_TEST(a_service_that_is_away_is_said_to_be),
		PAIR_TEST(who_waits_behind_another_hears_of_it_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
