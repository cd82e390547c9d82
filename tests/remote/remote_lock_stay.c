/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_lock_stay.c: who has been off its CPU for longer than the lease lives is told so as it leaves, also where nobody else could have
 * noticed: the keeper is stopped, and the process has no candidate. Who has not been off it need not look at the clock (core/stay.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "core/point.h"
#include "core/stay.h"

#include "pair.h"

#define STAY_TEST(name) cmocka_unit_test_setup_teardown(name, begin, pair_end)

static puppet_t *customer;

static void keep_idle_leases(void)
{
	hosts->idle_keep_ms = 60000;
}

static int begin(void **state)
{
	int rc = pair_begin_with(keep_idle_leases);

	(void)state;
	if (rc == 0)
		pair_until(pair_a, peer_keeper, 0, pair_a->pid);
	return rc;
}

/* On the host of `pair_a`, which is stopped while the customer does that. */
static int while_the_keeper_is_stopped(puppet_act *act)
{
	int rc;

	hosts->forgiving = true;
	assert_int_equal(kill(pair_a->pid, SIGSTOP), 0);
	rc = puppet_do(customer, act, 0);
	assert_int_equal(kill(pair_a->pid, SIGCONT), 0);
	assert_int_equal(puppet_do(customer, peer_close, 0), 0);
	puppet_end(customer);
	return rc;
}

static void outlive_the_lease(void)
{
	kids_nap_us(1500 * hosts->ttl_ms);
}

static int sleep_inside(long lock)
{
	outlive_the_lease();
	return peer_give(lock);
}

static void who_sleeps_inside_is_told(void **state)
{
	(void)state;
	assert_non_null(customer = hosts_customer(0));
	assert_int_equal(puppet_do(customer, peer_take, 0), 0);
	assert_int_equal(while_the_keeper_is_stopped(sleep_inside), ESTALE);
}

static pawl_lock_t *elsewhere;

/* In another space, whose keeper is this process. */
static int work_elsewhere(long unused) PAWL_NO_ANALYSIS
{
	int rc = pawl_lock_acquire(elsewhere, PAWL_FOREVER, NULL);

	(void)unused;
	return rc ? rc : pawl_lock_release(elsewhere);
}

static int take_here_and_elsewhere(long lock)
{
	pawl_space_options_t options = { .capacity = 64, .remote = hosts_url(), .ttl_ns = hosts->ttl_ms * 40000000 };
	pawl_space_t *other;
	int rc;

	options.idle_keep_ns = options.ttl_ns;
	rc = pawl_space_open(&other, "other", &options);
	if (rc == 0)
		rc = pawl_lock_open(other, "elsewhere", 0, &elsewhere);
	if (rc == 0)
		rc = work_elsewhere(0);
	return rc ? rc : peer_take(lock);
}

static int sleep_and_work_elsewhere(long lock)
{
	int rc;

	outlive_the_lease();
	rc = work_elsewhere(0);
	return rc ? rc : peer_give(lock);
}

/* What it takes after it has slept, in another space, says nothing about what it had before. */
static void who_sleeps_inside_of_one_space_is_told_in_spite_of_another(void **state)
{
	(void)state;
	assert_non_null(customer = hosts_customer(0));
	assert_int_equal(puppet_do(customer, take_here_and_elsewhere, 0), 0);
	assert_int_equal(while_the_keeper_is_stopped(sleep_and_work_elsewhere), ESTALE);
}

#ifdef PAWL_POINTS
static bool slept;

static void sleep_there(const char *label)
{
	(void)label;
	slept = true;
	outlive_the_lease();
}

static int sleep_having_looked(long lock)
{
	int rc = 0;

	pawl__point_hook = sleep_there;
	pawl__point_arm("lock/lease-is-ours", 1, PAWL__POINT_CALL);
	while (rc == 0) { /* now and then it has to read the clock, and goes the long way */
		rc = peer_take(lock);
		if (rc != 0 || slept)
			break;
		rc = peer_give(lock);
	}
	return rc ? rc : peer_give(lock);
}

static void who_sleeps_having_looked_at_the_lease_is_told(void **state)
{
	(void)state;
	assert_non_null(customer = hosts_customer(0));
	assert_int_equal(puppet_do(customer, peer_work, 0), 0);
	assert_int_equal(while_the_keeper_is_stopped(sleep_having_looked), ESTALE);
}
#endif

/* Not each time: others want the CPU, too. */
static void *stay_once(void *stayed)
{
	for (int i = 0; i < 1000 && !*(bool *)stayed; i++)
		if (peer_take(0) == 0) {
			*(bool *)stayed = pawl__stay_is_unbroken();
			peer_give(0);
		}
	return NULL;
}

/* The first thread of the space can, if this kernel is one that says so. */
static int both_can_stay(long unused)
{
	bool first = false, another = false;
	pthread_t thread;

	(void)unused;
	stay_once(&first);
	if (pthread_create(&thread, NULL, stay_once, &another) || pthread_join(thread, NULL))
		return -1;
	return first == another ? 0 : 1;
}

static void every_thread_can_do_without_the_clock(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(pair_a, both_can_stay, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STAY_TEST(who_sleeps_inside_is_told),
		STAY_TEST(who_sleeps_inside_of_one_space_is_told_in_spite_of_another),
#ifdef PAWL_POINTS
		STAY_TEST(who_sleeps_having_looked_at_the_lease_is_told),
#endif
		STAY_TEST(every_thread_can_do_without_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
