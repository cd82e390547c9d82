/* SPDX-License-Identifier: BSD-2-Clause */
/** tokens.c: the waiting halves of the tokens (chan.h): what their word means, how to sleep for one, whom to wake.
 *
 *   bits    name     means                            set by         legal to miss?          legal when untrue?
 *   31      WAKE     a woken taker is on its way:     whoever leaves yes: one more wake      no: a wake-up is lost
 *                    others need not wake one         one free
 *   30..16  waiters  takers that sleep, are about     taker          no: a wake-up is lost   yes: one spare wake
 *                    to, or have just woken: exact
 *   15      TURN     the free ones are for those      put, if        yes: a late sleeper     yes: a late newcomer
 *                    who slept                        hungry
 *   14..0   free     tokens that nobody has           put, take      no: one is lost         no: one too many
 *
 * WAKE is set only while waiters is not 0, in the instruction that leaves a token free (of a put, of a counted taker that
 * takes another one or leaves). That a woken taker is on its way is then true: either the wake that follows finds a sleeper,
 * or a taker that is counted is awake, or on its way to a sleep that the changed word forbids. A taker that was counted clears WAKE as it takes, sleeps again, or leaves; and if it then
 * leaves a token free and others counted, it wakes the next one (I4). Who announces itself, when no token is free, clears
 * WAKE too, so that one that was copied by a fork binds nobody.
 */
#include <errno.h>

#include <pawl/chan.h>

#include "core/park.h"
#include "core/tokens.h"
#include "core/tune.h"
#include "core/wait.h"

#define WAKE   0x80000000u
#define WAITER 0x00010000u
#define COUNT  0x7fff0000u
#define TURN   0x00008000u
#define FREE   PAWL_TOKENS_FREE_

PAWL_STATIC_ASSERT((WAKE | COUNT | TURN | FREE) == 0xffffffffu, "the bits of the word");

static pawl_tokens_t *tokens_of(const struct pawl__waiter *w)
{
	return (pawl_tokens_t *)w->word; /* its first field */
}

static pawl__is_t is(uint32_t v)
{
	if (!(v & FREE))
		return PAWL__IS_HELD;
	return v & TURN ? PAWL__IS_TURN : PAWL__IS_FREE;
}

/* A word with tokens to be had and takers to have them becomes one that says so. */
static uint32_t with_wake(uint32_t v)
{
	return (v & FREE) && (v & COUNT) ? v | WAKE : v;
}

/* `w->add` is WAITER while we are counted. */
static bool take(struct pawl__waiter *w, uint32_t v)
{
	uint32_t then = (v - 1 - w->add) & ~TURN;

	if (w->add)
		then = with_wake(then & ~WAKE);
	/* TK1 acquire: pairs with TK2 (put): what was done before the token was put back is visible here */
	if (!PAWL_CAS(w->word, &v, then, ACQUIRE))
		return false;
	if (w->add && (then & WAKE))
		pawl__wake_private(w->word, 1); /* I4 */
	return true;
}

static void say_hungry(const struct pawl__waiter *w, int64_t now)
{
	if (now - w->arrived > pawl__tune.hungry_ns)
		PAWL_STORE(&tokens_of(w)->hungry, (uint8_t)1, RELAXED); /* relaxed: a wish, not a rule */
}

static bool is_full(const pawl_tokens_t *t, uint32_t v)
{
	return (v & COUNT) >= t->most * WAITER;
}

int pawl__tokens_announce(pawl_tokens_t *t, uint32_t *v, uint32_t *counted)
{
	uint32_t then = *v + (*counted ? 0 : WAITER);

	if (!*counted && is_full(t, *v))
		return EAGAIN;
	if (!(*v & FREE))
		then &= ~WAKE;
	/* relaxed: the kernel compares the word again as the sleep begins, and a put in between has changed it */
	if (then != *v && !PAWL_CAS(&t->word, v, then, RELAXED))
		return EBUSY;
	*v = then;
	*counted = WAITER;
	return 0;
}

static int leave(struct pawl__waiter *w, int rc)
{
	pawl__tokens_leave(tokens_of(w), w->add);
	return rc;
}

void pawl__tokens_leave(pawl_tokens_t *t, uint32_t counted)
{
	uint32_t v = PAWL_LOAD(&t->word, RELAXED), then; /* relaxed: a guess; the CAS decides */

	if (!counted)
		return;
	do {
		then = with_wake((v - counted) & ~WAKE);
		if (!(then & COUNT)) /* the turn was ours, or whoever's it was has gone too */
			then &= ~TURN;
	} while (!PAWL_CAS(&t->word, &v, then, RELAXED)); /* relaxed: hands nothing over */
	if (then & WAKE)
		pawl__wake_private(&t->word, 1); /* I4 */
}

/* There is none, or it is the sleepers' turn. */
static int owner(struct pawl__waiter *w, uint32_t v)
{
	return w->deadline != PAWL_TRY && !w->add && is_full(tokens_of(w), v) ? EAGAIN : PAWL__ALIVE;
}

static bool sleep(struct pawl__waiter *w, uint32_t v, int64_t now, int64_t until)
{
	struct pawl__watch watch = { .word = w->word, .is_private = true };
	bool held = !(v & FREE);

	say_hungry(w, now);
	if (pawl__tokens_announce(tokens_of(w), &v, &w->add) != 0)
		return false;
	watch.value = v;
	w->rested |= held;
	w->spun = false;
	return pawl__park(&watch, 1, until) != EAGAIN;
}

static bool is_crowded(const struct pawl__waiter *w)
{
	return PAWL_LOAD(w->word, RELAXED) & COUNT; /* relaxed: a guess */
}

static const struct pawl__kind kind = {
	.is = is,
	.take = take,
	.owner = owner,
	.sleep = sleep,
	.leave = leave,
	.is_crowded = is_crowded,
	.patience = &pawl__own_patience,
};

int pawl_tokens_wait_(pawl_tokens_t *t, pawl_deadline_t deadline)
{
	struct pawl__waiter w = { .kind = &kind, .word = &t->word, .deadline = deadline };
	uint32_t v = PAWL_LOAD(&t->word, RELAXED); /* relaxed: it is looked at again if it matters */

	if (deadline != PAWL_TRY && is(v) != PAWL__IS_FREE && is_full(t, v)) /* before looking around for a while */
		return EAGAIN;
	return pawl__wait(&w);
}

/* What a put makes of the word. */
static uint32_t after(uint32_t v, bool hungry)
{
	uint32_t then = v + 1;

	if (!(then & COUNT) || (then & WAKE))
		return then;
	return then | WAKE | (hungry ? TURN : 0);
}

int pawl_tokens_hand_(pawl_tokens_t *t) PAWL_NO_ANALYSIS
{
	uint32_t v = PAWL_LOAD(&t->word, RELAXED), then; /* relaxed: a guess; the CAS decides */
	bool hungry = PAWL_LOAD(&t->hungry, RELAXED);    /* relaxed: a wish */

	do {
		if ((v & FREE) >= t->n)
			return EINVAL;
		then = after(v, hungry);
		if (then & ~v & TURN)
			PAWL_STORE(&t->hungry, (uint8_t)0, RELAXED); /* relaxed: whoever still wants it says so again */
	}
	/* TK2 release: pairs with TK1. From here on only the address is used: the next owner may free the memory */
	while (!PAWL_CAS(&t->word, &v, then, RELEASE));
	if (then & ~v & WAKE)
		pawl__wake_private(&t->word, 1);
	return 0;
}

int pawl_tokens_init(pawl_tokens_t *t, unsigned n, unsigned max_waiters)
{
	if (!t || (uintptr_t)t % sizeof(uint32_t) != 0 || n < 1 || n > PAWL_TOKENS_MAX || max_waiters > PAWL_TOKENS_MAX)
		return EINVAL;
	*t = (pawl_tokens_t){ .word = n, .n = (uint16_t)n, .most = (uint16_t)max_waiters };
	return 0;
}
