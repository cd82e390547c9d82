/* SPDX-License-Identifier: BSD-2-Clause */
/** test_chan.c: what chan.h promises of a channel to one caller at a time: how much goes in, that the same comes out, until
 * when one waits, that whoever sleeps is woken, and what closing it does. Crowds are in test_chan_crowd.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pawl/chan.h>

#include "../lib/kids.h"
#include "../lib/mates.h"

enum { WATCHDOG_S = 240, SLEEPERS = 4 };

static pawl_chan_t *c; /* of longs, where nothing else is said */

static void make(size_t capacity)
{
	assert_int_equal(pawl_chan_create(&c, capacity, sizeof(long)), 0);
}

static void unmake(void)
{
	assert_int_equal(pawl_chan_destroy(c), 0);
	c = NULL;
}

static int send(long value, pawl_deadline_t deadline)
{
	return pawl_chan_send(c, &value, deadline);
}

/* A received long, or minus the error. */
static long recv(pawl_deadline_t deadline)
{
	long value = -1;
	int rc = pawl_chan_recv(c, &value, deadline);

	return rc ? -rc : value;
}

static int send_it(void *value)
{
	return pawl_chan_send(c, value, PAWL_FOREVER);
}

static int recv_it(void *value)
{
	return pawl_chan_recv(c, value, PAWL_FOREVER);
}

static pawl_deadline_t deadline;

static int send_until(void *value)
{
	return pawl_chan_send(c, value, deadline);
}

static int recv_until(void *value)
{
	return pawl_chan_recv(c, value, deadline);
}

/* ---- beginning and end ---- */

static void create_has_bounds(void **state)
{
	(void)state;
	assert_int_equal(pawl_chan_create(&c, 0, sizeof(long)), EINVAL);
	assert_int_equal(pawl_chan_create(&c, 1, 0), EINVAL);
	assert_int_equal(pawl_chan_create(&c, 0, 0), EINVAL);
	assert_int_equal(pawl_chan_destroy(NULL), EINVAL);
	assert_int_equal(pawl_chan_close(NULL), EINVAL);
	assert_int_equal(pawl_chan_len(NULL), 0);
	assert_int_equal(pawl_chan_cap(NULL), 0);
}

/* The sanitizers' malloc would rather end the program than say ENOMEM. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* Sizes whose product wraps around, or is more than there is. */
static void create_does_not_overflow(void **state)
{
	static const size_t huge[] = { SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX / sizeof(long), SIZE_MAX / 16 + 1,
		(size_t)1 << 60 };

	(void)state;
	for (unsigned i = 0; i < sizeof(huge) / sizeof(*huge); i++) {
		assert_int_not_equal(pawl_chan_create(&c, huge[i], sizeof(long)), 0);
		assert_int_not_equal(pawl_chan_create(&c, 2, huge[i]), 0);
		assert_int_not_equal(pawl_chan_create(&c, huge[i], huge[i]), 0);
	}
}

static void destroyed_with_what_it_holds(void **state)
{
	(void)state;
	make(3);
	assert_int_equal(send(1, PAWL_TRY), 0);
	assert_int_equal(send(2, PAWL_TRY), 0);
	unmake();
}

/* ---- how much goes in, and that it comes out ---- */

static void as_many_as_its_capacity(void **state)
{
	static const size_t capacities[] = { 1, 2, 3, 1000 };

	(void)state;
	for (unsigned i = 0; i < sizeof(capacities) / sizeof(*capacities); i++) {
		long n = (long)capacities[i];

		make(capacities[i]);
		assert_int_equal(pawl_chan_cap(c), n);
		for (int lap = 0; lap < 4; lap++) {
			for (long k = 0; k < n; k++) {
				assert_int_equal(pawl_chan_len(c), k);
				assert_int_equal(send(k, k % 2 ? PAWL_TRY : PAWL_FOREVER), 0);
			}
			assert_int_equal(pawl_chan_len(c), n);
			assert_int_equal(send(n, PAWL_TRY), EBUSY);
			assert_int_equal(send(n, 1), ETIMEDOUT);
			assert_int_equal(pawl_chan_len(c), n);
			for (long k = 0; k < n; k++)
				assert_int_equal(recv(k % 2 ? PAWL_FOREVER : PAWL_TRY), k);
			assert_int_equal(recv(PAWL_TRY), -EBUSY);
			assert_int_equal(recv(1), -ETIMEDOUT);
			assert_int_equal(pawl_chan_len(c), 0);
		}
		unmake();
	}
}

/* Never quite empty, never quite full, around and around. */
static void in_the_order_they_were_sent(void **state)
{
	long sent = 0, got = 0;

	(void)state;
	for (size_t capacity = 2; capacity <= 7; capacity++) {
		make(capacity);
		for (sent = got = 0; sent < 200;) {
			while (pawl_chan_len(c) < capacity - sent % 2 && send(sent, PAWL_TRY) == 0)
				sent++;
			do
				assert_int_equal(recv(PAWL_TRY), got++);
			while (pawl_chan_len(c) > 1);
		}
		unmake();
	}
}

static void fill(unsigned char *bytes, size_t size, unsigned seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(seed * 31 + i * 7 + 1);
}

/* Elements of any size, whole, and not a byte beside them. */
static void elements_of_any_size(void **state)
{
	static const size_t sizes[] = { 1, 3, 4, 8, 16, 100 };
	unsigned char in[128], out[128], rest[128];

	(void)state;
	memset(rest, 0xa5, sizeof(rest));
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t size = sizes[i];

		assert_int_equal(pawl_chan_create(&c, 3, size), 0);
		for (unsigned n = 0; n < 30; n += 3) {
			for (unsigned k = 0; k < 3; k++) {
				fill(in, size, n + k);
				assert_int_equal(pawl_chan_send(c, in, PAWL_TRY), 0);
			}
			for (unsigned k = 0; k < 3; k++) {
				memcpy(out, rest, sizeof(out));
				fill(in, size, n + k);
				assert_int_equal(pawl_chan_recv(c, out, PAWL_TRY), 0);
				assert_memory_equal(out, in, size);
				assert_memory_equal(out + size, rest, sizeof(out) - size);
			}
		}
		unmake();
	}
}

static void thrown_away(void **state)
{
	(void)state;
	make(2);
	assert_int_equal(send(1, PAWL_TRY), 0);
	assert_int_equal(send(2, PAWL_TRY), 0);
	assert_int_equal(pawl_chan_recv(c, NULL, PAWL_TRY), 0);
	assert_int_equal(recv(PAWL_TRY), 2);
	assert_int_equal(pawl_chan_recv(c, NULL, PAWL_TRY), EBUSY);
	unmake();
}

/* What is not received is not written to. */
static void a_failure_leaves_the_element_alone(void **state)
{
	long value = 42;

	(void)state;
	make(1);
	assert_int_equal(pawl_chan_recv(c, &value, PAWL_TRY), EBUSY);
	assert_int_equal(pawl_chan_recv(c, &value, 1), ETIMEDOUT);
	assert_int_equal(pawl_chan_close(c), 0);
	assert_int_equal(pawl_chan_recv(c, &value, PAWL_FOREVER), EPIPE);
	assert_int_equal(value, 42);
	unmake();
}

/* ---- deadlines ---- */

static void a_timeout_is_not_early(void **state)
{
	(void)state;
	make(1);
	for (int64_t ns = 1000; ns <= 20000000; ns *= 3) {
		pawl_deadline_t at = pawl_in_ns(ns);

		assert_int_equal(recv(at), -ETIMEDOUT);
		assert_true(now_ns() >= at);
	}
	assert_int_equal(send(1, -1), 0); /* long past, and it need not wait */
	for (int64_t ns = 1000; ns <= 20000000; ns *= 3) {
		pawl_deadline_t at = pawl_in_ns(ns);

		assert_int_equal(send(2, at), ETIMEDOUT);
		assert_true(now_ns() >= at);
	}
	assert_int_equal(recv(INT64_MIN), 1);
	assert_int_equal(recv(INT64_MIN), -ETIMEDOUT);
	unmake();
}

/* ---- sleepers ---- */

static void sleepers_are_woken(void **state)
{
	static long value;
	mate_t *mate = mate_new();

	(void)state;
	make(1);
	for (long i = 1; i <= 20; i++) {
		deadline = i % 3 ? pawl_in_ms(100000) : PAWL_FOREVER;
		mate_ask(mate, recv_until, &value);
		assert_true(mate_asleep(mate)); /* it does not spin for ever */
		assert_int_equal(send(i, PAWL_TRY), 0);
		assert_int_equal(mate_answer(mate), 0);
		assert_int_equal(value, i);

		assert_int_equal(send(i, PAWL_TRY), 0);
		value = -i;
		mate_ask(mate, send_until, &value);
		assert_true(mate_asleep(mate));
		assert_int_equal(recv(PAWL_TRY), i);
		assert_int_equal(mate_answer(mate), 0);
		assert_int_equal(recv(PAWL_TRY), -i);
	}
	mate_end(mate);
	unmake();
}

static void all_asleep(mate_t **mates, mate_act *act, long *values)
{
	for (int i = 0; i < SLEEPERS; i++) {
		values[i] = i;
		mates[i] = mate_new();
		mate_ask(mates[i], act, &values[i]);
	}
	for (int i = 0; i < SLEEPERS; i++)
		assert_true(mate_asleep(mates[i]));
}

/* All that comes at once reaches as many sleepers, and each of them gets something else. */
static void every_sleeper_is_woken(void **state)
{
	static long values[SLEEPERS];
	mate_t *mates[SLEEPERS];
	long sum;

	(void)state;
	make(SLEEPERS);
	for (int round = 0; round < 3; round++) {
		all_asleep(mates, recv_it, values);
		for (long i = 0; i < SLEEPERS; i++)
			assert_int_equal(send(1L << i, PAWL_TRY), 0);
		sum = 0;
		for (int i = 0; i < SLEEPERS; i++) {
			assert_int_equal(mate_answer(mates[i]), 0);
			sum += values[i];
			mate_end(mates[i]);
		}
		assert_int_equal(sum, (1 << SLEEPERS) - 1);

		for (long i = 0; i < SLEEPERS; i++)
			assert_int_equal(send(-1, PAWL_TRY), 0);
		all_asleep(mates, send_it, values);
		for (long i = 0; i < SLEEPERS; i++)
			assert_int_equal(recv(PAWL_TRY), -1);
		for (sum = 0; sum < SLEEPERS * (SLEEPERS - 1) / 2;) {
			long got = recv(pawl_in_ms(30000));

			assert_in_range(got, 0, SLEEPERS - 1);
			sum += got;
		}
		for (int i = 0; i < SLEEPERS; i++) {
			assert_int_equal(mate_answer(mates[i]), 0);
			mate_end(mates[i]);
		}
		while (pawl_chan_len(c) > 0)
			assert_int_equal(recv(PAWL_TRY), 0);
	}
	unmake();
}

/* Those who have given up waiting leave nothing behind that keeps the others asleep. */
static void sleepers_behind_those_who_leave(void **state)
{
	static long values[SLEEPERS], value;
	mate_t *mates[SLEEPERS], *brief = mate_new();

	(void)state;
	make(1);
	deadline = pawl_in_ms(20);
	mate_ask(brief, recv_until, &value);
	all_asleep(mates, recv_it, values);
	assert_int_equal(mate_answer(brief), ETIMEDOUT);
	for (long i = 0; i < SLEEPERS; i++)
		assert_int_equal(send(i, pawl_in_ms(30000)), 0);
	for (int i = 0; i < SLEEPERS; i++) {
		assert_int_equal(mate_answer(mates[i]), 0);
		mate_end(mates[i]);
	}
	mate_end(brief);
	unmake();
}

/* ---- close ---- */

static void senders_are_refused_receivers_drain(void **state)
{
	(void)state;
	make(3);
	assert_int_equal(send(1, PAWL_TRY), 0);
	assert_int_equal(send(2, PAWL_TRY), 0);
	assert_int_equal(pawl_chan_close(c), 0);
	assert_int_equal(pawl_chan_close(c), EPIPE);
	for (int lap = 0; lap < 2; lap++) {
		assert_int_equal(send(3, PAWL_TRY), EPIPE); /* with room, and, below, without elements */
		assert_int_equal(send(3, PAWL_FOREVER), EPIPE);
		assert_int_equal(send(3, 1), EPIPE);
		assert_int_equal(pawl_chan_len(c), lap ? 0 : 2);
		assert_int_equal(pawl_chan_cap(c), 3);
		if (lap == 0) {
			assert_int_equal(recv(PAWL_FOREVER), 1);
			assert_int_equal(recv(PAWL_TRY), 2);
		}
		assert_int_equal(recv(PAWL_FOREVER), -EPIPE);
		assert_int_equal(recv(PAWL_TRY), -EPIPE);
		assert_int_equal(recv(1), -EPIPE);
		assert_int_equal(pawl_chan_recv(c, NULL, PAWL_FOREVER), EPIPE);
	}
	assert_int_equal(pawl_chan_close(c), EPIPE);
	unmake();
}

static void a_full_one_is_closed(void **state)
{
	(void)state;
	make(1);
	assert_int_equal(send(7, PAWL_TRY), 0);
	assert_int_equal(pawl_chan_close(c), 0);
	assert_int_equal(send(8, PAWL_TRY), EPIPE);
	assert_int_equal(send(8, PAWL_FOREVER), EPIPE);
	assert_int_equal(recv(PAWL_FOREVER), 7);
	assert_int_equal(recv(PAWL_FOREVER), -EPIPE);
	unmake();
}

static void all_end_by_epipe(mate_t **mates)
{
	for (int i = 0; i < SLEEPERS; i++) {
		assert_int_equal(mate_answer(mates[i]), EPIPE);
		mate_end(mates[i]);
	}
}

static void sleepers_are_told(void **state)
{
	static long values[SLEEPERS];
	mate_t *mates[SLEEPERS];

	(void)state;
	for (int timed = 0; timed < 2; timed++) {
		deadline = timed ? pawl_in_ms(100000) : PAWL_FOREVER;
		make(1);
		all_asleep(mates, recv_until, values);
		assert_int_equal(pawl_chan_close(c), 0);
		all_end_by_epipe(mates);
		unmake();

		make(1);
		assert_int_equal(send(5, PAWL_TRY), 0);
		all_asleep(mates, send_until, values);
		assert_int_equal(pawl_chan_close(c), 0);
		all_end_by_epipe(mates);
		assert_int_equal(recv(PAWL_TRY), 5);
		assert_int_equal(recv(PAWL_TRY), -EPIPE);
		unmake();
	}
}

static long written_before;

static int wait_for_the_end(void *unused)
{
	int rc = pawl_chan_recv(c, unused, PAWL_FOREVER);

	return rc == EPIPE ? (int)written_before : -rc;
}

static int look_for_the_end(void *unused)
{
	int rc;

	while ((rc = pawl_chan_recv(c, unused, PAWL_TRY)) == EBUSY)
		sched_yield();
	return rc == EPIPE ? (int)written_before : -rc;
}

/* Being closed is a message like any other: what was written before it can be read behind it. */
static void the_end_is_a_message(void **state)
{
	mate_t *asleep = mate_new(), *awake = mate_new();

	(void)state;
	make(1);
	written_before = 0;
	mate_ask(asleep, wait_for_the_end, NULL);
	mate_ask(awake, look_for_the_end, NULL);
	assert_true(mate_asleep(asleep));
	written_before = 99;
	assert_int_equal(pawl_chan_close(c), 0);
	assert_int_equal(mate_answer(asleep), 99);
	assert_int_equal(mate_answer(awake), 99);
	mate_end(asleep);
	mate_end(awake);
	unmake();
}

/* An element so large that it takes a while to get in: its place in the queue is taken, and then the channel is closed. It has
 * been sent: one of those who wait receives it, and the others are told, though none of them was there when it came. */
static void closed_while_an_element_is_under_way(void **state)
{
	enum { LARGE = 8 << 20 };
	mate_t *sender = mate_new(), *mates[SLEEPERS];
	unsigned char *element = calloc(1, LARGE);
	int got = 0, told = 0;

	(void)state;
	for (int round = 0; round < 5; round++) {
		assert_int_equal(pawl_chan_create(&c, 2, LARGE), 0);
		for (int i = 0; i < SLEEPERS; i++) {
			mates[i] = mate_new();
			mate_ask(mates[i], recv_it, NULL);
			assert_true(mate_asleep(mates[i]));
		}
		mate_ask(sender, send_it, element);
		while (pawl_chan_len(c) == 0 && !mate_done(sender))
			;
		assert_int_equal(pawl_chan_close(c), 0);
		assert_int_equal(mate_answer(sender), 0);
		for (int i = 0; i < SLEEPERS; i++) {
			int rc = mate_answer(mates[i]);

			got += rc == 0;
			told += rc == EPIPE;
			mate_end(mates[i]);
		}
		unmake();
		assert_int_equal(got, round + 1);
		assert_int_equal(told, (round + 1) * (SLEEPERS - 1));
	}
	free(element);
	mate_end(sender);
}

/* ---- signals ---- */

static void signals_do_not_end_a_wait(void **state)
{
	static long value = 1;
	mate_t *mate = mate_new();

	(void)state;
	make(1);
	mate_ask(mate, recv_it, &value);
	mate_pester(mate, now_ns() + 20 * NS_PER_MS);
	assert_false(mate_done(mate));
	assert_int_equal(send(1, PAWL_TRY), 0);
	assert_int_equal(mate_answer(mate), 0);

	deadline = pawl_in_ms(20);
	mate_ask(mate, recv_until, &value);
	mate_pester(mate, INT64_MAX);
	assert_true(now_ns() >= deadline);
	assert_int_equal(mate_answer(mate), ETIMEDOUT);

	assert_int_equal(send(1, PAWL_TRY), 0);
	mate_ask(mate, send_it, &value);
	mate_pester(mate, now_ns() + 20 * NS_PER_MS);
	assert_false(mate_done(mate));
	assert_int_equal(recv(PAWL_TRY), 1);
	assert_int_equal(mate_answer(mate), 0);
	mate_end(mate);
	unmake();
}

/* ---- cancellation, fork ---- */

static void cancellation_does_not_end_a_wait(void **state)
{
	static long value;
	mate_t *mate = mate_new();

	(void)state;
	make(1);
	mate_ask(mate, recv_it, &value);
	assert_true(mate_asleep(mate));
	assert_int_equal(pthread_cancel(mate_thread(mate)), 0);
	nap_us(2000);
	assert_true(mate_asleep(mate));
	assert_int_equal(send(3, PAWL_TRY), 0);
	assert_int_equal(mate_answer(mate), 0);
	assert_int_equal(value, 3);
	mate_end(mate);
	unmake();
}

static int heir(void *unused)
{
	long value = 7;

	(void)unused;
	if (pawl_chan_destroy(c) || pawl_chan_create(&c, 1, sizeof(long)))
		return 1;
	return pawl_chan_send(c, &value, PAWL_TRY) || recv(PAWL_TRY) != 7 || pawl_chan_destroy(c) ? 2 : 0;
}

/* It may do nothing with it but destroy it; and have channels of its own. */
static void the_child_may_destroy_its_copy(void **state)
{
	static long value;
	mate_t *mate = mate_new();

	(void)state;
	make(1);
	mate_ask(mate, recv_it, &value);
	assert_true(mate_asleep(mate));
	assert_int_equal(kids_join(kids_fork(heir, NULL)), 0);
	assert_int_equal(send(4, PAWL_TRY), 0);
	assert_int_equal(mate_answer(mate), 0);
	assert_int_equal(value, 4);
	mate_end(mate);
	unmake();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create_has_bounds),
		cmocka_unit_test(create_does_not_overflow),
		cmocka_unit_test(destroyed_with_what_it_holds),
		cmocka_unit_test(as_many_as_its_capacity),
		cmocka_unit_test(in_the_order_they_were_sent),
		cmocka_unit_test(elements_of_any_size),
		cmocka_unit_test(thrown_away),
		cmocka_unit_test(a_failure_leaves_the_element_alone),
		cmocka_unit_test(a_timeout_is_not_early),
		cmocka_unit_test(sleepers_are_woken),
		cmocka_unit_test(every_sleeper_is_woken),
		cmocka_unit_test(sleepers_behind_those_who_leave),
		cmocka_unit_test(senders_are_refused_receivers_drain),
		cmocka_unit_test(a_full_one_is_closed),
		cmocka_unit_test(sleepers_are_told),
		cmocka_unit_test(the_end_is_a_message),
		cmocka_unit_test(closed_while_an_element_is_under_way),
		cmocka_unit_test(signals_do_not_end_a_wait),
		cmocka_unit_test(cancellation_does_not_end_a_wait),
		cmocka_unit_test(the_child_may_destroy_its_copy),
	};

	alarm(WATCHDOG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
