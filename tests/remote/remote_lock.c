/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_lock.c: named locks with a remote, on two hosts (pair.h): they exclude each other, tokens rise, leases are kept, asked for,
 * given back. No assertion is about time; where time has to pass, it is waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "space/process.h"

#include "directory.h"
#include "pair.h"

/* ---- two hosts ---- */

static void hosts_exclude_each_other(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	assert_int_equal(puppet_do(pair_b, peer_try, 0), EBUSY);
	assert_int_equal(puppet_do(pair_b, peer_briefly, 0), ETIMEDOUT);
	puppet_ask(pair_b, peer_take, 0);
	assert_true(puppet_asleep(pair_b));
	assert_int_equal(puppet_do(pair_a, peer_give, 0), 0);
	assert_int_equal(puppet_answer(pair_b), 0);
	assert_int_equal(puppet_do(pair_a, peer_try, 0), EBUSY);
	assert_int_equal(puppet_do(pair_b, peer_give, 0), 0);
}

static void names_are_apart(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	assert_int_equal(puppet_do(pair_b, peer_take, 1), 0);
	assert_int_equal(puppet_do(pair_a, peer_give, 0), 0);
	assert_int_equal(puppet_do(pair_b, peer_give, 1), 0);
}

static void a_lease_is_kept_and_handed_round(void **state)
{
	puppet_t *c = hosts_process(0);
	uint64_t hi;

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	hi = pair_a->extra;
	assert_int_equal(puppet_do(pair_a, peer_give, 0), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(puppet_do(c, peer_take, 0), 0);
		assert_true(c->extra == hi); /* one tenure, however many processes */
		assert_int_equal(puppet_do(c, peer_give, 0), 0);
	}
	puppet_end(c);
}

static void an_idle_lease_is_given_back(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(pair_a, peer_work, 0), 0);
	pair_until(pair_a, peer_tenure, 0, PAWL_TENURE_NONE);
	assert_int_equal(puppet_do(pair_b, peer_try, 0), 0);
	assert_int_equal(puppet_do(pair_b, peer_give, 0), 0);
}

static int keep_for_long(long lock)
{
	return pawl_lock_set_bounds(peer_lock[lock], &(pawl_lock_bounds_t){ .idle_keep_ns = INT64_C(60000000000) });
}

static int keep_for_too_long(long lock)
{
	return pawl_lock_set_bounds(peer_lock[lock], &(pawl_lock_bounds_t){ .idle_keep_ns = INT64_MAX });
}

static void a_lock_has_bounds_of_its_own(void **state)
{
	puppet_t *c = hosts_process(0);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(c, keep_for_too_long, 0), EINVAL);
	assert_int_equal(puppet_do(c, keep_for_long, 0), 0); /* for the other process, too */
	puppet_end(c);
	assert_int_equal(puppet_do(pair_a, peer_work, 0), 0);
	assert_int_equal(puppet_do(pair_a, peer_work, 1), 0);
	pair_until(pair_a, peer_tenure, 1, PAWL_TENURE_NONE);
	assert_int_equal(puppet_do(pair_a, peer_tenure, 0), PAWL_TENURE_HELD);
}

static int keep_for_ever(long lock)
{
	pawl_space_options_t options = { .capacity = 64,
		.remote = hosts_url(),
		.ttl_ns = hosts->ttl_ms * 1000000,
		.max_tenure_ns = INT64_MAX,
		.idle_keep_ns = INT64_MAX };
	uint64_t hi[2];

	if (pawl_space_open(&peer_space, "kept", &options) || pawl_lock_open(peer_space, "kept", 0, &peer_lock[lock]))
		return -1;
	for (int i = 0; i < 2; i++) {
		pawl_grant_t grant;

		if (pawl_lock_acquire(peer_lock[lock], PAWL_FOREVER, &grant) || pawl_lock_release(peer_lock[lock]))
			return -2;
		hi[i] = grant.fence.hi;
		kids_nap_us(100000);
	}
	return hi[0] == hi[1] ? pawl_space_close(peer_space) : -3;
}

static void an_idle_lease_is_kept_for_ever(void **state)
{
	puppet_t *c = hosts_process(2);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(c, peer_close, 0), 0);
	assert_int_equal(puppet_do(c, keep_for_ever, 0), 0);
	puppet_end(c);
}

static void a_lease_is_renewed(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	kids_nap_us(2500000); /* two and a half lives */
	assert_int_equal(puppet_do(pair_a, peer_valid, 0), 0);
	assert_int_equal(puppet_do(pair_b, peer_try, 0), EBUSY);
	assert_int_equal(puppet_do(pair_a, peer_give, 0), 0);
}

/* A cancelled place is gone: the next host does not wait for it. */
static void who_gives_up_leaves_nothing_behind(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	assert_int_equal(puppet_do(pair_b, peer_briefly, 0), ETIMEDOUT);
	pair_until(pair_b, peer_tenure, 0, PAWL_TENURE_NONE);
	assert_int_equal(puppet_do(pair_a, peer_give, 0), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(puppet_do(pair_a, peer_work, 0), 0);
	assert_int_equal(puppet_do(pair_b, peer_work, 0), 0);
}

static int work_a_hundred_times(long lock)
{
	for (int i = 0; i < 100; i++) {
		int rc = peer_work(lock);

		if (rc)
			return rc;
	}
	return 0;
}

static void everybody_gets_a_turn(void **state)
{
	puppet_t *all[6] = { pair_a, pair_b };

	(void)state;
	for (int i = 2; i < 6; i++)
		assert_non_null(all[i] = hosts_process(i % 3));
	for (int i = 0; i < 6; i++)
		puppet_ask(all[i], work_a_hundred_times, 0);
	for (int i = 0; i < 6; i++)
		assert_int_equal(puppet_answer(all[i]), 0);
	assert_true(hosts->data[0].plain == 600);
	for (int i = 2; i < 6; i++)
		puppet_end(all[i]);
}

static void *interrupt_soon(void *lock)
{
	kids_nap_us(100000);
	pawl_lock_interrupt(lock);
	return NULL;
}

static int wait_in_vain(long lock)
{
	pthread_t thread;
	int rc;

	if (pthread_create(&thread, NULL, interrupt_soon, peer_lock[lock]))
		return -1;
	rc = peer_take(lock);
	pthread_join(thread, NULL);
	return rc;
}

static void a_wait_can_be_interrupted(void **state)
{
	puppet_t *c = hosts_process(1);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(pair_b, peer_take, 0), 0);
	assert_int_equal(puppet_do(pair_a, wait_in_vain, 0), ECANCELED); /* for a lease */
	assert_int_equal(puppet_do(c, wait_in_vain, 0), ECANCELED);      /* for another process */
	pair_until(pair_a, peer_tenure, 0, PAWL_TENURE_NONE);
	assert_int_equal(puppet_do(pair_b, peer_give, 0), 0);
	assert_int_equal(puppet_do(pair_a, peer_work, 0), 0);
	assert_int_equal(puppet_do(c, peer_work, 0), 0);
	puppet_end(c);
}

/* ---- what cannot be ---- */

static int open_with_another_remote(long unused)
{
	pawl_space_options_t options = { .remote = "dir:///elsewhere" };
	pawl_space_t *space;
	int rc = pawl_space_open(&space, "shared", &options);

	(void)unused;
	return rc == EINVAL && strstr(pawl_space_reason(), "elsewhere") ? 0 : -1;
}

static int open_a_local_one_with_a_remote(long unused)
{
	pawl_space_options_t options = { .remote = "dir:///elsewhere" };
	pawl_space_t *local, *space;
	int rc = pawl_space_open(&local, "local", NULL);

	(void)unused;
	if (rc)
		return rc;
	rc = pawl_space_open(&space, "local", &options);
	pawl_space_close(local);
	return rc == EINVAL && strstr(pawl_space_reason(), "without a remote") ? 0 : -1;
}

static int open_with_a_backend_that_is_not_there(long unused)
{
	pawl_space_options_t options = { .remote = "nonsense://there" };
	pawl_space_t *space;

	(void)unused;
	return pawl_space_open(&space, "none", &options) != 0 && strstr(pawl_space_reason(), "nonsense") ? 0 : -1;
}

/* The space's page about its remote is damaged, and another process opens it. */
static int open_damaged(long what)
{
	struct pawl__office *office = peer_space->office;
	char host[sizeof(office->host)], url[sizeof(office->url)];
	int64_t ttl = office->rules.ttl;
	pid_t pid;
	int rc;

	memcpy(host, office->host, sizeof(host));
	memcpy(url, office->url, sizeof(url));
	if (what == 0)
		office->host[32] = 'x';
	else if (what == 1)
		office->rules.ttl = 0;
	else
		memset(office->url, 'x', sizeof(office->url));
	pid = fork();
	if (pid == 0) {
		pawl_space_close(peer_space);
		_exit(peer_open(0));
	}
	rc = pid < 0 ? -1 : kids_join(pid);
	memcpy(office->host, host, sizeof(host));
	memcpy(office->url, url, sizeof(url));
	office->rules.ttl = ttl;
	return rc;
}

static void a_damaged_page_is_refused(void **state)
{
	(void)state;
	for (int what = 0; what < 3; what++)
		assert_int_equal(puppet_do(pair_a, open_damaged, what), EPROTO);
	assert_int_equal(puppet_do(pair_a, peer_work, 0), 0);
}

static void wrong_remotes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(pair_a, open_with_another_remote, 0), 0);
	assert_int_equal(puppet_do(pair_a, open_a_local_one_with_a_remote, 0), 0);
	assert_int_equal(puppet_do(pair_a, open_with_a_backend_that_is_not_there, 0), 0);
}

static int submit_for_less(void *backend, const pawl_remote_op_t *op)
{
	pawl_remote_op_t less = *op;

	less.ttl_ns = op->ttl_ns / 40;
	return pawl_backend_dir.submit(backend, &less);
}

static int hold_for_less(long lock)
{
	static pawl_backend_t meagre;
	pawl_space_options_t options = { .capacity = 64, .remote = hosts_url(), .ttl_ns = hosts->ttl_ms * 40000000 };
	int rc;

	meagre = pawl_backend_dir;
	meagre.submit = submit_for_less;
	if (pawl_backend_register(&meagre) || pawl_space_open(&peer_space, "meagre", &options) ||
		pawl_lock_open(peer_space, "meagre", 0, &peer_lock[lock]))
		return -1;
	rc = peer_take(lock);
	if (rc == 0) {
		kids_nap_us(2500 * hosts->ttl_ms); /* two and a half lives */
		rc = peer_valid(lock);
	}
	return rc ? rc : peer_give(lock) ? -2 : pawl_space_close(peer_space);
}

/* Less than a twentieth of what is asked for. */
static void a_service_may_grant_less(void **state)
{
	puppet_t *c = hosts_process(2);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(c, peer_close, 0), 0);
	assert_int_equal(puppet_do(c, hold_for_less, 0), 0);
	puppet_end(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(hosts_exclude_each_other),
		PAIR_TEST(names_are_apart),
		PAIR_TEST(a_lease_is_kept_and_handed_round),
		PAIR_TEST(an_idle_lease_is_given_back),
		PAIR_TEST(a_lock_has_bounds_of_its_own),
		PAIR_TEST(an_idle_lease_is_kept_for_ever),
		PAIR_TEST(a_lease_is_renewed),
		PAIR_TEST(a_service_may_grant_less),
		PAIR_TEST(who_gives_up_leaves_nothing_behind),
		PAIR_TEST(everybody_gets_a_turn),
		PAIR_TEST(a_wait_can_be_interrupted),
		PAIR_TEST(wrong_remotes_are_refused),
		PAIR_TEST(a_damaged_page_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
