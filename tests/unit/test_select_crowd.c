/* SPDX-License-Identifier: BSD-2-Clause */
/** test_select_crowd.c: several that select, among others who simply send, receive, take and put: each does exactly one thing
 * per call, so that nothing is lost and nothing is there twice; and a wake-up that meets one who has found something else
 * to do is passed on.
 *
 * Each test runs as the kernel is, and as if it had no futex_waitv.
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

#include "../lib/handover.h"
#include "../lib/mates.h"

enum { WATCHDOG_S = 240, CHANNELS = 3, SELECTORS = 4, PLAIN = 2, EACH = 1500 };

static pawl_chan_t *c[CHANNELS];
static pawl_tokens_t t;

static int fresh(void **state)
{
	int rc = pawl_tokens_init(&t, 3, 8);

	pawl__tune.no_waitv = *state != NULL;
	for (int i = 0; i < CHANNELS; i++)
		rc = rc ? rc : pawl_chan_create(&c[i], (size_t)i + 1, sizeof(long));
	return rc;
}

static int stale(void **state)
{
	int rc = 0;

	(void)state;
	pawl__tune.no_waitv = false;
	for (int i = 0; i < CHANNELS; i++)
		rc = rc ? rc : pawl_chan_destroy(c[i]);
	return rc;
}

/* ---- a storm ---- */

/* What one thread has put in and got out: at the end the sums of all have to be equal. */
struct ledger {
	long index;
	uint64_t rng;
	long sent, sent_sum, got, got_sum, took, timed_out, wrong;
};

static void note(struct ledger *l, const pawl_case_t *it, long out, long in)
{
	switch (it->kind) {
	case PAWL_CASE_SEND:
		l->sent++;
		l->sent_sum += out;
		break;
	case PAWL_CASE_RECV:
		l->got++;
		l->got_sum += in;
		break;
	case PAWL_CASE_TAKE:
		l->took++;
		l->wrong += pawl_tokens_put(&t) != 0;
		break;
	case PAWL_CASE_NEVER:
		l->wrong++;
	}
}

/* Two ways out and two ways in on random channels, and a token: there is always something that can be done, soon. */
static void select_once(struct ledger *l)
{
	uint64_t dice = random_next(&l->rng);
	long out = (long)(dice & 0xffff), in = -1;
	pawl_case_t cases[5] = {
		pawl_case_send(c[dice % CHANNELS], &out),
		pawl_case_recv(c[dice / 3 % CHANNELS], &in),
		pawl_case_recv(c[dice / 9 % CHANNELS], &in),
		pawl_case_send(c[dice / 27 % CHANNELS], &out),
		pawl_case_take(dice / 81 % 2 ? &t : NULL),
	};
	pawl_deadline_t deadline = dice / 162 % 3 == 0 ? PAWL_TRY : pawl_in_ns((int64_t)(dice / 500 % 100000));
	size_t chosen = 99;
	int rc = pawl_select(cases, 5, deadline, &chosen);

	if (rc == 0 && chosen < 5) {
		note(l, &cases[chosen], out, in);
		l->wrong += cases[chosen].kind != PAWL_CASE_RECV && in != -1;
	} else {
		l->timed_out++;
		l->wrong += chosen != 5 || in != -1 || rc != (deadline == PAWL_TRY ? EBUSY : ETIMEDOUT);
	}
}

static void do_once(struct ledger *l)
{
	uint64_t dice = random_next(&l->rng);
	long out = (long)(dice & 0xffff), in = -1;
	pawl_chan_t *chan = c[dice % CHANNELS];
	pawl_deadline_t deadline = pawl_in_ns((int64_t)(dice / 500 % 100000));
	pawl_case_t it = dice / 3 % 3 == 0   ? pawl_case_send(chan, &out)
			 : dice / 3 % 3 == 1 ? pawl_case_recv(chan, &in)
					     : pawl_case_take(&t);
	int rc = it.kind == PAWL_CASE_SEND   ? pawl_chan_send(chan, &out, deadline)
		 : it.kind == PAWL_CASE_RECV ? pawl_chan_recv(chan, &in, deadline)
					     : pawl_tokens_take(&t, deadline);

	if (rc == 0)
		note(l, &it, out, in);
	else
		l->wrong += rc != ETIMEDOUT;
}

static void work(void *arg)
{
	struct ledger *l = arg;

	for (int i = 0; i < EACH; i++)
		if (l->index < SELECTORS)
			select_once(l);
		else
			do_once(l);
}

static void nothing_is_lost_or_doubled(void **state)
{
	static struct ledger ledgers[SELECTORS + PLAIN];
	struct ledger all = { 0 };
	uint64_t seed = seed_of_run();
	long in;

	(void)state;
	memset(ledgers, 0, sizeof(ledgers));
	for (int i = 0; i < SELECTORS + PLAIN; i++)
		ledgers[i] = (struct ledger){ .index = i, .rng = seed + (uint64_t)i };
	crew_run(SELECTORS + PLAIN, work, ledgers, sizeof(ledgers[0]));
	for (int i = 0; i < SELECTORS + PLAIN; i++) {
		assert_int_equal(ledgers[i].wrong, 0);
		all.sent += ledgers[i].sent;
		all.sent_sum += ledgers[i].sent_sum;
		all.got += ledgers[i].got;
		all.got_sum += ledgers[i].got_sum;
		all.took += ledgers[i].took;
	}
	for (int i = 0; i < CHANNELS; i++)
		while (pawl_chan_recv(c[i], &in, PAWL_TRY) == 0) {
			all.got++;
			all.got_sum += in;
		}
	assert_int_equal(all.sent, all.got);
	assert_int_equal(all.sent_sum, all.got_sum);
	assert_true(all.sent > 0 && all.took > 0);
	assert_int_equal(pawl_tokens_free(&t), 3);
	assert_int_equal(t.word >> 16, 0); /* nobody is counted as waiting */
}

/* ---- wake-ups that meet the wrong one ---- */

static int select_two(void *unused)
{
	pawl_case_t cases[2] = { pawl_case_recv(c[0], NULL), pawl_case_recv(c[1], NULL) };

	(void)unused;
	return pawl_select(cases, 2, PAWL_FOREVER, NULL);
}

static int recv_from(void *channel)
{
	return pawl_chan_recv(*(pawl_chan_t **)channel, NULL, PAWL_FOREVER);
}

/* One selects from both channels and sleeps in front of those who only want one of them. Both get something at once: it takes
 * one element, and whoever waits for the other one gets that, though the wake-up met somebody else. */
static void a_wake_up_is_passed_on(void **state)
{
	mate_t *both = mate_new(), *one[2] = { mate_new(), mate_new() };
	long x = 1;

	(void)state;
	sleep_at_once(true);
	for (int round = 0; round < 60; round++) {
		mate_ask(both, select_two, NULL);
		assert_true(mate_asleep(both));
		mate_ask(one[round % 2], recv_from, &c[round % 2]);
		assert_true(mate_asleep(one[round % 2]));
		assert_int_equal(pawl_chan_send(c[0], &x, PAWL_FOREVER), 0);
		assert_int_equal(pawl_chan_send(c[1], &x, PAWL_FOREVER), 0);
		assert_int_equal(mate_answer(both), 0);
		/* It may have taken what the other one waits for: then there is something left at the other channel. */
		if (pawl_chan_recv(c[1 - round % 2], NULL, PAWL_TRY) == 0)
			assert_int_equal(pawl_chan_send(c[round % 2], &x, PAWL_FOREVER), 0);
		assert_int_equal(mate_answer(one[round % 2]), 0);
		assert_int_equal(pawl_chan_len(c[0]) + pawl_chan_len(c[1]), 0);
	}
	sleep_at_once(false);
	mate_end(both);
	mate_end(one[0]);
	mate_end(one[1]);
}

/* Two that select from both, both asleep; an element for each of them, one at each channel, at once. */
static void two_get_two(void **state)
{
	mate_t *first = mate_new(), *second = mate_new();
	long x = 1;

	(void)state;
	sleep_at_once(true);
	for (int round = 0; round < 60; round++) {
		mate_ask(first, select_two, NULL);
		mate_ask(second, select_two, NULL);
		assert_true(mate_asleep(first) && mate_asleep(second));
		assert_int_equal(pawl_chan_send(c[round % 2], &x, PAWL_FOREVER), 0);
		assert_int_equal(pawl_chan_send(c[1 - round % 2], &x, PAWL_FOREVER), 0);
		assert_int_equal(mate_answer(first), 0);
		assert_int_equal(mate_answer(second), 0);
		assert_int_equal(pawl_chan_len(c[0]) + pawl_chan_len(c[1]), 0);
	}
	sleep_at_once(false);
	mate_end(first);
	mate_end(second);
}

/* ---- one element, or one token, is handed over ---- */

static int have_one(void *unused)
{
	long x = 0;

	(void)unused;
	while (pawl_chan_recv(c[1], NULL, PAWL_TRY) == 0)
		;
	return pawl_tokens_init(&t, 1, 8) || pawl_tokens_take(&t, PAWL_TRY) || pawl_chan_send(c[1], &x, PAWL_TRY);
}

static int select_one(void *unused)
{
	pawl_case_t only = pawl_case_recv(c[1], NULL);

	(void)unused;
	return pawl_select(&only, 1, PAWL_FOREVER, NULL);
}

static int select_any(void *unused)
{
	pawl_case_t cases[3] = { pawl_case_recv(c[0], NULL), pawl_case_recv(c[1], NULL), pawl_case_take(&t) };

	(void)unused;
	return pawl_select(cases, 3, PAWL_FOREVER, NULL);
}

static int send_back(void *unused)
{
	long x = 0;

	(void)unused;
	return pawl_chan_send(c[1], &x, PAWL_FOREVER);
}

static int put_back(void *unused)
{
	(void)unused;
	return pawl_tokens_put(&t);
}

static void handed_over(void **state)
{
	const struct handover element = { have_one, select_one, send_back, .unmap = false };
	const struct handover token = { have_one, select_any, put_back, .unmap = false };
	unsigned rounds = *state ? 100 : 3000; /* without futex_waitv it looks every 5 ms */

	assert_int_equal(handover_often(&element, rounds), 0);
	assert_int_equal(handover_often(&token, rounds), 0);
}

/* ---- back and forth ---- */

static void bat(void *arg)
{
	struct ledger *l = arg;
	long ball = 0;

	for (int i = 0; i < EACH; i++) {
		pawl_case_t get = pawl_case_recv(c[l->index], &ball), put = pawl_case_send(c[1 - l->index], &ball);

		if (l->index == 0 || i > 0)
			l->wrong += pawl_select(&get, 1, PAWL_FOREVER, NULL) != 0 || ball != l->got++ * 2 + 1 + l->index;
		ball++;
		l->wrong += pawl_select(&put, 1, PAWL_FOREVER, NULL) != 0;
	}
}

static void back_and_forth(void **state)
{
	static struct ledger players[2];

	(void)state;
	sleep_at_once(true);
	players[0] = (struct ledger){ .index = 0 };
	players[1] = (struct ledger){ .index = 1 };
	crew_run(2, bat, players, sizeof(players[0]));
	sleep_at_once(false);
	assert_int_equal(players[0].wrong + players[1].wrong, 0);
	assert_int_equal(players[0].got, EACH);
}

/* ---- close ---- */

static void drain(void *arg)
{
	struct ledger *l = arg;
	long open = CHANNELS, in;
	pawl_case_t cases[CHANNELS];

	for (int i = 0; i < CHANNELS; i++)
		cases[i] = pawl_case_recv(c[i], &in);
	while (open > 0) {
		size_t chosen = CHANNELS;
		int rc = pawl_select(cases, CHANNELS, PAWL_FOREVER, &chosen);

		if (rc == EPIPE && chosen < CHANNELS) { /* as with Go: a nil channel in its place */
			cases[chosen] = pawl_case_recv(NULL, NULL);
			open--;
		} else if (rc == 0) {
			l->got++;
			l->got_sum += in;
		} else {
			l->wrong++;
			return;
		}
	}
}

static void close_ends_them_all(void **state)
{
	static struct ledger ledgers[SELECTORS];

	(void)state;
	for (int round = 0; round < 10; round++) {
		long sum = 0, got = 0;
		crew_t *crew;

		memset(ledgers, 0, sizeof(ledgers));
		crew = crew_start(SELECTORS, drain, ledgers, sizeof(ledgers[0]));
		for (long i = 0; i < 100; i++)
			assert_int_equal(pawl_chan_send(c[i % CHANNELS], &i, PAWL_FOREVER), 0);
		for (int i = 0; i < CHANNELS; i++)
			assert_int_equal(pawl_chan_close(c[i]), 0);
		crew_join(crew);
		for (int i = 0; i < SELECTORS; i++) {
			assert_int_equal(ledgers[i].wrong, 0);
			got += ledgers[i].got;
			sum += ledgers[i].got_sum;
		}
		assert_int_equal(got, 100);
		assert_int_equal(sum, 99 * 100 / 2);
		assert_int_equal(stale(state), 0);
		assert_int_equal(fresh(state), 0);
	}
}

#define BOTH_WAYS(test)                                                                                                \
	{ #test, test, fresh, stale, NULL },                                                                           \
	{                                                                                                              \
#test ", without futex_waitv", test, fresh, stale, &pawl__tune                                         \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_WAYS(nothing_is_lost_or_doubled),
		BOTH_WAYS(a_wake_up_is_passed_on),
		BOTH_WAYS(two_get_two),
		BOTH_WAYS(handed_over),
		BOTH_WAYS(back_and_forth),
		BOTH_WAYS(close_ends_them_all),
	};

	alarm(WATCHDOG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
