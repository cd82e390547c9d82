/* SPDX-License-Identifier: BSD-2-Clause */
/** test_chan_crowd.c: many senders and many receivers at one channel: all that was sent is received, once, in the order of its
 * sender, whole; and closing it in the middle loses nothing that a sender was told had been sent.
 *
 * Senders send pointers to plain memory as well: ThreadSanitizer then sees whether what was written before a send is
 * visible behind the receive.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pawl/chan.h>

#include "../lib/handover.h"
#include "../lib/mates.h"

enum { WATCHDOG_S = 240, MOST = 4, EACH = 1000 };

struct letter {
	long sender, number;
	long *plain; /* says the number, too */
	long check;
};

static pawl_chan_t *c;

static struct post {
	unsigned senders, receivers;
	bool naps;
	pawl_deadline_t (*until)(uint64_t dice);
	unsigned char received[MOST][EACH]; /* how often */
	uint64_t too_long;                  /* looks that found more in it than it can hold */
} post;

struct clerk {
	bool sends;
	long me;
	uint64_t rng;
	long sent[MOST], got;  /* as a sender: [me] */
	long wrong, timed_out; /* wrong: anything that may not be */
};

static pawl_deadline_t for_ever(uint64_t dice)
{
	(void)dice;
	return PAWL_FOREVER;
}

static pawl_deadline_t any_time(uint64_t dice)
{
	return dice % 3 == 0 ? PAWL_TRY : dice % 3 == 1 ? PAWL_FOREVER : pawl_in_ns((int64_t)(dice / 4 % 100000));
}

static void dawdle(struct clerk *k)
{
	if (post.naps && random_next(&k->rng) % 64 == 0)
		nap_us((long)(random_next(&k->rng) % 100));
}

static void look(void)
{
	if (pawl_chan_len(c) > pawl_chan_cap(c))
		__atomic_fetch_add(&post.too_long, 1, __ATOMIC_RELAXED);
}

/* EBUSY and ETIMEDOUT only where they were asked for; then once more. */
static int until_done(struct clerk *k, int (*act)(struct letter *l, pawl_deadline_t deadline), struct letter *l)
{
	for (;;) {
		pawl_deadline_t deadline = post.until(random_next(&k->rng));
		int rc = act(l, deadline);

		if (rc == 0 || rc == EPIPE)
			return rc;
		k->timed_out++;
		if (rc != (deadline == PAWL_TRY ? EBUSY : ETIMEDOUT) || deadline == PAWL_FOREVER) {
			k->wrong++;
			return rc;
		}
	}
}

static int send_one(struct letter *l, pawl_deadline_t deadline)
{
	return pawl_chan_send(c, l, deadline);
}

static int recv_one(struct letter *l, pawl_deadline_t deadline)
{
	return pawl_chan_recv(c, l, deadline);
}

static void send_all(struct clerk *k)
{
	for (long i = 0; i < EACH; i++) {
		struct letter l = { .sender = k->me, .number = i, .plain = malloc(sizeof(long)), .check = ~(i ^ k->me) };

		*l.plain = i;
		if (until_done(k, send_one, &l)) {
			free(l.plain);
			return;
		}
		k->sent[k->me]++;
		dawdle(k);
		look();
	}
}

static void receive_all(struct clerk *k)
{
	long next[MOST] = { 0 }; /* of each sender, the least number that may still come */
	struct letter l;

	while (until_done(k, recv_one, &l) == 0) {
		if (l.sender < 0 || l.sender >= MOST || l.number < next[l.sender] || l.number >= EACH ||
			l.check != ~(l.number ^ l.sender) || *l.plain != l.number) {
			k->wrong++;
			return;
		}
		next[l.sender] = l.number + 1;
		free(l.plain);
		__atomic_fetch_add(&post.received[l.sender][l.number], 1, __ATOMIC_RELAXED);
		k->got++;
		dawdle(k);
		look();
	}
}

static void work(void *arg)
{
	struct clerk *k = arg;

	if (k->sends)
		send_all(k);
	else
		receive_all(k);
}

/* Receivers, then senders: the channel is closed when the senders are done, or in the middle. Returns how much was sent. */
static long run(struct post like, size_t capacity, long close_after_us)
{
	static struct clerk clerks[2 * MOST];
	struct clerk *senders = clerks + like.receivers;
	long sent = 0, got = 0;
	crew_t *in, *out;

	post = like;
	memset(clerks, 0, sizeof(clerks));
	for (unsigned i = 0; i < like.receivers + like.senders; i++)
		clerks[i] = (struct clerk){ .sends = i >= like.receivers, .me = (long)i - (long)like.receivers, .rng = i };
	assert_int_equal(pawl_chan_create(&c, capacity, sizeof(struct letter)), 0);
	out = crew_start(like.receivers, work, clerks, sizeof(clerks[0]));
	in = crew_start(like.senders, work, senders, sizeof(clerks[0]));
	if (close_after_us) {
		nap_us(close_after_us);
		assert_int_equal(pawl_chan_close(c), 0);
		crew_join(in);
	} else {
		crew_join(in);
		assert_int_equal(pawl_chan_close(c), 0);
	}
	crew_join(out);
	for (unsigned i = 0; i < like.receivers + like.senders; i++) {
		assert_int_equal(clerks[i].wrong, 0);
		got += clerks[i].got;
	}
	for (long s = 0; s < like.senders; s++) {
		long n = senders[s].sent[s];

		sent += n;
		for (long i = 0; i < EACH; i++)
			assert_int_equal(post.received[s][i], i < n); /* each once, and nothing that was not sent */
	}
	assert_int_equal(got, sent);
	assert_int_equal(post.too_long, 0);
	assert_int_equal(pawl_chan_len(c), 0);
	assert_int_equal(pawl_chan_destroy(c), 0);
	return sent;
}

static void all_shapes(struct post like)
{
	static const size_t capacities[] = { 1, 2, 3, 64 };

	for (unsigned n = 0; n < MOST * MOST; n += 3) { /* 1:1, 1:4, 2:3, 3:2, 4:1, 4:4 */
		like.senders = n / MOST + 1;
		like.receivers = n % MOST + 1;
		for (unsigned k = 0; k < sizeof(capacities) / sizeof(*capacities); k++)
			assert_int_equal(run(like, capacities[k], 0), like.senders * EACH);
	}
}

static void all_that_is_sent_is_received(void **state)
{
	(void)state;
	all_shapes((struct post){ .until = for_ever });
}

static void even_if_all_sleep(void **state)
{

	(void)state;
	sleep_at_once(true);
	for (unsigned n = 1; n <= MOST; n += MOST - 1)
		for (size_t capacity = 1; capacity <= 3; capacity++)
			run((struct post){ .senders = n, .receivers = MOST + 1 - n, .until = for_ever, .naps = true },
				capacity, 0);
	sleep_at_once(false);
}

static void even_if_they_are_impatient(void **state)
{

	(void)state;
	for (int sleepy = 0; sleepy < 2; sleepy++) {
		sleep_at_once(sleepy);
		for (size_t capacity = 1; capacity <= 3; capacity++)
			run((struct post){ .senders = 3, .receivers = 3, .until = any_time, .naps = true }, capacity, 0);
	}
	sleep_at_once(false);
}

/* A send that returned 0 is received, a send that returned EPIPE is not: whatever close comes upon. */
static void closed_in_the_middle(void **state)
{
	long cut = 0;

	(void)state;
	for (int n = 0; n < 60; n++) {
		struct post like = { .senders = 1 + n % MOST, .receivers = 1 + n / 4 % MOST };

		like.until = n % 2 ? for_ever : any_time;
		sleep_at_once(n % 3 == 0);
		cut += run(like, 1 + n % 5, 20 + n * 10) < like.senders * EACH;
	}
	sleep_at_once(false);
	assert_true(cut > 0); /* or all of them were done before */
}

/* ---- one element, or one place, is handed over ---- */

static int create(void *unused)
{
	char x = 0;

	(void)unused;
	if (c && pawl_chan_destroy(c))
		return 1;
	return pawl_chan_create(&c, 1, 1) || pawl_chan_send(c, &x, PAWL_TRY);
}

static int create_empty(void *unused)
{
	return create(unused) || pawl_chan_recv(c, NULL, PAWL_TRY);
}

static int send_one_byte(void *unused)
{
	char x = 0;

	(void)unused;
	return pawl_chan_send(c, &x, PAWL_FOREVER);
}

static int recv_one_byte(void *unused)
{
	(void)unused;
	return pawl_chan_recv(c, NULL, PAWL_FOREVER);
}

static void handed_over(void **state)
{
	const struct handover element = { create, recv_one_byte, send_one_byte, .unmap = false };
	const struct handover place = { create_empty, send_one_byte, recv_one_byte, .unmap = false };

	(void)state;
	c = NULL;
	assert_int_equal(handover_often(&element, 3000), 0);
	assert_int_equal(handover_often(&place, 3000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_sent_is_received),
		cmocka_unit_test(even_if_all_sleep),
		cmocka_unit_test(even_if_they_are_impatient),
		cmocka_unit_test(closed_in_the_middle),
		cmocka_unit_test(handed_over),
	};

	alarm(WATCHDOG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
