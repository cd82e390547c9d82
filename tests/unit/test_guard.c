/* SPDX-License-Identifier: BSD-2-Clause */
/** test_guard.c: PAWL_GUARD takes the lock where it stands and gives it back at the end of its block, by whichever way the
 * block is left. Compiled with -fexceptions, so that the end of a thread is one of those ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <pawl/guard.h>

enum { WATCHDOG_S = 60 };

static pawl_mutex_t m;
static pawl_spin_t s;
static int ran; /* what was done under the guard */

static int fresh(void **state)
{
	(void)state;
	ran = 0;
	s.word = 0;
	return pawl_mutex_init(&m, 0);
}

static bool mutex_is_held(void)
{
	return (m.word & PAWL_MUTEX_ID_) == pawl_self_;
}

static void assert_free(int times_run)
{
	assert_int_equal(m.word, 0);
	assert_int_equal(m.depth & PAWL_MUTEX_NESTED_, 0);
	assert_int_equal(s.word, 0);
	assert_int_equal(ran, times_run);
}

/* To be called under both. */
static void run(void)
{
	ran += mutex_is_held() && s.word;
}

/* ---- the ways out of a block ---- */

static void by_its_end(void)
{
	PAWL_GUARD(&m);
	PAWL_GUARD(&s);
	run();
}

static int by_return(int n)
{
	PAWL_GUARD(&m);
	PAWL_GUARD(&s);
	run();
	if (n > 0)
		return mutex_is_held() ? n : -1; /* the value is made before it is given back */
	return 0;
}

static void by_break_and_continue(void)
{
	for (int i = 0; i < 4; i++) {
		PAWL_GUARD(&m);
		PAWL_GUARD(&s);
		run();
		if (i == 1)
			continue;
		if (i == 2)
			break;
	}
	while (pawl_mutex_trylock(&m) != 0) /* it is free by now, or this goes on for ever */
		;
	pawl_mutex_unlock(&m);
}

static void by_goto(void)
{
	int n = 0;

again : {
	PAWL_GUARD(&m);
	PAWL_GUARD(&s);
	run();
	if (++n < 3)
		goto again;
	if (n == 3)
		goto out;
	ran = -1000;
}
out:
	return;
}

static void by_switch(int n)
{
	switch (n) {
	case 1: {
		PAWL_GUARD(&m);
		PAWL_GUARD(&s);
		run();
		break;
	}
	default:
		break;
	}
}

static void every_way_out(void **state)
{
	(void)state;
	by_its_end();
	assert_free(1);
	assert_int_equal(by_return(7), 7);
	assert_int_equal(by_return(0), 0);
	assert_free(3);
	by_break_and_continue();
	assert_free(6);
	by_goto();
	assert_free(9);
	by_switch(1);
	by_switch(2);
	assert_free(10);
}

/* ---- several ---- */

static void inner_blocks_end_first(void **state)
{
	(void)state;
	{
		PAWL_GUARD(&m);
		{
			PAWL_GUARD(&s);
			run();
		}
		assert_int_equal(s.word, 0);
		assert_true(mutex_is_held());
		for (int i = 0; i < 3; i++) {
			PAWL_GUARD(&s);
			run();
		}
		assert_int_equal(s.word, 0);
	}
	assert_free(4);
}

static pawl_mutex_t row[3];
static unsigned seen;

static void look_at(const int *i)
{
	for (int k = 0; k < 3; k++)
		seen |= (row[k].word != 0) << (4 * *i + k);
}

/* The last to be taken is the first to be given back. */
static void in_reverse_order(void **state)
{
	(void)state;
	memset(row, 0, sizeof(row));
	seen = 0;
	{
		const int i __attribute__((cleanup(look_at))) = 0;
		PAWL_GUARD(&row[0]);
		const int j __attribute__((cleanup(look_at))) = 1;
		PAWL_GUARD(&row[1]);
		const int k __attribute__((cleanup(look_at))) = 2;
		PAWL_GUARD(&row[2]);
		assert_true(row[0].word && row[1].word && row[2].word);
	}
	assert_int_equal(seen, 0x310);
}

/* ---- recursion ---- */

static void the_outer_one_holds(void **state)
{
	(void)state;
	{
		PAWL_GUARD(&m);
		{
			PAWL_GUARD(&m); /* not recursive: takes nothing */
			assert_true(mutex_is_held());
		}
		assert_true(mutex_is_held()); /* and has given back nothing */
	}
	assert_free(0);
}

static int down(int n)
{
	PAWL_GUARD(&m);
	return n == 0 ? 0 : 1 + down(n - 1);
}

static void as_deep_as_it_goes(void **state)
{
	(void)state;
	for (unsigned flags = PAWL_RECURSIVE; flags; flags = flags & PAWL_STABLE ? 0 : flags | PAWL_STABLE) {
		assert_int_equal(pawl_mutex_init(&m, flags), 0);
		assert_int_equal(down(100), 100);
		assert_free(0);
	}
}

/* ---- threads that end inside ---- */

static void *exit_inside(void *how)
{
	PAWL_GUARD(&m);
	PAWL_GUARD(&s);
	run();
	if (how)
		pthread_exit(how);
	for (;;)
		usleep(1000); /* where a cancellation gets us */
	return NULL;
}

static void the_end_of_a_thread(void **state)
{
	pthread_t thread;
	void *end = NULL;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, exit_inside, &ran), 0);
	assert_int_equal(pthread_join(thread, &end), 0);
	assert_ptr_equal(end, &ran);
	assert_free(1);
	assert_int_equal(pthread_create(&thread, NULL, exit_inside, NULL), 0);
	while (PAWL_LOAD(&m.word, ACQUIRE) == 0)
		usleep(100);
	assert_int_equal(pthread_cancel(thread), 0);
	assert_int_equal(pthread_join(thread, &end), 0);
	assert_ptr_equal(end, PTHREAD_CANCELED);
	assert_free(2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_way_out, fresh),
		cmocka_unit_test_setup(inner_blocks_end_first, fresh),
		cmocka_unit_test_setup(in_reverse_order, fresh),
		cmocka_unit_test_setup(the_outer_one_holds, fresh),
		cmocka_unit_test_setup(as_deep_as_it_goes, fresh),
		cmocka_unit_test_setup(the_end_of_a_thread, fresh),
	};

	alarm(WATCHDOG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
