/* SPDX-License-Identifier: BSD-2-Clause */
/** tokens.c: the scenes of the tokens: few or many, with room for all who wait or for hardly any. */
#include <pawl/chan.h>

#include "stress.h"

static pawl_tokens_t t;
static unsigned n, most;
static unsigned inside; /* atomic */
static uint64_t plain;  /* under the only token, if there is but one */

static void begin(unsigned tokens, unsigned may_wait)
{
	n = tokens;
	most = may_wait;
	inside = 0;
	plain = 0;
	if (pawl_tokens_init(&t, n, most))
		n = 0;
}

static void begin_roomy(unsigned threads, uint64_t *rng)
{
	begin(1 + (unsigned)(random_next(rng) % 3), threads);
}

static void begin_narrow(unsigned threads, uint64_t *rng)
{
	(void)threads;
	begin(1 + (unsigned)(random_next(rng) % 3), (unsigned)(random_next(rng) % 4));
}

static void section(struct hand *h)
{
	/* relaxed: the tokens are what orders; this only counts */
	h->wrong += __atomic_add_fetch(&inside, 1, __ATOMIC_RELAXED) > n;
	if (n == 1)
		plain++;
	h->did++;
	dawdle(h);
	__atomic_sub_fetch(&inside, 1, __ATOMIC_RELAXED);
}

/* Everybody waits as long as it takes. */
static void body_for_ever(struct hand *h)
{
	while (!over()) {
		if (answer(h, pawl_tokens_take(&t, PAWL_FOREVER), -1)) {
			section(h);
			answer(h, pawl_tokens_put(&t), -1);
		}
		dawdle(h);
	}
}

/* With room for few: EAGAIN may come wherever somebody would have had to wait. */
static bool take(struct hand *h)
{
	uint64_t side = dice(h, 3);
	int rc, otherwise = side == 0 ? EBUSY : ETIMEDOUT;

	rc = pawl_tokens_take(&t, side == 0   ? PAWL_TRY
				  : side == 1 ? PAWL_FOREVER
					      : pawl_in_ns((int64_t)dice(h, 300000)));
	if (rc == EAGAIN && side != 0 && most < h->of)
		otherwise = EAGAIN;
	if (side == 1 && rc == ETIMEDOUT)
		otherwise = -1;
	return answer(h, rc, otherwise);
}

static void body_mixed(struct hand *h)
{
	while (!over()) {
		if (take(h)) {
			section(h);
			answer(h, pawl_tokens_put(&t), -1);
		}
		dawdle(h);
	}
}

static const char *all_there(const struct hand *sum)
{
	if (pawl_tokens_free(&t) != n)
		return "a token was lost or made";
	if (t.word >> 16)
		return "somebody is counted as waiting";
	if (n == 1 && plain != sum->did)
		return "sections were lost";
	if (pawl_tokens_take(&t, PAWL_TRY) || pawl_tokens_put(&t) || pawl_tokens_put(&t) != EINVAL || t.word != n)
		return "they are not in order at the end";
	return NULL;
}

const struct scene tokens_scenes[] = {
	{ "tokens, for ever", 1, begin_roomy, body_for_ever, all_there },
	{ "tokens, every way, room for all", 1, begin_roomy, body_mixed, all_there },
	{ "tokens, every way, room for few", 1, begin_narrow, body_mixed, all_there },
	{ NULL, 0, NULL, NULL, NULL },
};
