/* SPDX-License-Identifier: BSD-2-Clause */
/** test_select.c: what chan.h promises of pawl_select to one caller: each kind of case, which of several is chosen, what is
 * refused, until when it waits, what wakes it, and that no case but the chosen one is touched. Crowds are in
 * test_select_crowd.c.
 *
 * Where it says so the tests run twice: the second time as if the kernel had no futex_waitv.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include <pawl/chan.h>

#include "core/tune.h"

#include "../lib/mates.h"

enum { WATCHDOG_S = 240, PICKS = 10000, MANY = PAWL_SELECT_MAX };

/* Channels of ints: `a` and `b` for two elements each; tokens: one of two is free. */
static pawl_chan_t *a, *b;
static pawl_tokens_t t;
static int in, out;
static size_t chosen;

static int fresh(void **state)
{
	pawl__tune.no_waitv = *state != NULL;
	in = out = -1;
	chosen = 77;
	return pawl_chan_create(&a, 2, sizeof(int)) || pawl_chan_create(&b, 2, sizeof(int)) ||
	       pawl_tokens_init(&t, 2, 8) || pawl_tokens_take(&t, PAWL_TRY);
}

static int stale(void **state)
{
	(void)state;
	pawl__tune.no_waitv = false;
	return pawl_chan_destroy(a) || pawl_chan_destroy(b);
}

static void fill(pawl_chan_t *c, int value)
{
	while (pawl_chan_send(c, &value, PAWL_TRY) == 0)
		value++;
}

static void assert_lens(size_t of_a, size_t of_b, unsigned free)
{
	assert_int_equal(pawl_chan_len(a), of_a);
	assert_int_equal(pawl_chan_len(b), of_b);
	assert_int_equal(pawl_tokens_free(&t), free);
	assert_int_equal(t.word >> 16, 0); /* nobody is counted as waiting */
}

/* ---- which case ---- */

static void each_kind_alone(void **state)
{
	pawl_case_t send, recv, take;

	(void)state;
	out = 5;
	send = pawl_case_send(a, &out);
	recv = pawl_case_recv(a, &in);
	take = pawl_case_take(&t);
	assert_int_equal(pawl_select(&send, 1, PAWL_TRY, &chosen), 0);
	assert_int_equal(chosen, 0);
	assert_lens(1, 0, 1);
	assert_int_equal(pawl_select(&recv, 1, PAWL_FOREVER, NULL), 0);
	assert_int_equal(in, 5);
	assert_lens(0, 0, 1);
	chosen = 77;
	assert_int_equal(pawl_select(&take, 1, 1, &chosen), 0);
	assert_int_equal(chosen, 0);
	assert_lens(0, 0, 0);
}

/* Go's `default`. */
static void a_try_finds_nothing(void **state)
{
	pawl_case_t cases[3] = { pawl_case_recv(a, &in), pawl_case_send(b, &in), pawl_case_take(&t) };

	(void)state;
	fill(b, 1);
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	assert_int_equal(pawl_select(cases, 3, PAWL_TRY, &chosen), EBUSY);
	assert_int_equal(chosen, 3);
	assert_int_equal(pawl_select(cases, 3, PAWL_TRY, NULL), EBUSY);
	assert_int_equal(in, -1);
	assert_lens(0, 2, 0);
}

static void the_one_that_can_be_done(void **state)
{
	pawl_case_t cases[4] = { pawl_case_recv(a, &in), pawl_case_send(b, &out), pawl_case_take(&t),
		pawl_case_recv(NULL, &in) };

	(void)state;
	for (int i = 0; i < 50; i++) {
		size_t want = (size_t)i % 3;

		out = i;
		while (pawl_chan_recv(a, NULL, PAWL_TRY) == 0 || pawl_tokens_take(&t, PAWL_TRY) == 0)
			;
		fill(b, 1);
		if (want == 0)
			assert_int_equal(pawl_chan_send(a, &out, PAWL_TRY), 0);
		else if (want == 1)
			assert_int_equal(pawl_chan_recv(b, NULL, PAWL_TRY), 0);
		else
			assert_int_equal(pawl_tokens_put(&t), 0);
		assert_int_equal(pawl_select(cases, 4, PAWL_FOREVER, &chosen), 0);
		assert_int_equal(chosen, want);
		assert_lens(0, 2, 0);
	}
}

static void send_and_receive_on_one_channel(void **state)
{
	pawl_case_t cases[2] = { pawl_case_send(a, &out), pawl_case_recv(a, &in) };
	unsigned sends = 0;

	(void)state;
	assert_int_equal(pawl_select(cases, 2, PAWL_FOREVER, &chosen), 0);
	assert_int_equal(chosen, 0); /* nothing else could be done: it does not receive from itself */
	assert_lens(1, 0, 1);
	for (int i = 0; i < 200; i++) {
		size_t before = pawl_chan_len(a);

		assert_int_equal(pawl_select(cases, 2, PAWL_FOREVER, &chosen), 0);
		assert_int_equal(pawl_chan_len(a), chosen == 0 ? before + 1 : before - 1);
		sends += chosen == 0;
	}
	assert_in_range(sends, 50, 150);
	fill(a, 1);
	assert_int_equal(pawl_select(cases, 2, PAWL_TRY, &chosen), 0);
	assert_int_equal(chosen, 1);
}

static void the_same_channel_twice(void **state)
{
	int first = -1, second = -1;
	pawl_case_t cases[4] = { pawl_case_recv(a, &first), pawl_case_recv(a, &second), pawl_case_take(&t),
		pawl_case_take(&t) };

	(void)state;
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	for (int i = 0; i < 100; i++) {
		first = second = -1;
		assert_int_equal(pawl_chan_send(a, &i, PAWL_TRY), 0);
		assert_int_equal(pawl_select(cases, 4, PAWL_FOREVER, &chosen), 0);
		assert_true(chosen < 2);
		assert_int_equal(chosen == 0 ? first : second, i);
		assert_int_equal(chosen == 0 ? second : first, -1);
		assert_int_equal(pawl_tokens_put(&t), 0);
		assert_int_equal(pawl_select(cases, 4, PAWL_FOREVER, &chosen), 0);
		assert_true(chosen >= 2);
		assert_lens(0, 0, 0);
	}
	assert_int_equal(pawl_select(cases, 4, pawl_in_ms(2), &chosen), ETIMEDOUT);
	assert_lens(0, 0, 0);
}

/* ---- what does not take part, and what is refused ---- */

static void objects_that_are_not_there(void **state)
{
	pawl_case_t never[3] = { pawl_case_send(NULL, &out), pawl_case_recv(NULL, &in), pawl_case_take(NULL) };
	pawl_case_t some[3] = { never[1], pawl_case_take(&t), never[0] };
	pawl_deadline_t soon = pawl_in_ms(5);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(never[i].kind, PAWL_CASE_NEVER);
	assert_int_equal(pawl_select(never, 3, PAWL_TRY, &chosen), EBUSY);
	assert_int_equal(chosen, 3);
	assert_int_equal(pawl_select(never, 3, 1, &chosen), ETIMEDOUT);
	assert_int_equal(pawl_select(never, 3, soon, &chosen), ETIMEDOUT);
	assert_true(now_ns() >= soon);
	assert_int_equal(pawl_select(never, 3, PAWL_FOREVER, &chosen), EINVAL);
	assert_int_equal(chosen, 3);
	assert_int_equal(pawl_select(some, 3, PAWL_FOREVER, &chosen), 0);
	assert_int_equal(chosen, 1);
}

static void cases_made_by_hand(void **state)
{
	pawl_case_t cases[3];

	(void)state;
	memset(cases, 0, sizeof(cases)); /* PAWL_CASE_NEVER */
	assert_int_equal(pawl_select(cases, 3, PAWL_TRY, &chosen), EBUSY);
	cases[0] = (pawl_case_t){ .kind = PAWL_CASE_RECV, .into = &in };
	cases[1] = (pawl_case_t){ .kind = PAWL_CASE_SEND, .from = &out };
	cases[2] = (pawl_case_t){ .kind = PAWL_CASE_TAKE };
	assert_int_equal(pawl_select(cases, 3, PAWL_TRY, &chosen), EBUSY);
	cases[2].tokens = &t;
	assert_int_equal(pawl_select(cases, 3, PAWL_FOREVER, &chosen), 0);
	assert_int_equal(chosen, 2);
}

static void what_makes_no_sense(void **state)
{
	pawl_case_t cases[MANY + 1], wrong = pawl_case_take(&t);

	(void)state;
	for (unsigned i = 0; i < MANY + 1; i++)
		cases[i] = pawl_case_recv(a, &in);
	out = 1;
	fill(a, 1);
	assert_int_equal(pawl_select(cases, 0, PAWL_TRY, &chosen), EINVAL);
	assert_int_equal(chosen, 0);
	assert_int_equal(pawl_select(cases, MANY + 1, PAWL_TRY, &chosen), EINVAL);
	assert_int_equal(chosen, MANY + 1);
	cases[1] = pawl_case_send(b, NULL); /* nothing to send from */
	assert_int_equal(pawl_select(cases, 2, PAWL_TRY, &chosen), EINVAL);
	assert_int_equal(chosen, 2);
	wrong.kind = (pawl_case_kind_t)(PAWL_CASE_TAKE + 1);
	cases[1] = wrong;
	assert_int_equal(pawl_select(cases, 2, PAWL_FOREVER, &chosen), EINVAL);
	assert_int_equal(chosen, 2);
	assert_lens(2, 0, 1); /* the good ones were not touched */
}

/* ---- deadlines ---- */

static void a_timeout_is_not_early(void **state)
{
	pawl_case_t cases[3] = { pawl_case_recv(a, &in), pawl_case_send(b, &out), pawl_case_take(&t) };

	(void)state;
	fill(b, 1);
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	for (int64_t ns = 1000; ns <= 20000000; ns *= 3) {
		pawl_deadline_t deadline = pawl_in_ns(ns);

		assert_int_equal(pawl_select(cases, 3, deadline, &chosen), ETIMEDOUT);
		assert_true(now_ns() >= deadline);
		assert_int_equal(chosen, 3);
		assert_lens(0, 2, 0);
	}
	assert_int_equal(pawl_select(cases, 3, -1, &chosen), ETIMEDOUT);
	assert_int_equal(pawl_tokens_put(&t), 0);
	assert_int_equal(pawl_select(cases, 3, -1, &chosen), 0);
	assert_int_equal(chosen, 2);
}

/* ---- tokens for which no more may wait ---- */

static void a_take_that_may_not_wait(void **state)
{
	pawl_case_t cases[2] = { pawl_case_take(&t), pawl_case_recv(a, &in) };

	(void)state;
	assert_int_equal(pawl_tokens_init(&t, 1, 0), 0);
	assert_int_equal(pawl_select(cases, 2, PAWL_FOREVER, &chosen), 0); /* it need not wait */
	assert_int_equal(chosen, 0);
	assert_int_equal(pawl_select(cases, 2, PAWL_FOREVER, &chosen), EAGAIN);
	assert_int_equal(chosen, 2);
	assert_int_equal(pawl_select(cases, 2, pawl_in_ms(100000), NULL), EAGAIN);
	assert_int_equal(pawl_select(cases, 2, PAWL_TRY, &chosen), EBUSY);
	fill(a, 9);
	assert_int_equal(pawl_select(cases, 2, PAWL_FOREVER, &chosen), 0); /* nor need it now */
	assert_int_equal(chosen, 1);
	assert_int_equal(in, 9);
	assert_lens(1, 0, 0);
}

/* ---- which of several: each as likely ---- */

/* Pearson's statistic of the counts of `k` cases. With up to 8 of them it is above 40 once in 10^6 runs at most. */
static double unevenness(const unsigned *counts, size_t k)
{
	double expected = (double)PICKS / (double)k, sum = 0;

	for (size_t i = 0; i < k; i++)
		sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
	return sum;
}

static void pick(const pawl_case_t *cases, size_t n, unsigned *counts)
{
	for (int i = 0; i < PICKS; i++) {
		assert_int_equal(pawl_select(cases, n, PAWL_FOREVER, &chosen), 0);
		assert_true(chosen < n);
		assert_int_equal(pawl_tokens_put(cases[chosen].tokens), 0);
		counts[chosen]++;
	}
}

/* All of them ready; or some, with others before, between and behind them. */
static void each_is_as_likely(void **state)
{
	static const unsigned ready[] = { 0x3, 0x7, 0xff, 0x83, 0x29, 0xb8 };
	pawl_tokens_t tokens[8];

	(void)state;
	for (unsigned r = 0; r < sizeof(ready) / sizeof(*ready); r++) {
		unsigned counts[8] = { 0 }, of_ready[8];
		pawl_case_t cases[8];
		size_t k = 0;

		for (unsigned i = 0; i < 8; i++) {
			assert_int_equal(pawl_tokens_init(&tokens[i], 1, 1), 0);
			cases[i] = pawl_case_take(&tokens[i]);
			if (!(ready[r] & 1u << i))
				assert_int_equal(pawl_tokens_take(&tokens[i], PAWL_TRY), 0);
		}
		pick(cases, 8, counts);
		for (unsigned i = 0; i < 8; i++) {
			if (ready[r] & 1u << i)
				of_ready[k++] = counts[i];
			else
				assert_int_equal(counts[i], 0);
		}
		assert_true(unevenness(of_ready, k) < 40);
	}
}

/* ---- sleeping ---- */

static struct {
	const pawl_case_t *cases;
	size_t n, chosen;
	pawl_deadline_t deadline;
} told;

static int select_it(void *unused)
{
	(void)unused;
	return pawl_select(told.cases, told.n, told.deadline, &told.chosen);
}

/* Fast asleep, or between two short sleeps where it has to look by itself. */
static void fall_asleep(mate_t *mate, const pawl_case_t *cases, size_t n, pawl_deadline_t deadline)
{
	told.cases = cases;
	told.n = n;
	told.deadline = deadline;
	mate_ask(mate, select_it, NULL);
	assert_true(mate_asleep(mate));
}

static void each_kind_wakes_it(void **state)
{
	pawl_case_t cases[3] = { pawl_case_recv(a, &in), pawl_case_send(b, &out), pawl_case_take(&t) };
	mate_t *mate = mate_new();

	(void)state;
	out = 1;
	fill(b, 1);
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	for (int i = 0; i < 12; i++) {
		fall_asleep(mate, cases, 3, i % 2 ? PAWL_FOREVER : pawl_in_ms(100000));
		if (i % 3 == 0)
			assert_int_equal(pawl_chan_send(a, &i, PAWL_TRY), 0);
		else if (i % 3 == 1)
			assert_int_equal(pawl_chan_recv(b, NULL, PAWL_TRY), 0);
		else
			assert_int_equal(pawl_tokens_put(&t), 0);
		assert_int_equal(mate_answer(mate), 0);
		assert_int_equal(told.chosen, i % 3);
		assert_lens(0, 2, 0);
	}
	mate_end(mate);
}

static void close_wakes_it(void **state)
{
	pawl_case_t cases[2] = { pawl_case_recv(a, &in), pawl_case_send(b, &out) };
	mate_t *mate = mate_new();

	(void)state;
	out = 1;
	fill(b, 1);
	fall_asleep(mate, cases, 2, PAWL_FOREVER);
	assert_int_equal(pawl_chan_close(a), 0);
	assert_int_equal(mate_answer(mate), EPIPE);
	assert_int_equal(told.chosen, 0);
	fall_asleep(mate, &cases[1], 1, PAWL_FOREVER);
	assert_int_equal(pawl_chan_close(b), 0);
	assert_int_equal(mate_answer(mate), EPIPE);
	assert_int_equal(told.chosen, 0);
	mate_end(mate);
	assert_int_equal(pawl_select(&cases[1], 1, PAWL_TRY, &chosen), EPIPE);
	assert_int_equal(chosen, 0);
	assert_int_equal(pawl_chan_recv(b, &in, PAWL_TRY), 0); /* what was sent before is there still */
	assert_int_equal(in, 1);
}

static void all_of_128_can_wake_it(void **state)
{
	static pawl_tokens_t tokens[MANY];
	static pawl_case_t cases[MANY];
	mate_t *mate = mate_new();

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(pawl_tokens_init(&tokens[i], 1, 1), 0);
		assert_int_equal(pawl_tokens_take(&tokens[i], PAWL_TRY), 0);
		cases[i] = pawl_case_take(&tokens[i]);
	}
	for (unsigned i = 0; i < MANY; i += i == MANY - 4 ? 1 : 4) {
		fall_asleep(mate, cases, MANY, PAWL_FOREVER);
		assert_int_equal(pawl_tokens_put(&tokens[i]), 0);
		assert_int_equal(mate_answer(mate), 0);
		assert_int_equal(told.chosen, i);
	}
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(tokens[i].word, 0); /* nor is anybody counted as waiting */
	mate_end(mate);
}

static void signals_do_not_end_a_wait(void **state)
{
	pawl_case_t cases[2] = { pawl_case_recv(a, &in), pawl_case_recv(b, &in) };
	mate_t *mate = mate_new();

	(void)state;
	fall_asleep(mate, cases, 2, PAWL_FOREVER);
	mate_pester(mate, now_ns() + 20 * NS_PER_MS);
	assert_false(mate_done(mate));
	assert_int_equal(pawl_chan_send(b, &out, PAWL_TRY), 0);
	assert_int_equal(mate_answer(mate), 0);
	fall_asleep(mate, cases, 2, pawl_in_ms(20));
	mate_pester(mate, INT64_MAX);
	assert_true(now_ns() >= told.deadline);
	assert_int_equal(mate_answer(mate), ETIMEDOUT);
	mate_end(mate);
}

static void cancellation_does_not_end_a_wait(void **state)
{
	pawl_case_t cases[2] = { pawl_case_recv(a, &in), pawl_case_take(&t) };
	mate_t *mate = mate_new();

	(void)state;
	assert_int_equal(pawl_tokens_take(&t, PAWL_TRY), 0);
	fall_asleep(mate, cases, 2, PAWL_FOREVER);
	assert_int_equal(pthread_cancel(mate_thread(mate)), 0);
	nap_us(2000);
	assert_true(mate_asleep(mate));
	assert_int_equal(pawl_tokens_put(&t), 0);
	assert_int_equal(mate_answer(mate), 0);
	assert_int_equal(told.chosen, 1);
	mate_end(mate);
}

#define AS_IT_IS(test)                                                                                                 \
	{                                                                                                              \
#test, test, fresh, stale, NULL                                                                        \
	}
#define WITHOUT_WAITV(test)                                                                                            \
	{                                                                                                              \
#test ", without futex_waitv", test, fresh, stale, &pawl__tune                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AS_IT_IS(each_kind_alone),
		AS_IT_IS(a_try_finds_nothing),
		AS_IT_IS(the_one_that_can_be_done),
		AS_IT_IS(send_and_receive_on_one_channel),
		AS_IT_IS(the_same_channel_twice),
		AS_IT_IS(objects_that_are_not_there),
		AS_IT_IS(cases_made_by_hand),
		AS_IT_IS(what_makes_no_sense),
		AS_IT_IS(a_timeout_is_not_early),
		AS_IT_IS(a_take_that_may_not_wait),
		AS_IT_IS(each_is_as_likely),
		AS_IT_IS(each_kind_wakes_it),
		AS_IT_IS(close_wakes_it),
		AS_IT_IS(all_of_128_can_wake_it),
		AS_IT_IS(signals_do_not_end_a_wait),
		AS_IT_IS(cancellation_does_not_end_a_wait),
		WITHOUT_WAITV(a_timeout_is_not_early),
		WITHOUT_WAITV(each_kind_wakes_it),
		WITHOUT_WAITV(close_wakes_it),
		WITHOUT_WAITV(all_of_128_can_wake_it),
		WITHOUT_WAITV(signals_do_not_end_a_wait),
	};

	alarm(WATCHDOG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
