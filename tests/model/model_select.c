/* SPDX-License-Identifier: BSD-2-Clause */
/** model_select.c: select in every order: exactly one case is done, and the wake-ups of the others are passed on.
 *
 * Two channels of one place, a and b, and two sets of one token, x and y; select's random choices are all tried.
 */
#include <pawl/chan.h>

#include "core/chan.h"
#include "core/tune.h"
#include "mail.h"

static struct shared {
	struct mail mail;
	pawl_tokens_t x, y;
	unsigned taken_x, taken_y, done; /* the checker's own */
} * shared;

static pawl_chan_t *a, *b; /* the same in each run */

static void send(pawl_chan_t *to, unsigned me, unsigned number)
{
	uint32_t element = mail_new(&shared->mail, me, number);

	MODEL_CHECK(pawl_chan_send(to, &element, PAWL_FOREVER) == 0);
}

static void receive(pawl_chan_t *from)
{
	struct mail_box box = { 0 };
	uint32_t element;

	MODEL_CHECK(pawl_chan_recv(from, &element, PAWL_FOREVER) == 0);
	mail_got(&shared->mail, &box, element);
}

/* Both sets of tokens are taken at first. */
static void set_up(void)
{
	shared = model_alloc(sizeof(*shared));
	MODEL_NAME(*shared);
	MODEL_NAME(shared->x.word);
	MODEL_NAME(shared->y.word);
	MODEL_CHECK(pawl_chan_create(&a, 1, sizeof(uint32_t)) == 0);
	MODEL_CHECK(pawl_chan_create(&b, 1, sizeof(uint32_t)) == 0);
	MODEL_NAME(*a);
	MODEL_NAME(a->not_empty);
	MODEL_NAME(a->not_full);
	MODEL_NAME(*b);
	MODEL_NAME(b->not_empty);
	MODEL_NAME(b->not_full);
	MODEL_CHECK(pawl_tokens_init(&shared->x, 1, 4) == 0 && pawl_tokens_init(&shared->y, 1, 4) == 0);
	MODEL_CHECK(pawl_tokens_take(&shared->x, PAWL_TRY) == 0 && pawl_tokens_take(&shared->y, PAWL_TRY) == 0);
}

static void one_place_to_wait(void)
{
	set_up();
	MODEL_CHECK(pawl_tokens_init(&shared->x, 1, 1) == 0 && pawl_tokens_take(&shared->x, PAWL_TRY) == 0);
}

/* The kernel does not let it sleep on two words. */
static void no_waitv(void)
{
	set_up();
	pawl__tune.no_waitv = true;
}

static void full_b(void)
{
	set_up();
	send(b, MAIL_SENDERS - 1, 0);
}

/* ---- selecting ---- */

/* Receive from a or b, whichever has something. Returns what the call does; 0: one element has been received. */
static int from_either(struct mail_box *box, pawl_deadline_t deadline, size_t *chosen)
{
	uint32_t of_a = MAIL_NONE, of_b = MAIL_NONE;
	pawl_case_t cases[2] = { pawl_case_recv(a, &of_a), pawl_case_recv(b, &of_b) };
	int rc = pawl_select(cases, 2, deadline, chosen);

	if (rc != 0) {
		MODEL_CHECK(of_a == MAIL_NONE && of_b == MAIL_NONE);
		MODEL_CHECK(*chosen == 2 || rc == EPIPE);
		return rc;
	}
	MODEL_CHECK(*chosen < 2 && (*chosen == 0 ? of_b : of_a) == MAIL_NONE);
	mail_got(&shared->mail, box, *chosen == 0 ? of_a : of_b);
	return 0;
}

static void from_either_once(void)
{
	struct mail_box box = { 0 };
	size_t chosen;

	MODEL_CHECK(from_either(&box, PAWL_FOREVER, &chosen) == 0);
}

static void took(pawl_tokens_t *which)
{
	MODEL_CHECK(++*(which == &shared->x ? &shared->taken_x : &shared->taken_y) == 1);
}

/* ---- what the threads do ---- */

/* T0 receives two from either. */
static void one_of_two(unsigned me)
{
	struct mail_box box = { 0 };
	size_t chosen;

	if (me > 0) {
		send(me == 1 ? a : b, me, 0);
		return;
	}
	MODEL_CHECK(from_either(&box, PAWL_FOREVER, &chosen) == 0);
	MODEL_CHECK(from_either(&box, PAWL_FOREVER, &chosen) == 0);
}

/* Two who select from the same two. */
static void two_selectors(unsigned me)
{
	if (me < 2) {
		from_either_once();
		return;
	}
	send(a, me, 0);
	send(b, me, 1);
}

/* One sender for each. */
static void two_selectors_two_senders(unsigned me)
{
	if (me < 2)
		from_either_once();
	else
		send(me == 2 ? a : b, me, 0);
}

/* T0 selects, T1 wants a's and nothing else: a wake-up that went to T0, who then took b's, must reach T1. */
static void beside_a_receiver(unsigned me)
{
	if (me == 0) {
		from_either_once();
	} else if (me == 1) {
		receive(a);
	} else {
		send(a, me, 0);
		send(b, me, 1);
		send(a, me, 2);
	}
}

/* T0 gives up at a deadline. */
static void timed(unsigned me)
{
	struct mail_box box = { 0 };
	size_t chosen;
	int rc;

	if (me == 0) {
		rc = from_either(&box, model_now() + 1, &chosen);
		MODEL_CHECK(rc == 0 || rc == ETIMEDOUT);
	} else if (me == 1) {
		receive(a);
	} else {
		send(a, me, 0);
		send(a, me, 1);
	}
}

static void tried(unsigned me)
{
	struct mail_box box = { 0 };
	size_t chosen;
	int rc;

	if (me == 0) {
		rc = from_either(&box, PAWL_TRY, &chosen);
		MODEL_CHECK(rc == 0 || rc == EBUSY);
	} else if (me == 1) {
		send(a, me, 0);
	} else {
		send(b, me, 0);
	}
}

/* T0 receives from a and sends to b, in the order in which it can. */
static void receive_and_send(unsigned me)
{
	uint32_t got, mine;
	struct mail_box box = { 0 };
	pawl_case_t cases[2] = { pawl_case_recv(a, &got), pawl_case_send(b, &mine) };
	size_t chosen;

	if (me == 1) {
		send(a, me, 0);
		return;
	}
	if (me == 2) {
		receive(b);
		receive(b);
		return;
	}
	mine = mail_new(&shared->mail, me, 0);
	for (unsigned i = 0; i < 2; i++) {
		MODEL_CHECK(pawl_select(cases, 2, PAWL_FOREVER, &chosen) == 0 && chosen < 2);
		cases[chosen].kind = PAWL_CASE_NEVER;
	}
	mail_got(&shared->mail, &box, got);
}

/* Two who take from either set of tokens; T2 puts one into each. */
static void two_takers(unsigned me)
{
	pawl_case_t cases[2] = { pawl_case_take(&shared->x), pawl_case_take(&shared->y) };
	size_t chosen;

	if (me == 2) {
		MODEL_CHECK(pawl_tokens_put(&shared->x) == 0);
		MODEL_CHECK(pawl_tokens_put(&shared->y) == 0);
		return;
	}
	MODEL_CHECK(pawl_select(cases, 2, PAWL_FOREVER, &chosen) == 0 && chosen < 2);
	took(chosen == 0 ? &shared->x : &shared->y);
}

/* T0 takes from either set, T1 wants x; T2 puts one into each, and takes back what is too much. */
static void beside_a_taker(unsigned me)
{
	pawl_case_t cases[2] = { pawl_case_take(&shared->x), pawl_case_take(&shared->y) };
	size_t chosen;

	if (me == 2) {
		MODEL_CHECK(pawl_tokens_put(&shared->x) == 0);
		MODEL_CHECK(pawl_tokens_put(&shared->y) == 0);
		return;
	}
	if (me == 0) {
		MODEL_CHECK(pawl_select(cases, 2, PAWL_FOREVER, &chosen) == 0 && chosen < 2);
		took(chosen == 0 ? &shared->x : &shared->y);
		if (chosen == 0) {
			shared->taken_x = 0;
			MODEL_CHECK(pawl_tokens_put(&shared->x) == 0);
		}
		return;
	}
	MODEL_CHECK(pawl_tokens_take(&shared->x, PAWL_FOREVER) == 0);
	took(&shared->x);
}

/* Only one may wait for x: T0 and T1 select that, T2 puts one into each. */
static void too_many(unsigned me)
{
	pawl_case_t cases[2] = { pawl_case_take(&shared->x), pawl_case_take(&shared->y) };
	size_t chosen;
	int rc;

	if (me == 2) {
		MODEL_CHECK(shared->x.word >> 16 <= 1); /* the waiters (tokens.c) */
		two_takers(me);
		MODEL_CHECK(shared->x.word >> 16 <= 1 || shared->x.word >> 31);
		return;
	}
	rc = pawl_select(cases, 2, PAWL_FOREVER, &chosen);
	if (rc == 0)
		took(chosen == 0 ? &shared->x : &shared->y);
	else
		MODEL_CHECK(rc == EAGAIN && chosen == 2);
}

/* Twice the same channel. */
static void twice_the_same(unsigned me)
{
	uint32_t got[2] = { MAIL_NONE, MAIL_NONE };
	struct mail_box box = { 0 };
	pawl_case_t cases[2] = { pawl_case_recv(a, &got[0]), pawl_case_recv(a, &got[1]) };
	size_t chosen;

	if (me == 1) {
		send(a, me, 0);
		return;
	}
	MODEL_CHECK(pawl_select(cases, 2, PAWL_FOREVER, &chosen) == 0 && chosen < 2);
	MODEL_CHECK(got[1 - chosen] == MAIL_NONE);
	mail_got(&shared->mail, &box, got[chosen]);
}

/* T0 takes a token or receives, both in the end. */
static void token_and_channel(unsigned me)
{
	uint32_t got;
	struct mail_box box = { 0 };
	pawl_case_t cases[2] = { pawl_case_take(&shared->x), pawl_case_recv(a, &got) };
	size_t chosen;

	if (me == 1) {
		MODEL_CHECK(pawl_tokens_put(&shared->x) == 0);
		return;
	}
	if (me == 2) {
		send(a, me, 0);
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		MODEL_CHECK(pawl_select(cases, 2, PAWL_FOREVER, &chosen) == 0 && chosen < 2);
		cases[chosen].kind = PAWL_CASE_NEVER;
	}
	took(&shared->x);
	mail_got(&shared->mail, &box, got);
}

/* T0 closes a; the others select until they see that. */
static void closed(unsigned me)
{
	struct mail_box box = { 0 };
	size_t chosen;

	if (me == 0) {
		send(a, 0, 0);
		MODEL_CHECK(pawl_chan_close(a) == 0);
		return;
	}
	while (from_either(&box, PAWL_FOREVER, &chosen) == 0)
		;
	MODEL_CHECK(chosen == 0);
}

/* ---- what is true in the end ---- */

static void all_arrived(void)
{
	mail_all_arrived(&shared->mail);
}

static void rest_is_there(void)
{
	struct mail_box box = { 0 };
	size_t chosen;

	while (from_either(&box, PAWL_TRY, &chosen) == 0)
		;
	all_arrived();
}

/* As many as were put in, neither waiters nor what was promised to them. */
static void tokens_are_right(void)
{
	MODEL_CHECK(shared->x.word == (shared->taken_x ? 0 : 1));
	MODEL_CHECK(shared->y.word == (shared->taken_y ? 0 : 1));
}

static void both_taken(void)
{
	MODEL_CHECK(shared->taken_x == 1 && shared->taken_y == 1);
	tokens_are_right();
}

static bool many_announcements(void)
{
	return (pawl__tune.no_waitv && model_now() > MODEL_EPOCH + 15000000) || a->not_empty > 24 || a->not_full > 24 ||
	       b->not_empty > 24 || b->not_full > 24;
}

#define CASE(n, what, s, t, end)                                                                                       \
	.name = what, .threads = n, .setup = s, .thread = t, .finish = end, .beyond = many_announcements
#define WITHIN(n, in_long) .preemptions = n, .preemptions_long = in_long

static const struct model_case cases[] = {
	{ CASE(3, "one of two", set_up, one_of_two, all_arrived), WITHIN(2, 3) },
	{ CASE(3, "two selectors", set_up, two_selectors, all_arrived), WITHIN(2, 3) },
	{ CASE(3, "beside a receiver", set_up, beside_a_receiver, rest_is_there), WITHIN(2, 3) },
	{ CASE(3, "timed", set_up, timed, rest_is_there), WITHIN(2, 3), .ticks = 1 },
	{ CASE(3, "tried", set_up, tried, rest_is_there) },
	{ CASE(3, "receive and send", full_b, receive_and_send, all_arrived), WITHIN(2, 3) },
	{ CASE(3, "two takers", set_up, two_takers, both_taken), WITHIN(3, 5) },
	{ CASE(3, "beside a taker", set_up, beside_a_taker, tokens_are_right), WITHIN(3, 5) },
	{ CASE(3, "one place to wait", one_place_to_wait, too_many, tokens_are_right), WITHIN(3, 5) },
	{ CASE(3, "two selectors, no futex_waitv", no_waitv, two_selectors, all_arrived), .rescued = true, WITHIN(1, 3) },
	{ CASE(2, "twice the same", set_up, twice_the_same, all_arrived) },
	{ CASE(3, "token and channel", set_up, token_and_channel, all_arrived), WITHIN(3, 5) },
	{ CASE(3, "closed", set_up, closed, all_arrived), WITHIN(2, 3) },
	{ CASE(2, "closed, one selects", set_up, closed, all_arrived) },

	{ CASE(4, "two selectors, two senders", set_up, two_selectors_two_senders, all_arrived), .only_long = true,
		.preemptions_long = 2 },
	{ CASE(4, "two selectors, two senders, at random", set_up, two_selectors_two_senders, all_arrived),
		.only_long = true, .random = 200000 },
};

int main(int argc, char **argv)
{
	return model_main("select", cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
