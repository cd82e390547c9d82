/* SPDX-License-Identifier: BSD-2-Clause */
/** test_figures.c: waits and holds are counted in the bucket they belong to, by who waited and for the lock they waited for; a name
 * that gets the place of another has none of its figures; threads are listed with what they wait for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pawl/pawl.h>

#include "space/figures.h"
#include "space/handle.h"

static pawl_space_t *space;
static pawl_lock_t *lock;

static int begin(void **state)
{
	pawl_space_options_t options = { .capacity = 64 };

	(void)state;
	return pawl_space_open(&space, NULL, &options) || pawl_lock_open(space, "first", 0, &lock);
}

static int end(void **state)
{
	(void)state;
	return pawl_lock_close(lock) || pawl_space_close(space);
}

static pawl_lock_info_t look(const char *name)
{
	pawl_lock_info_t info;

	assert_int_equal(pawl_lock_peek(space, name, &info), 0);
	return info;
}

static struct pawl__place *place_of_first(void)
{
	return pawl__place_at(space, pawl__spot_of(lock).index);
}

/* Each bound is in its own bucket, one more nanosecond in the next. */
static void each_has_its_bucket(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PAWL_TIMES_BUCKETS - 1; i++) {
		uint64_t sum = look("first").waits.sum_ns;
		pawl_lock_info_t info;

		pawl__figures_waited(space, place_of_first(), (int64_t)PAWL_TIMES_BOUND(i));
		pawl__figures_waited(space, place_of_first(), (int64_t)PAWL_TIMES_BOUND(i) + 1);
		info = look("first");
		assert_int_equal(info.waits.count, 2 * (i + 1));
		assert_int_equal(info.waits.bucket[i], i == 0 ? 1 : 2);
		assert_int_equal(info.waits.bucket[i + 1], 1);
		assert_int_equal(info.waits.sum_ns - sum, 2 * PAWL_TIMES_BOUND(i) + 1);
		assert_int_equal(info.holds.count, 0);
	}
	pawl__figures_held(space, place_of_first(), -5); /* two clocks never differ like that; a sum must not wrap */
	assert_int_equal(look("first").holds.bucket[0], 1);
	assert_int_equal(look("first").holds.sum_ns, 0);
}

static void *want(void *deadline_ms) PAWL_NO_ANALYSIS
{
	int rc = pawl_lock_acquire(lock, deadline_ms ? pawl_in_ms(*(int64_t *)deadline_ms) : PAWL_FOREVER, NULL);

	if (rc == 0)
		rc = pawl_lock_release(lock);
	return (void *)(intptr_t)rc;
}

struct found {
	const char *name;
	unsigned waiting, threads;
	pawl_thread_info_t last;
};

static int each_thread(const pawl_thread_info_t *info, void *arg)
{
	struct found *f = arg;

	f->threads++;
	if (strcmp(info->waits_for, f->name) != 0)
		return 0;
	f->waiting++;
	f->last = *info;
	return 0;
}

static struct found wait_for_waiters(unsigned n)
{
	struct found f;

	do {
		f = (struct found){ .name = "first" };
		assert_int_equal(pawl_thread_list(space, each_thread, &f), 0);
	} while (f.waiting != n);
	return f;
}

static void who_waits_is_counted_and_listed(void **state) PAWL_NO_ANALYSIS
{
	pthread_t thread;
	pawl_lock_info_t info;
	struct found f;
	void *rc;

	(void)state;
	assert_int_equal(pawl_lock_acquire(lock, PAWL_FOREVER, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, want, NULL), 0);
	f = wait_for_waiters(1);
	assert_int_equal(f.threads, 2);
	assert_int_equal(f.last.pid, getpid());
	assert_int_not_equal(f.last.tid, getpid());
	assert_int_not_equal(f.last.since_ns, 0);
	info = look("first");
	assert_int_not_equal(info.member, f.last.member);
	assert_int_not_equal(info.member, 0);
	assert_int_equal(info.waits.count, 0);
	assert_int_equal(pawl_lock_release(lock), 0);
	assert_int_equal(pthread_join(thread, &rc), 0);
	assert_null(rc);
	info = look("first");
	assert_int_equal(info.waits.count, 1);
	assert_int_equal(info.contended, 1);
	assert_true(info.waits.sum_ns > 0);
	assert_int_equal(info.holds.count, 1); /* the second; when the first one began is not known */
	assert_int_equal(info.gave_up, 0);
	wait_for_waiters(0);
}

static void who_gives_up_is_counted(void **state) PAWL_NO_ANALYSIS
{
	int64_t brief = 20;
	pthread_t thread;
	void *rc;

	(void)state;
	assert_int_equal(pawl_lock_acquire(lock, PAWL_FOREVER, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, want, &brief), 0);
	assert_int_equal(pthread_join(thread, &rc), 0);
	assert_int_equal((intptr_t)rc, ETIMEDOUT);
	assert_int_equal(pawl_lock_release(lock), 0);
	assert_int_equal(look("first").gave_up, 1);
	assert_int_equal(look("first").waits.count, 0);
	wait_for_waiters(0);
}

/* Every place has figures, and then every place has another name. */
static void a_new_name_has_none(void **state)
{
	unsigned seen = 0;
	char name[16];

	(void)state;
	for (uint32_t i = 0; i < 64; i++) {
		pawl__figures_waited(space, (struct pawl__place *)((char *)space->header + PAWL__PLACES_OFF) + i, 1000);
		pawl__figures_held(space, (struct pawl__place *)((char *)space->header + PAWL__PLACES_OFF) + i, 1000);
		pawl__figures_gave_up(space, (struct pawl__place *)((char *)space->header + PAWL__PLACES_OFF) + i);
	}
	for (unsigned i = 0; i < 200; i++) {
		pawl_lock_t *another;
		pawl_lock_info_t info;

		snprintf(name, sizeof(name), "name %u", i);
		assert_int_equal(pawl_lock_open(space, name, 0, &another), 0);
		info = look(name);
		assert_int_equal(
			info.waits.count + info.holds.count + info.gave_up + info.waits.sum_ns + info.holds.sum_ns, 0);
		assert_int_equal(pawl_lock_close(another), 0);
		seen++;
	}
	assert_int_equal(seen, 200);
	assert_int_equal(pawl_space_check(space), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(each_has_its_bucket), TEST(who_waits_is_counted_and_listed),
		TEST(who_gives_up_is_counted), TEST(a_new_name_has_none) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
