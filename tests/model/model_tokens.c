/* SPDX-License-Identifier: BSD-2-Clause */
/** model_tokens.c: the tokens in every order: one as a lock, two, too few places to wait, timed, given by others. */
#include <pawl/chan.h>

#include "core/tune.h"
#include "section.h"

static struct shared {
	pawl_tokens_t tokens;
	struct section section; /* under the only token */
	unsigned inside;        /* the checker's own: how many have one */
} * shared;

/* ---- the tokens ---- */

static void set_up(unsigned n, unsigned max_waiters)
{
	shared = model_alloc(sizeof(*shared));
	MODEL_NAME(shared->tokens);
	MODEL_NAME(shared->tokens.word);
	MODEL_NAME(shared->tokens.hungry);
	MODEL_NAME(shared->section.data);
	MODEL_CHECK(pawl_tokens_init(&shared->tokens, n, max_waiters) == 0);
}

static void one(void)
{
	set_up(1, 8);
}

static void two(void)
{
	set_up(2, 8);
}

static void one_place_to_wait(void)
{
	set_up(1, 1);
}

static void no_place_to_wait(void)
{
	set_up(1, 0);
}

static void hungry(void)
{
	set_up(1, 8);
	pawl__tune.hungry_ns = -1;
}

static void two_hungry(void)
{
	set_up(2, 8);
	pawl__tune.hungry_ns = -1;
}

/* Four looks before a sleep: what comes after them is by the clock, and over at once. */
static void patient(void)
{
	set_up(1, 8);
	pawl__tune.own_spin_ns = pawl__tune.crowd_spin_ns = -1;
}

/* Who cannot fall asleep, because the token goes to and fro, rests unannounced for a while. */
static void naps(void)
{
	set_up(1, 8);
	pawl__tune.nap_ns = 50000;
}

/* Nobody has put one in yet. */
static void none_yet(void)
{
	set_up(1, 8);
	MODEL_CHECK(pawl_tokens_take(&shared->tokens, PAWL_TRY) == 0);
}

static void none_of_two_yet(void)
{
	set_up(2, 8);
	MODEL_CHECK(pawl_tokens_take(&shared->tokens, PAWL_TRY) == 0);
	MODEL_CHECK(pawl_tokens_take(&shared->tokens, PAWL_TRY) == 0);
}

/* ---- what its threads do ---- */

static void put(void)
{
	MODEL_CHECK(pawl_tokens_put(&shared->tokens) == 0);
}

/* What one may do with a token. */
static void use(void)
{
	if (shared->tokens.n == 1)
		section_run(&shared->section);
	MODEL_CHECK(++shared->inside <= shared->tokens.n);
	model_read(&shared->section.data); /* others run here */
	shared->inside--;
	put();
}

static void once(unsigned me)
{
	(void)me;
	MODEL_CHECK(pawl_tokens_take(&shared->tokens, PAWL_FOREVER) == 0);
	use();
}

static void twice(unsigned me)
{
	once(me);
	once(me);
}

static void one_twice(unsigned me)
{
	once(me);
	if (me == 0)
		once(me);
}

/* The others take one as they can. */
static void take_or(pawl_deadline_t deadline, int refusal)
{
	int rc = pawl_tokens_take(&shared->tokens, deadline);

	if (rc == 0)
		use();
	else
		MODEL_CHECK(rc == refusal);
}

static void one_timed(unsigned me)
{
	take_or(me == 0 ? model_now() + 1 : PAWL_FOREVER, me == 0 ? ETIMEDOUT : 0);
}

/* T1 comes back: it may pass the one that it has woken, which then is too late. */
static void one_timed_one_twice(unsigned me)
{
	one_timed(me);
	if (me == 1)
		once(me);
}

static void two_timed(unsigned me)
{
	take_or(me < 2 ? model_now() + 1 : PAWL_FOREVER, me < 2 ? ETIMEDOUT : 0);
}

static void one_tries(unsigned me)
{
	take_or(me == 0 ? PAWL_TRY : PAWL_FOREVER, me == 0 ? EBUSY : 0);
}

static void or_too_many(unsigned me)
{
	(void)me;
	take_or(PAWL_FOREVER, EAGAIN);
}

/* Who takes one does not put it back: T0 puts two, one after the other. What it did before is seen by those who take. */
static void given(unsigned me)
{
	if (me > 0) {
		MODEL_CHECK(pawl_tokens_take(&shared->tokens, PAWL_FOREVER) == 0);
		MODEL_CHECK(model_read(&shared->section.data) >= ++shared->inside);
		return;
	}
	model_write(&shared->section.data, 1);
	put();
	while (pawl_tokens_free(&shared->tokens) > 0)
		model_pause();
	model_write(&shared->section.data, 2);
	put();
}

/* The same with two tokens: the second one is put while the wake-up for the first is on its way. */
static void given_two(unsigned me)
{
	if (me > 0) {
		MODEL_CHECK(pawl_tokens_take(&shared->tokens, PAWL_FOREVER) == 0);
		shared->inside++;
		return;
	}
	put();
	put();
}

static void was_given(void)
{
	MODEL_CHECK(shared->inside == 2);
	MODEL_CHECK(shared->tokens.word == 0);
}

/* T0 takes one and keeps it; the other waits in vain, to its deadline. */
static void in_vain(unsigned me)
{
	MODEL_CHECK(pawl_tokens_take(&shared->tokens, me == 0 ? model_now() + 1 : model_now() + 2) == ETIMEDOUT);
}

/* Whoever comes last does not put it back, but frees the memory. */
static void last_one_frees(unsigned me)
{
	(void)me;
	MODEL_CHECK(pawl_tokens_take(&shared->tokens, PAWL_FOREVER) == 0);
	section_run(&shared->section);
	if (shared->section.done == 3)
		model_retire(&shared->tokens, sizeof(shared->tokens));
	else
		put();
}

/* ---- what is true in the end ---- */

static void all_are_there(void)
{
	MODEL_CHECK(shared->tokens.word == shared->tokens.n);
	MODEL_CHECK(pawl_tokens_put(&shared->tokens) == EINVAL);
	MODEL_CHECK(shared->tokens.word == shared->tokens.n);
}

static void none_is_there(void)
{
	MODEL_CHECK(shared->tokens.word == 0);
}

#define CASE(n, what, s, t) .name = what, .threads = n, .setup = s, .thread = t
#define WHOLE               .finish = all_are_there
#define WITHIN(n, in_long)  .preemptions = n, .preemptions_long = in_long
#define LONG(n)             .only_long = true, .preemptions_long = n
#define ALL_ALIKE           .alike = MODEL_T0_T1_T2 | MODEL_T2_T3
#define T0_T1               .alike = MODEL_T0_T1
#define T1_T2               .alike = MODEL_T1_T2

static const struct model_case cases[] = {
	{ CASE(3, "one token", one, once), WHOLE, ALL_ALIKE },
	{ CASE(2, "one token, twice", one, twice), WHOLE, ALL_ALIKE },
	{ CASE(3, "two tokens", two, once), WHOLE, ALL_ALIKE },
	{ CASE(2, "two tokens, twice", two, twice), WHOLE, ALL_ALIKE },
	{ CASE(3, "any sleeper is woken", one, once), WHOLE, ALL_ALIKE, .any_sleeper = true },
	{ CASE(3, "spurious wake-up", one, once), WHOLE, ALL_ALIKE, .spurious = 1, WITHIN(4, 0) },
	{ CASE(3, "one token, timed", one, one_timed), WHOLE, T1_T2, .ticks = 1, WITHIN(4, 0) },
	{ CASE(3, "one token, timed, one twice", one, one_timed_one_twice), WHOLE, .ticks = 1, WITHIN(5, 6) },
	{ CASE(3, "one token, two timed", one, two_timed), WHOLE, T0_T1, .ticks = 1, WITHIN(4, 0) },
	{ CASE(3, "two tokens, timed", two, one_timed), WHOLE, T1_T2, .ticks = 1 },
	{ CASE(3, "tried", one, one_tries), WHOLE, T1_T2 },
	{ CASE(3, "one place to wait", one_place_to_wait, or_too_many), WHOLE, ALL_ALIKE },
	{ CASE(2, "no place to wait", no_place_to_wait, or_too_many), WHOLE, ALL_ALIKE },
	{ CASE(3, "given by another", none_yet, given), .finish = was_given, T1_T2 },
	{ CASE(3, "two given by another", none_of_two_yet, given_two), .finish = was_given, T1_T2 },
	{ CASE(2, "in vain", none_yet, in_vain), .finish = none_is_there, .rescued = true },
	{ CASE(3, "hungry", hungry, once), WHOLE, ALL_ALIKE, .rescued = true, WITHIN(4, 0) },
	{ CASE(3, "two tokens, hungry", two_hungry, once), WHOLE, ALL_ALIKE, .rescued = true },
	{ CASE(3, "hungry, timed", hungry, one_timed), WHOLE, T1_T2, .rescued = true, .ticks = 1, WITHIN(4, 0) },
	{ CASE(3, "looks first", patient, once), WHOLE, ALL_ALIKE, WITHIN(3, 5) },
	{ CASE(3, "naps", naps, one_twice), WHOLE, T1_T2, .rescued = true, WITHIN(4, 8) },
	{ CASE(3, "the last one frees it", one, last_one_frees), ALL_ALIKE },

	{ CASE(4, "two tokens, four threads", two, once), WHOLE, ALL_ALIKE, LONG(5) },
	{ CASE(4, "two tokens, four threads, timed", two, two_timed), WHOLE, T0_T1, .ticks = 1, LONG(4) },
	{ CASE(4, "one token, four threads", one, once), WHOLE, ALL_ALIKE, LONG(4) },
	{ CASE(4, "two tokens, at random", two, one_twice), WHOLE, .random = 300000, .only_long = true },
};

int main(int argc, char **argv)
{
	return model_main("tokens", cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
