/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_lock.c: named locks with a remote, on two hosts (hosts.h): they exclude each other, tokens rise, leases are kept, asked for,
 * lost; keepers come and go. No assertion is about time; where time has to pass, it is waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "space/process.h"

#include "directory.h"
#include "hosts.h"

static puppet_t *a, *b; /* on host 0; on host 1 */

/* Wait until an act answers so. */
static void until(puppet_t *p, puppet_act *act, long arg, int answer)
{
	int64_t end_ns = kids_now_ns() + KIDS_PATIENCE_MS * INT64_C(1000000);

	while (puppet_do(p, act, arg) != answer && kids_now_ns() < end_ns)
		kids_nap_us(1000);
	assert_int_equal(puppet_do(p, act, arg), answer);
}

static int begin(void **state)
{
	(void)state;
	hosts_begin(1000);
	a = hosts_process(0);
	b = hosts_process(1);
	if (!a || !b)
		return -1;
	until(a, peer_keeper, 0, a->pid); /* before another one of its host can be */
	return 0;
}

static int end(void **state)
{
	int bad = hosts_violations();

	(void)state;
	for (puppet_t **p = (puppet_t *[]){ a, b, NULL }; *p; p++) {
		puppet_do(*p, peer_close, 0);
		puppet_end(*p);
	}
	hosts_end();
	return bad;
}

/* ---- two hosts ---- */

static void hosts_exclude_each_other(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(a, peer_take, 0), 0);
	assert_int_equal(puppet_do(b, peer_try, 0), EBUSY);
	assert_int_equal(puppet_do(b, peer_briefly, 0), ETIMEDOUT);
	puppet_ask(b, peer_take, 0);
	assert_true(puppet_asleep(b));
	assert_int_equal(puppet_do(a, peer_give, 0), 0);
	assert_int_equal(puppet_answer(b), 0);
	assert_int_equal(puppet_do(a, peer_try, 0), EBUSY);
	assert_int_equal(puppet_do(b, peer_give, 0), 0);
}

static void names_are_apart(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(a, peer_take, 0), 0);
	assert_int_equal(puppet_do(b, peer_take, 1), 0);
	assert_int_equal(puppet_do(a, peer_give, 0), 0);
	assert_int_equal(puppet_do(b, peer_give, 1), 0);
}

static void a_lease_is_kept_and_handed_round(void **state)
{
	puppet_t *c = hosts_process(0);
	uint64_t hi;

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(a, peer_take, 0), 0);
	hi = a->extra;
	assert_int_equal(puppet_do(a, peer_give, 0), 0);
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
	assert_int_equal(puppet_do(a, peer_work, 0), 0);
	until(a, peer_tenure, 0, PAWL_TENURE_NONE);
	assert_int_equal(puppet_do(b, peer_try, 0), 0);
	assert_int_equal(puppet_do(b, peer_give, 0), 0);
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
	assert_int_equal(puppet_do(a, peer_work, 0), 0);
	assert_int_equal(puppet_do(a, peer_work, 1), 0);
	until(a, peer_tenure, 1, PAWL_TENURE_NONE);
	assert_int_equal(puppet_do(a, peer_tenure, 0), PAWL_TENURE_HELD);
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
	assert_int_equal(puppet_do(a, peer_take, 0), 0);
	kids_nap_us(2500000); /* two and a half lives */
	assert_int_equal(puppet_do(a, peer_valid, 0), 0);
	assert_int_equal(puppet_do(b, peer_try, 0), EBUSY);
	assert_int_equal(puppet_do(a, peer_give, 0), 0);
}

/* A cancelled place is gone: the next host does not wait for it. */
static void who_gives_up_leaves_nothing_behind(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(a, peer_take, 0), 0);
	assert_int_equal(puppet_do(b, peer_briefly, 0), ETIMEDOUT);
	until(b, peer_tenure, 0, PAWL_TENURE_NONE);
	assert_int_equal(puppet_do(a, peer_give, 0), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(puppet_do(a, peer_work, 0), 0);
	assert_int_equal(puppet_do(b, peer_work, 0), 0);
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
	puppet_t *all[6] = { a, b };

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

/* ---- the exact order of all who wait ---- */

static int begin_strictly(void **state)
{
	(void)state;
	hosts_begin(1000);
	hosts->strict = true;
	a = hosts_process(0);
	b = hosts_process(1);
	return a && b ? 0 : -1;
}

/* Four on two hosts, in turn: whoever came first goes first, though the others on its host could be had for less. */
static void strict_waiters_go_in_order(void **state)
{
	puppet_t *all[6] = { a, b };
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
	assert_int_equal(puppet_do(a, peer_take, 0), 0);
	assert_int_equal(puppet_do(a, crowd_out, 200), 0);
	assert_int_equal(puppet_do(a, peer_give, 0), 0);
	assert_int_equal(puppet_do(b, peer_take, 0), 0);
	assert_int_equal(puppet_do(b, peer_give, 0), 0);
}

/* Nobody of its host is handed the lease, also when nobody else wants it; and a death is told to the next, whoever it is. */
static void a_strict_lease_ends_with_its_hold(void **state)
{
	puppet_t *c = hosts_process(0);
	uint64_t hi;

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(a, peer_take, 0), 0);
	hi = a->extra;
	assert_int_equal(puppet_do(a, peer_give, 0), 0);
	assert_int_equal(puppet_do(a, peer_take, 0), 0);
	assert_true(a->extra > hi);
	puppet_ask(c, peer_take, 0);
	assert_true(puppet_asleep(c));
	puppet_kill(a);
	assert_int_equal(puppet_answer(c), 0);
	assert_true(hosts->deaths == 1);
	assert_int_equal(puppet_do(c, peer_give, 0), 0);
	a = c;
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

/* ---- deaths ---- */

static int by_size(const void *x, const void *y)
{
	int64_t p = *(const int64_t *)x, q = *(const int64_t *)y;

	return p < q ? -1 : p > q;
}

static void a_dead_owner_is_told_of_on_the_other_host(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(a, peer_take, 0), 0);
	puppet_kill(a);
	assert_int_equal(puppet_do(b, peer_take, 0), 0); /* as soon as the lease is over */
	assert_true(hosts->deaths == 1);
	assert_int_equal(puppet_do(b, peer_give, 0), 0);
	a = hosts_process(0);
	assert_non_null(a);
}

static int begin_without_handoffs(void **state)
{
	(void)state;
	hosts_begin(1000);
	hosts->no_handoffs = true;
	a = hosts_process(0);
	b = hosts_process(1);
	return a && b ? 0 : -1;
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
	assert_int_equal(puppet_do(a, peer_take, 0), 0);
	puppet_ask(b, peer_take, 0);
	until(c, is_revoked, 0, 1);
	puppet_ask(c, peer_take, 0);
	assert_true(puppet_asleep(c));
	puppet_kill(a);
	a = c; /* in its place, whatever comes */
	assert_int_equal(puppet_answer(b), 0);
	assert_false(puppet_done(c));
	assert_int_equal(puppet_do(b, peer_give, 0), 0);
	assert_int_equal(puppet_answer(c), 0);
	assert_true(c->extra > b->extra);
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
	assert_int_equal(puppet_do(a, take_raw, 0), 0);
	puppet_kill(a);
	a = c;
	assert_int_equal(puppet_do(c, take_raw, 0), EOWNERDEAD);
	assert_int_equal(puppet_do(c, give_raw, 0), 0);
	assert_int_equal(puppet_do(c, take_raw, 0), ENOTRECOVERABLE);
	assert_int_equal(puppet_do(b, take_raw, 0), EOWNERDEAD);
	assert_int_equal(puppet_do(b, give_raw, 0), 0);
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
	assert_int_equal(puppet_do(b, peer_take, 0), 0);
	assert_int_equal(puppet_do(c, take_twice, 0), 0);
	until(c, is_waited_for, 0, 1);
	until(a, peer_tenure, 0, PAWL_TENURE_QUEUED);
	puppet_kill(c);
	until(a, peer_tenure, 0, PAWL_TENURE_NONE);
	assert_int_equal(puppet_do(b, peer_give, 0), 0);
}

/* It was never inside: nothing is half done. */
static void who_dies_waiting_is_no_dead_owner(void **state)
{
	puppet_t *c = hosts_process(0);

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(b, peer_take, 0), 0);
	puppet_ask(c, peer_take, 0);
	assert_true(puppet_asleep(c));
	until(a, peer_tenure, 0, PAWL_TENURE_QUEUED);
	puppet_kill(c);
	until(a, peer_tenure, 0, PAWL_TENURE_NONE); /* nobody wants it any more: the place is given up */
	puppet_ask(a, peer_take, 0);
	assert_true(puppet_asleep(a));
	assert_int_equal(puppet_do(b, peer_give, 0), 0);
	assert_int_equal(puppet_answer(a), 0);
	assert_true(hosts->deaths == 0);
	assert_int_equal(puppet_do(a, peer_give, 0), 0);
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
	assert_int_equal(puppet_do(b, peer_take, 0), 0);
	assert_int_equal(puppet_do(a, wait_in_vain, 0), ECANCELED); /* for a lease */
	assert_int_equal(puppet_do(c, wait_in_vain, 0), ECANCELED); /* for another process */
	until(a, peer_tenure, 0, PAWL_TENURE_NONE);
	assert_int_equal(puppet_do(b, peer_give, 0), 0);
	assert_int_equal(puppet_do(a, peer_work, 0), 0);
	assert_int_equal(puppet_do(c, peer_work, 0), 0);
	puppet_end(c);
}

static void a_dead_keeper_is_replaced_and_the_lease_goes_on(void **state)
{
	puppet_t *c = hosts_process(0);
	uint64_t hi;

	(void)state;
	assert_non_null(c);
	assert_int_equal(puppet_do(c, peer_take, 0), 0);
	hi = c->extra;
	assert_int_equal(puppet_do(c, peer_keeper, 0), a->pid);
	puppet_kill(a);
	until(c, peer_keeper, 0, c->pid);
	kids_nap_us(2500000); /* two and a half lives of the lease */
	assert_int_equal(puppet_do(c, peer_valid, 0), 0);
	assert_int_equal(puppet_do(c, peer_give, 0), 0);
	assert_int_equal(puppet_do(c, peer_take, 0), 0);
	assert_true(c->extra == hi); /* the same tenure */
	assert_int_equal(puppet_do(b, peer_try, 0), EBUSY);
	assert_int_equal(puppet_do(c, peer_give, 0), 0);
	a = c;
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
	for (int i = 0; i < TIMES; i++, a = next) {
		next = hosts_process(0);
		assert_non_null(next);
		took[i] = kids_now_ns();
		puppet_kill(a);
		while (puppet_do(c, peer_keeper, 0) != next->pid)
			assert_true(kids_now_ns() < took[i] + KIDS_PATIENCE_MS * INT64_C(1000000));
		took[i] = kids_now_ns() - took[i];
	}
	qsort(took, TIMES, sizeof(*took), by_size);
	printf("# SIGKILL of the keeper until the next is in charge: median %.2f ms, most %.2f ms of %d\n",
		(double)took[TIMES / 2] / 1e6, (double)took[TIMES - 1] / 1e6, TIMES);
	assert_int_equal(puppet_do(c, peer_valid, 0), 0);
	assert_int_equal(puppet_do(b, peer_try, 0), EBUSY);
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
	assert_int_equal(puppet_do(c, peer_keeper, 0), a->pid);
	hosts->forgiving = true;
	kill(a->pid, SIGSTOP);
	puppet_ask(b, peer_take, 0);
	until(c, peer_valid, 0, ESTALE);
	assert_int_equal(puppet_answer(b), 0);
	assert_int_equal(puppet_do(c, peer_give, 0), ESTALE);
	assert_true(hosts->losses == 1);
	kill(a->pid, SIGCONT);
	assert_int_equal(puppet_do(b, peer_give, 0), 0);
	assert_int_equal(puppet_do(c, peer_work, 0), 0);
	puppet_end(c);
}

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

/* ---- being told ---- */

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
	assert_int_equal(puppet_do(a, be_told, 0), 0);
	assert_int_equal(puppet_do(a, peer_take, 0), 0);
	assert_int_equal(puppet_do(a, how_often_told, 0), 0);
	hosts_cut(true);
	assert_int_equal(puppet_do(a, wait_for_descriptor, 0), 0);
	until(a, how_often_told, 0, 1);
	assert_int_equal(puppet_do(a, peer_valid, 0), ESTALE);
	kids_nap_us(300000);
	assert_int_equal(puppet_do(a, how_often_told, 0), 1);
	hosts_cut(false);
	assert_int_equal(puppet_do(a, peer_give, 0), ESTALE);
	assert_int_equal(puppet_do(a, peer_work, 0), 0);
	assert_int_equal(puppet_do(a, how_often_told, 0), 1);
}

static void a_service_that_is_away_is_said_to_be(void **state)
{
	(void)state;
	hosts_cut(true);
	assert_int_equal(puppet_do(a, peer_try, 0), EHOSTUNREACH);
	assert_int_equal(puppet_do(a, peer_briefly, 0), EHOSTUNREACH);
	puppet_ask(a, peer_take, 0);
	kids_nap_us(100000);
	assert_false(puppet_done(a));
	hosts_cut(false);
	assert_int_equal(puppet_answer(a), 0);
	assert_int_equal(puppet_do(a, peer_give, 0), 0);
}

/* ---- fork ---- */

#ifdef __SANITIZE_THREAD__
/* A child that starts a thread, where its parent had several, is more than ThreadSanitizer promises to follow. */
PAWL_API const char *__tsan_default_options(void);
PAWL_API const char *__tsan_default_options(void)
{
	return "die_after_fork=0";
}
#endif

static int work_in_a_child(long lock)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(peer_work(lock) ? 1 : 0);
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static void a_child_works_too(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(a, peer_work, 0), 0);
	assert_int_equal(puppet_do(a, work_in_a_child, 0), 0);
	until(a, peer_tenure, 0, PAWL_TENURE_NONE);
	assert_int_equal(puppet_do(a, work_in_a_child, 0), 0); /* this one has to ask */
	assert_int_equal(puppet_do(b, peer_work, 0), 0);
}

/* The parent leaves: the child has the only candidate then. */
static int leave_a_child(long lock)
{
	pid_t pid = fork();

	if (pid == 0) {
		kids_nap_us(300000);
		_exit(peer_work(lock) ? 1 : 0);
	}
	return pawl_space_close(peer_space);
}

static void an_orphan_finds_a_keeper(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(a, peer_work, 0), 0);
	assert_int_equal(puppet_do(a, leave_a_child, 0), 0);
	kids_nap_us(600000);
	assert_true(hosts->data[0].plain == 2);
	assert_int_equal(puppet_do(a, peer_open, 0), 0);
	assert_int_equal(puppet_do(b, peer_work, 0), 0);
}

static volatile int *from_the_heir; /* 1 it is inside, 2 it has left with its lease, 3 without */

/* Its child is let in by the lease that is there, and never asks. */
static int leave_a_holder(long lock)
{
	int rc = peer_work(lock);

	if (rc != 0 || fork() != 0)
		return rc;
	rc = peer_take(lock);
	*from_the_heir = 1;
	kids_nap_us((unsigned)hosts->ttl_ms * 2500);
	*from_the_heir = rc == 0 && peer_give(lock) == 0 ? 2 : 3;
	_exit(0);
}

static void await_the_heir(int state)
{
	int64_t end_ns = kids_now_ns() + KIDS_PATIENCE_MS * INT64_C(1000000);

	while (*from_the_heir < state && kids_now_ns() < end_ns)
		kids_nap_us(1000);
}

static void an_orphan_inside_keeps_its_lease(void **state)
{
	puppet_t *c;

	(void)state;
	puppet_kill(a);
	from_the_heir = kids_map(sizeof(*from_the_heir));
	c = hosts_process(0);
	assert_non_null(c);
	assert_int_equal(puppet_do(c, leave_a_holder, 0), 0);
	await_the_heir(1);
	puppet_kill(c);
	await_the_heir(2);
	assert_int_equal(*from_the_heir, 2);
	a = hosts_process(0);
	assert_non_null(a);
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
		assert_int_equal(puppet_do(a, open_damaged, what), EPROTO);
	assert_int_equal(puppet_do(a, peer_work, 0), 0);
}

static void wrong_remotes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(puppet_do(a, open_with_another_remote, 0), 0);
	assert_int_equal(puppet_do(a, open_a_local_one_with_a_remote, 0), 0);
	assert_int_equal(puppet_do(a, open_with_a_backend_that_is_not_there, 0), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hosts_exclude_each_other),
		TEST(names_are_apart),
		TEST(a_lease_is_kept_and_handed_round),
		TEST(an_idle_lease_is_given_back),
		TEST(a_lock_has_bounds_of_its_own),
		TEST(an_idle_lease_is_kept_for_ever),
		TEST(a_lease_is_renewed),
		TEST(who_gives_up_leaves_nothing_behind),
		TEST(everybody_gets_a_turn),
		cmocka_unit_test_setup_teardown(strict_waiters_go_in_order, begin_strictly, end),
		cmocka_unit_test_setup_teardown(a_strict_lease_ends_with_its_hold, begin_strictly, end),
		cmocka_unit_test_setup_teardown(
			a_strict_lock_is_given_back_when_its_name_has_lost_its_place, begin_strictly, end),
		TEST(a_dead_owner_is_told_of_on_the_other_host),
		cmocka_unit_test_setup_teardown(who_dies_inside_does_not_hand_the_lease_on, begin_without_handoffs, end),
		TEST(what_nobody_repaired_is_told_on_the_other_host),
		TEST(who_dies_waiting_leaves_no_place_in_the_queue),
		TEST(strict_locks_need_places),
		TEST(who_dies_waiting_is_no_dead_owner),
		TEST(a_wait_can_be_interrupted),
		TEST(a_dead_keeper_is_replaced_and_the_lease_goes_on),
		TEST(keepers_follow_each_other),
		TEST(a_stopped_keeper_costs_the_lease),
		TEST(a_lost_lease_is_told_once),
		TEST(a_service_that_is_away_is_said_to_be),
		TEST(a_child_works_too),
		TEST(an_orphan_finds_a_keeper),
		TEST(an_orphan_inside_keeps_its_lease),
		TEST(a_space_is_opened_while_it_is_closed),
		TEST(a_keeper_that_cannot_begin_tries_again),
		TEST(wrong_remotes_are_refused),
		TEST(a_damaged_page_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
