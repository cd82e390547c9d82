/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_lock_ends.c: processes that open a space with a remote, close it, and end, while others do the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "space/process.h"

#include "directory.h"
#include "pair.h"

static void *close_it(void *space)
{
	return (void *)(intptr_t)pawl_space_close(space);
}

/* One thread closes the space, and its keeper is about to end; another opens it again meanwhile, and asks. */
static int close_and_come_again(long service)
{
	pthread_t thread;
	void *closed;
	int rc = peer_work(0);

	if (rc || flock((int)service, LOCK_EX) || pthread_create(&thread, NULL, close_it, peer_space))
		return -1;
	while (peer_tenure(0) != PAWL_TENURE_GIVING) /* that is what the keeper does last; the service keeps it waiting */
		kids_nap_us(1000);
	rc = peer_open(2);
	flock((int)service, LOCK_UN);
	if (rc == 0)
		rc = peer_work(1);
	pthread_join(thread, &closed);
	return rc ? rc : (int)(intptr_t)closed;
}

static void a_space_is_opened_while_it_is_closed(void **state)
{
	puppet_t *c;
	int service = hosts_service();

	(void)state;
	hosts->idle_keep_ms = 60000; /* only who closes gives it back */
	c = hosts_process(2);
	assert_non_null(c);
	assert_int_equal(puppet_do(c, close_and_come_again, service), 0);
	assert_int_equal(puppet_do(c, peer_close, 0), 0);
	puppet_end(c);
	close(service);
}

/* While a backend is opened for the first time, no thread is to be had for what the keeper does next. */
static int open_in_need(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size)
{
	static pthread_attr_t usual;
	static unsigned times;
	pthread_attr_t huge;

	if (times++ == 0) {
		pthread_getattr_default_np(&usual);
		pthread_getattr_default_np(&huge);
		pthread_attr_setstacksize(&huge, (size_t)1 << 60);
		pthread_setattr_default_np(&huge);
	} else {
		pthread_setattr_default_np(&usual);
	}
	return pawl_backend_dir.open(config, backend, flags, reason, size);
}

static int begin_in_need(long host)
{
	static pawl_backend_t needy;
	int rc;

	needy = pawl_backend_dir;
	needy.open = open_in_need;
	rc = pawl_backend_register(&needy);
	if (rc == 0)
		rc = peer_open(host);
	if (rc == 0)
		rc = peer_work(0);
	return rc ? rc : peer_space->office->flags == PAWL_REMOTE_FENCES ? 0 : -5;
}

/* It is no keeper before it can work, does not try again at once, and is one in the end. */
static void a_keeper_that_cannot_begin_tries_again(void **state)
{
	puppet_t *c = hosts_process(2);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(c, peer_close, 0), 0);
	assert_int_equal(puppet_do(c, begin_in_need, 3), 0);
	assert_int_equal(puppet_do(c, peer_close, 0), 0);
	puppet_end(c);
}

/* By then the keeper has looked at it more than once, to renew it, and has found it idle. */
static void an_idle_lease_is_given_back_by_who_closes(void **state)
{
	puppet_t *c;

	(void)state;
	hosts->idle_keep_ms = 60000;
	c = hosts_process(2);
	assert_non_null(c);
	assert_int_equal(puppet_do(c, peer_work, 0), 0);
	kids_nap_us(1000 * hosts->ttl_ms);
	assert_int_equal(puppet_do(c, peer_close, 0), 0);
	assert_int_equal(puppet_do(pair_b, peer_try, 0), 0);
	assert_true(hosts->deaths == 0);
	assert_int_equal(puppet_do(pair_b, peer_give, 0), 0);
	puppet_end(c);
}

/* Each of them may take one of the others for the one who will give the lease back. */
static void who_end_together_leave_nothing_behind(void **state)
{
	enum { ROUNDS = 8, EACH = 3 };
	puppet_t *all[EACH];

	(void)state;
	hosts->idle_keep_ms = 60000; /* only who closes gives it back */
	for (int i = 0; i < ROUNDS; i++) {
		for (int k = 0; k < EACH; k++) {
			assert_non_null(all[k] = hosts_process(2));
			assert_int_equal(puppet_do(all[k], peer_work, 0), 0);
		}
		for (int k = 0; k < EACH; k++)
			puppet_ask(all[k], peer_close, 0);
		for (int k = 0; k < EACH; k++) {
			assert_int_equal(puppet_answer(all[k]), 0);
			puppet_end(all[k]);
		}
		assert_int_equal(puppet_do(pair_b, peer_try, 0), 0);
		assert_int_equal(puppet_do(pair_b, peer_give, 0), 0);
		pair_until(pair_b, peer_tenure, 0, PAWL_TENURE_NONE);
	}
	assert_true(hosts->deaths == 0);
}

static struct leaving {
	bool now;
	uint32_t waits; /* for the service, begun since then and ended by their time */
} * leaving;

static void poll_and_note(void *backend, int64_t until_ns, int wake_fd)
{
	bool now = PAWL_LOAD(&leaving->now, RELAXED); /* relaxed: what began before is not counted */

	pawl_backend_dir.poll(backend, until_ns, wake_fd);
	if (now && pawl_remote_now() >= until_ns)
		PAWL_FETCH_ADD(&leaving->waits, 1u, RELAXED); /* relaxed: read after the end of the process */
}

static int exit_inside(long host)
{
	static pawl_backend_t noting;
	int rc;

	noting = pawl_backend_dir;
	noting.poll = poll_and_note;
	rc = pawl_backend_register(&noting);
	if (rc == 0)
		rc = peer_open(host);
	if (rc == 0)
		rc = peer_take(0);
	PAWL_STORE(&leaving->now, true, RELAXED); /* relaxed: as above */
	exit(rc);
}

/* Nobody will leave the lock, so there is nothing to be given back, and nothing to wait for. */
static void who_exits_inside_does_not_wait(void **state)
{
	puppet_t *c;

	(void)state;
	leaving = kids_map(sizeof(*leaving));
	fflush(NULL); /* or it would write what is ours once more */
	hosts->ttl_ms = 60000;
	hosts->idle_keep_ms = 60000;
	assert_non_null(c = hosts_customer(3));
	assert_int_equal(puppet_do(c, peer_close, 0), 0);
	puppet_ask(c, exit_inside, 2);
	assert_int_equal(puppet_reap(c), 0);
	assert_int_equal(leaving->waits, 0);
	kids_unmap(leaving, sizeof(*leaving));
}

static void *close_soon(void *space)
{
	kids_nap_us(20000);
	return close_it(space);
}

/* One thread closes the space, another ends the process. The service keeps both waiting, for the one keeper that there is. */
static int close_and_exit(long exits_first)
{
	pthread_t thread;
	int rc = peer_work(0);

	if (rc || pthread_create(&thread, NULL, exits_first ? close_soon : close_it, peer_space))
		exit(1);
	pthread_detach(thread);
	while (!exits_first && peer_tenure(0) != PAWL_TENURE_GIVING)
		kids_nap_us(1000);
	exit(0);
}

static void who_close_and_exit_wait_for_the_same_end(void **state)
{
	int service = hosts_service();

	(void)state;
	hosts->idle_keep_ms = 60000;
	for (int exits_first = 0; exits_first < 2; exits_first++) {
		puppet_t *c = hosts_process(2);

		assert_non_null(c);
		assert_int_equal(puppet_do(c, peer_work, 0), 0);
		assert_int_equal(flock(service, LOCK_EX), 0);
		puppet_ask(c, close_and_exit, exits_first);
		kids_nap_us(100000);
		assert_int_equal(flock(service, LOCK_UN), 0);
		assert_int_equal(puppet_reap(c), 0);
		assert_int_equal(puppet_do(pair_b, peer_try, 0), 0); /* it has been given back */
		assert_int_equal(puppet_do(pair_b, peer_give, 0), 0);
		pair_until(pair_b, peer_tenure, 0, PAWL_TENURE_NONE);
	}
	assert_true(hosts->deaths == 0);
	close(service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(a_space_is_opened_while_it_is_closed),
		PAIR_TEST(an_idle_lease_is_given_back_by_who_closes),
		PAIR_TEST(who_end_together_leave_nothing_behind),
		PAIR_TEST(who_exits_inside_does_not_wait),
		PAIR_TEST(who_close_and_exit_wait_for_the_same_end),
		PAIR_TEST(a_keeper_that_cannot_begin_tries_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
