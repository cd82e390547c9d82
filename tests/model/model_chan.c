/* SPDX-License-Identifier: BSD-2-Clause */
/** model_chan.c: the channel in every order: few places, few senders and receivers; blocking, timed, tried, closed. */
#include <pawl/chan.h>

#include "core/chan.h"
#include "mail.h"

static struct shared {
	struct mail mail;
	unsigned senders_left, times_closed; /* the checker's own */
} * shared;

static pawl_chan_t *chan; /* the same in each run */

/* ---- the channel ---- */

static void set_up(size_t capacity)
{
	shared = model_alloc(sizeof(*shared));
	MODEL_CHECK(pawl_chan_create(&chan, capacity, sizeof(uint32_t)) == 0);
	MODEL_NAME(*shared);
	MODEL_NAME(*chan);
	MODEL_NAME(chan->tail);
	MODEL_NAME(chan->head);
	MODEL_NAME(chan->not_empty);
	MODEL_NAME(chan->not_full);
	model_name(chan->cells, capacity * chan->stride, "cells");
}

static void one_place(void)
{
	set_up(1);
}

static void two_places(void)
{
	set_up(2);
}

static void three_places(void)
{
	set_up(3);
}

/* ---- sending and receiving ---- */

static int send(unsigned me, unsigned number, pawl_deadline_t deadline)
{
	uint32_t element = mail_new(&shared->mail, me, number);
	int rc = pawl_chan_send(chan, &element, deadline);

	if (rc != 0)
		mail_refused(&shared->mail, element);
	return rc;
}

static int receive(struct mail_box *box, pawl_deadline_t deadline)
{
	uint32_t element = MAIL_NONE;
	int rc = pawl_chan_recv(chan, &element, deadline);

	if (rc == 0)
		mail_got(&shared->mail, box, element);
	else
		MODEL_CHECK(element == MAIL_NONE);
	return rc;
}

static void send_all(unsigned me, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		MODEL_CHECK(send(me, i, PAWL_FOREVER) == 0);
}

static void receive_all(unsigned n)
{
	struct mail_box box = { 0 };

	while (n-- > 0)
		MODEL_CHECK(receive(&box, PAWL_FOREVER) == 0);
}

/* To the end of a closed channel. */
static void drain(void)
{
	struct mail_box box = { 0 };
	int rc;

	while ((rc = receive(&box, PAWL_FOREVER)) == 0)
		;
	MODEL_CHECK(rc == EPIPE);
}

static void close_it(void)
{
	int rc = pawl_chan_close(chan);

	MODEL_CHECK(rc == EPIPE || (rc == 0 && shared->times_closed++ == 0));
}

/* ---- what the threads do ---- */

/* Senders first, then receivers. */
static void one_to_one(unsigned me)
{
	if (me == 0)
		send_all(0, 3);
	else
		receive_all(3);
}

static void two_to_one(unsigned me)
{
	if (me < 2)
		send_all(me, 1);
	else
		receive_all(2);
}

static void two_to_one_twice(unsigned me)
{
	if (me < 2)
		send_all(me, 2);
	else
		receive_all(4);
}

static void one_to_two(unsigned me)
{
	if (me == 0)
		send_all(0, 2);
	else
		receive_all(1);
}

static void one_to_two_twice(unsigned me)
{
	if (me == 0)
		send_all(0, 4);
	else
		receive_all(2);
}

static void two_to_two(unsigned me)
{
	if (me < 2)
		send_all(me, 1);
	else
		receive_all(1);
}

static void two_to_two_twice(unsigned me)
{
	if (me < 2)
		send_all(me, 2);
	else
		receive_all(2);
}

/* T0 sends at once or not at all, the other takes what there is. */
static void tried(unsigned me)
{
	struct mail_box box = { 0 };
	int rc;

	for (unsigned i = 0; i < 2; i++) {
		rc = me == 0 ? send(0, i, PAWL_TRY) : receive(&box, PAWL_TRY);
		MODEL_CHECK(rc == 0 || rc == EBUSY);
	}
}

/* T0 receives to a deadline; T1 receives as long as it takes; T2 sends two: one lies there still if T0 was too late. */
static void receiver_timed(unsigned me)
{
	struct mail_box box = { 0 };
	int rc;

	if (me == 0) {
		rc = receive(&box, model_now() + 1);
		MODEL_CHECK(rc == 0 || rc == ETIMEDOUT);
	} else if (me == 1) {
		MODEL_CHECK(receive(&box, PAWL_FOREVER) == 0);
	} else {
		send_all(2, 2);
	}
}

/* T0 sends to a deadline into a channel that is full; T1 as long as it takes; T2 makes room for one. */
static void full(void)
{
	set_up(1);
	MODEL_CHECK(send(MAIL_SENDERS - 1, 0, PAWL_TRY) == 0);
	MODEL_CHECK(send(MAIL_SENDERS - 1, 1, PAWL_TRY) == EBUSY);
}

static void sender_timed(unsigned me)
{
	int rc;

	if (me == 0) {
		rc = send(0, 0, model_now() + 1);
		MODEL_CHECK(rc == 0 || rc == ETIMEDOUT);
	} else if (me == 1) {
		MODEL_CHECK(send(1, 0, PAWL_FOREVER) == 0);
	} else {
		receive_all(2);
	}
}

static void closed_after_sending(unsigned me)
{
	if (me == 0) {
		send_all(0, 2);
		close_it();
	} else {
		drain();
	}
}

static void closed_by_the_last(unsigned me)
{
	if (me == 2) {
		drain();
		return;
	}
	send_all(me, 1);
	if (--shared->senders_left == 0)
		close_it();
}

static void two_senders(void)
{
	set_up(1);
	shared->senders_left = 2;
}

/* T0 closes it while T1 sends, and T2 receives to the end. */
static void closed_meanwhile(unsigned me)
{
	int rc;

	if (me == 0) {
		close_it();
	} else if (me == 1) {
		for (unsigned i = 0; i < 2; i++) {
			rc = send(1, i, PAWL_FOREVER);
			MODEL_CHECK(rc == 0 || rc == EPIPE);
		}
	} else {
		drain();
	}
}

/* The same, and there is nobody who receives. */
static void closed_on_senders(unsigned me)
{
	int rc;

	if (me == 0) {
		close_it();
		return;
	}
	rc = send(me, 0, PAWL_FOREVER);
	MODEL_CHECK(rc == 0 || rc == EPIPE);
}

static void closed_twice(unsigned me)
{
	if (me < 2)
		close_it();
	else
		drain();
}

/* ---- what is true in the end ---- */

static void all_arrived(void)
{
	mail_all_arrived(&shared->mail);
	MODEL_CHECK(pawl_chan_len(chan) == 0);
}

/* What was sent and not received lies in the channel still. */
static void rest_is_there(void)
{
	struct mail_box box = { 0 };

	while (receive(&box, PAWL_TRY) == 0)
		;
	all_arrived();
}

/* Two who announce themselves in turn keep each other awake until the third is done: not for ever, as the model could. */
static bool many_announcements(void)
{
	return chan->not_empty > 24 || chan->not_full > 24;
}

/* Where a fence fails, sleeps end after a moment, again and again. */
static bool many_slices(void)
{
	return many_announcements() || model_now() > MODEL_EPOCH + 4000000;
}

#define CASE(n, what, s, t) .name = what, .threads = n, .setup = s, .thread = t, .beyond = many_announcements
#define ARRIVES             .finish = all_arrived
#define STAYS               .finish = rest_is_there
#define WITHIN(n, in_long)  .preemptions = n, .preemptions_long = in_long
#define LONG(n)             .only_long = true, .preemptions_long = n
#define T0_T1               .alike = MODEL_T0_T1
#define T1_T2               .alike = MODEL_T1_T2

static const struct model_case cases[] = {
	{ CASE(2, "one to one, one place", one_place, one_to_one), ARRIVES },
	{ CASE(2, "one to one, two places", two_places, one_to_one), ARRIVES },
	{ CASE(2, "one to one, three places", three_places, one_to_one), ARRIVES },
	{ CASE(2, "one to one, no membarrier", one_place, one_to_one), ARRIVES, .no_fence = true },
	{ CASE(3, "two to one, one place", one_place, two_to_one), ARRIVES, T0_T1, WITHIN(4, 0) },
	{ CASE(3, "two to one, two places", two_places, two_to_one), ARRIVES, T0_T1 },
	{ CASE(3, "one to two, one place", one_place, one_to_two), ARRIVES, T1_T2, WITHIN(3, 5) },
	{ CASE(3, "one to two, two places", two_places, one_to_two), ARRIVES, T1_T2, WITHIN(3, 5) },
	{ CASE(4, "two to two, two places", two_places, two_to_two), ARRIVES, .alike = MODEL_T0_T1 | MODEL_T2_T3,
		WITHIN(1, 3) },
	{ CASE(2, "tried", one_place, tried), STAYS },
	{ CASE(3, "receiver timed", one_place, receiver_timed), STAYS, .ticks = 1, WITHIN(2, 4) },
	{ CASE(3, "sender timed", full, sender_timed), STAYS, .ticks = 1, WITHIN(2, 4) },
	{ CASE(2, "closed after sending", one_place, closed_after_sending), ARRIVES },
	{ CASE(3, "closed, two receive", one_place, closed_after_sending), ARRIVES, T1_T2, WITHIN(2, 4) },
	{ CASE(3, "closed by the last", two_senders, closed_by_the_last), ARRIVES, T0_T1, WITHIN(3, 5) },
	{ CASE(3, "closed meanwhile", one_place, closed_meanwhile), ARRIVES, WITHIN(3, 5) },
	{ CASE(3, "closed on senders", full, closed_on_senders), STAYS, T1_T2 },
	{ CASE(3, "closed twice", one_place, closed_twice), ARRIVES, T0_T1 },
	{ .name = "fence fails",
		.threads = 2,
		.setup = one_place,
		.thread = one_to_one,
		ARRIVES,
		WITHIN(2, 4),
		.rescued = true,
		.fence_fails = true,
		.beyond = many_slices },

	{ .name = "two to one, fence fails",
		.threads = 3,
		.setup = one_place,
		.thread = two_to_one,
		ARRIVES,
		LONG(4),
		.rescued = true,
		.fence_fails = true,
		.beyond = many_slices },
	{ CASE(3, "two to one, twice", one_place, two_to_one_twice), ARRIVES, T0_T1, LONG(3) },
	{ CASE(3, "one to two, twice", one_place, one_to_two_twice), ARRIVES, T1_T2, LONG(3) },
	{ CASE(4, "two to two", one_place, two_to_two), ARRIVES, .alike = MODEL_T0_T1 | MODEL_T2_T3, LONG(3) },
	{ CASE(4, "two to two, at random", one_place, two_to_two_twice), ARRIVES, .random = 200000, .only_long = true },
	{ CASE(4, "two to two, two places, at random", two_places, two_to_two_twice), ARRIVES, .random = 200000,
		.only_long = true },
};

int main(int argc, char **argv)
{
	return model_main("chan", cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
