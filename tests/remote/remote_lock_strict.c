/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_lock_strict.c: locks whose every waiter has a place of its own at the service (PAWL_STRICT), on two hosts (pair.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "directory.h"
#include "pair.h"

static void be_strict(void)
{
	hosts->strict = true;
}

static int begin_strictly(void **state)
{
	(void)state;
	return pair_begin_with(be_strict);
}

/* Four on two hosts, in turn: whoever came first goes first, though the others on its host could be had for less. */
static void strict_waiters_go_in_order(void **state)
{
	puppet_t *all[6] = { pair_a, pair_b };
	uint64_t last;

	(void)state;
	for (int i = 2; i < 6; i++)
		assert_non_null(all[i] = hosts_process(i % 2));
	assert_int_equal(puppet_do(all[0], peer_take, 0), 0);
	last = all[0]->extra;
	assert_int_equal(puppet_do(all[0], peer_valid, 0), 0);
	assert_int_equal(puppet_do(all[0], peer_take, 0), EDEADLK);
	assert_int_equal(puppet_do(all[1], peer_try, 0), EBUSY);
	for (int i = 1; i < 6; i++) {
		puppet_ask(all[i], peer_take, 0);
		assert_true(puppet_asleep(all[i]));
		kids_nap_us(50000); /* until its place is taken */
	}
	for (int i = 1; i < 6; i++) {
		assert_int_equal(puppet_do(all[i - 1], peer_give, 0), 0);
		assert_int_equal(puppet_answer(all[i]), 0);
		assert_true(all[i]->extra > last);
		last = all[i]->extra;
		for (int k = i + 1; k < 6; k++)
			assert_false(puppet_done(all[k]));
	}
	assert_int_equal(puppet_do(all[5], peer_give, 0), 0);
	assert_int_equal(puppet_do(all[5], peer_give, 0), EPERM);
	for (int i = 2; i < 6; i++)
		puppet_end(all[i]);
}

static int crowd_out(long names)
{
	for (long i = 0; i < names; i++) {
		char name[32];
		pawl_lock_t *lock;
		int rc;

		snprintf(name, sizeof(name), "crowd/%ld", i);
		rc = pawl_lock_open(peer_space, name, 0, &lock);
		if (rc != 0 || (rc = pawl_lock_close(lock)) != 0)
			return rc;
	}
	return 0;
}

/* The name's own place is not what its holder has: others may get that meanwhile. */
static void a_strict_lock_is_given_back_when_its_name_has_lost_its_place(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	assert_int_equal(puppet_do(pair_a, crowd_out, 200), 0);
	assert_int_equal(puppet_do(pair_a, peer_give, 0), 0);
	assert_int_equal(puppet_do(pair_b, peer_take, 0), 0);
	assert_int_equal(puppet_do(pair_b, peer_give, 0), 0);
}

/* Nobody of its host is handed the lease, also when nobody else wants it; and a death is told to the next, whoever it is. */
static void a_strict_lease_ends_with_its_hold(void **state)
{
	puppet_t *c = hosts_process(0);
	uint64_t hi;

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	hi = pair_a->extra;
	assert_int_equal(puppet_do(pair_a, peer_give, 0), 0);
	assert_int_equal(puppet_do(pair_a, peer_take, 0), 0);
	assert_true(pair_a->extra > hi);
	puppet_ask(c, peer_take, 0);
	assert_true(puppet_asleep(c));
	puppet_kill(pair_a);
	assert_int_equal(puppet_answer(c), 0);
	assert_true(hosts->deaths == 1);
	assert_int_equal(puppet_do(c, peer_give, 0), 0);
	pair_a = c;
}

static int open_without_places(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size)
{
	int rc = pawl_backend_dir.open(config, backend, flags, reason, size);

	*flags |= PAWL_REMOTE_ONE_PLACE;
	return rc;
}

static int submit_without_places(void *backend, const pawl_remote_op_t *op)
{
	return op->place && *op->place ? EINVAL : pawl_backend_dir.submit(backend, op);
}

/* Of a service that has no places for waiters: refused at once, not waited for. */
static int be_refused(long unused)
{
	static pawl_backend_t without;
	pawl_space_options_t options = { .capacity = 64, .remote = hosts_url(), .ttl_ns = hosts->ttl_ms * 1000000 };
	pawl_lock_t *strict, *plain;

	(void)unused;
	without = pawl_backend_dir;
	without.open = open_without_places;
	without.submit = submit_without_places;
	if (pawl_backend_register(&without) || pawl_space_open(&peer_space, "placeless", &options) ||
		pawl_lock_open(peer_space, "s", PAWL_STRICT, &strict) || pawl_lock_open(peer_space, "p", 0, &plain))
		return -1;
	if (pawl_lock_acquire(strict, PAWL_FOREVER, NULL) != EINVAL || !strstr(pawl_space_reason(), "PAWL_STRICT"))
		return -2;
	if (pawl_lock_acquire(strict, PAWL_TRY, NULL) != EINVAL || pawl_lock_acquire(plain, PAWL_FOREVER, NULL))
		return -3;
	return pawl_lock_release(plain) ? -4 : pawl_space_close(peer_space);
}

static void strict_locks_need_places(void **state)
{
	puppet_t *c = hosts_process(2);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(c, peer_close, 0), 0);
	assert_int_equal(puppet_do(c, be_refused, 0), 0);
	puppet_end(c);
}

static uint32_t polls;

static void count_and_poll(void *backend, int64_t until_ns, int wake_fd)
{
	PAWL_FETCH_ADD(&polls, 1u, RELAXED); /* relaxed: a rate */
	pawl_backend_dir.poll(backend, until_ns, wake_fd);
}

/* Less often than every ten milliseconds, however long that nap took. */
static int hold_for_a_while(long host)
{
	static pawl_backend_t counting;
	int64_t began;
	uint32_t before;
	int rc;

	counting = pawl_backend_dir;
	counting.poll = count_and_poll;
	if (pawl_backend_register(&counting) || peer_open(host) || peer_take(0))
		return -1;
	kids_nap_us(100000);                 /* what it took to get there is over */
	before = PAWL_LOAD(&polls, RELAXED); /* relaxed: as above */
	began = kids_now_ns();
	kids_nap_us(500000);
	rc = PAWL_LOAD(&polls, RELAXED) - before > (kids_now_ns() - began) / 10000000; /* relaxed: as above */
	return peer_give(0) ? -2 : rc;
}

static void a_strict_hold_keeps_nobody_busy(void **state)
{
	puppet_t *c = hosts_customer(3);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(c, peer_close, 0), 0);
	assert_int_equal(puppet_do(c, hold_for_a_while, 2), 0);
	assert_int_equal(puppet_do(c, peer_close, 0), 0);
	puppet_end(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(strict_waiters_go_in_order, begin_strictly, pair_end),
		cmocka_unit_test_setup_teardown(a_strict_hold_keeps_nobody_busy, begin_strictly, pair_end),
		cmocka_unit_test_setup_teardown(a_strict_lease_ends_with_its_hold, begin_strictly, pair_end),
		cmocka_unit_test_setup_teardown(
			a_strict_lock_is_given_back_when_its_name_has_lost_its_place, begin_strictly, pair_end),
		PAIR_TEST(strict_locks_need_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
