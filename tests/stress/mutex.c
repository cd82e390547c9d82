/* SPDX-License-Identifier: BSD-2-Clause */
/** mutex.c: the scenes of the mutex in its four kinds, and of the guard and the spinlock. What they protect is plain memory. */
#include <pawl/guard.h>

#include "core/tune.h"

#include "stress.h"

static pawl_mutex_t m;
static unsigned flags;

static struct {
	uint64_t counter;
	unsigned inside;
	uint64_t crowded; /* sections that found somebody else inside */
} under;

/* A stable one as where restart.h does nothing: here it might be a default one in disguise. */
static void begin(unsigned kind)
{
	flags = kind;
	pawl__tune.no_restart = true;
	pawl_mutex_init(&m, kind);
	under.counter = under.inside = 0;
	under.crowded = 0;
}

static void begin_default(unsigned threads, uint64_t *rng)
{
	(void)threads;
	(void)rng;
	begin(0);
}

static void begin_stable(unsigned threads, uint64_t *rng)
{
	(void)threads;
	(void)rng;
	begin(PAWL_STABLE);
}

static void begin_recursive(unsigned threads, uint64_t *rng)
{
	(void)threads;
	begin(PAWL_RECURSIVE | (random_next(rng) % 2 ? PAWL_STABLE : 0));
}

static void section(struct hand *h)
{
	under.crowded += under.inside++ != 0;
	under.counter++;
	h->did++;
	dawdle(h);
	under.inside--;
}

static const char *calm(const struct hand *sum)
{
	if (under.crowded || under.inside)
		return "two in the section";
	if (under.counter != sum->did)
		return "sections were lost";
	if (pawl_mutex_destroy(&m))
		return "it is not free at the end";
	if (pawl_mutex_lock(&m) || pawl_mutex_unlock(&m) || m.word != 0)
		return "it is not in order at the end";
	return NULL;
}

/* Everybody waits as long as it takes. */
static void body_for_ever(struct hand *h)
{
	while (!over()) {
		answer(h, pawl_mutex_lock(&m), -1);
		section(h);
		answer(h, pawl_mutex_unlock(&m), -1);
		dawdle(h);
	}
}

static bool take(struct hand *h)
{
	switch (dice(h, 4)) {
	case 0:
		return answer(h, pawl_mutex_lock(&m), -1);
	case 1:
		return answer(h, pawl_mutex_trylock(&m), EBUSY);
	case 2:
		return answer(h, pawl_mutex_timedlock(&m, PAWL_FOREVER), -1);
	default:
		return answer(h, pawl_mutex_timedlock(&m, pawl_in_ns((int64_t)dice(h, 300000))), ETIMEDOUT);
	}
}

static void nest(struct hand *h)
{
	uint64_t depth = flags & PAWL_RECURSIVE ? dice(h, 4) : 0;

	for (uint64_t i = 0; i < depth; i++)
		if (!take(h))
			h->wrong++;
	section(h);
	for (uint64_t i = 0; i < depth; i++)
		answer(h, pawl_mutex_unlock(&m), -1);
}

/* By every way in. */
static void body_mixed(struct hand *h)
{
	while (!over()) {
		if (take(h)) {
			nest(h);
			answer(h, pawl_mutex_unlock(&m), -1);
		} else {
			h->wrong += pawl_mutex_unlock(&m) != EPERM;
		}
		dawdle(h);
	}
}

/* ---- many locks, two at a time ---- */

enum { ACCOUNTS = 8, EACH_HAS = 1000 };

static struct account {
	pawl_mutex_t lock;
	long balance;
} accounts[ACCOUNTS];

static void begin_bank(unsigned threads, uint64_t *rng)
{
	(void)threads;
	pawl__tune.no_restart = true;
	for (unsigned i = 0; i < ACCOUNTS; i++) {
		pawl_mutex_init(&accounts[i].lock, random_next(rng) % 2 ? PAWL_STABLE : 0);
		accounts[i].balance = EACH_HAS;
	}
}

static void transfer(struct account *low, struct account *high, long amount)
{
	PAWL_GUARD(&low->lock);
	PAWL_GUARD(&high->lock);
	low->balance -= amount;
	high->balance += amount;
}

static void body_bank(struct hand *h)
{
	while (!over()) {
		uint64_t low = dice(h, ACCOUNTS - 1), high = low + 1 + dice(h, ACCOUNTS - 1 - low);

		transfer(&accounts[low], &accounts[high], (long)dice(h, 100) - 50);
		h->did++;
		dawdle(h);
	}
}

static const char *balanced(const struct hand *sum)
{
	long all = 0;

	(void)sum;
	for (unsigned i = 0; i < ACCOUNTS; i++) {
		all += accounts[i].balance;
		if (pawl_mutex_destroy(&accounts[i].lock))
			return "an account is not free at the end";
	}
	return all == ACCOUNTS * EACH_HAS ? NULL : "money was lost or made";
}

/* ---- the spinlock, for comparison ---- */

static pawl_spin_t spin;

static void body_spin(struct hand *h)
{
	while (!over()) {
		{
			PAWL_GUARD(&spin);
			section(h);
		}
		dawdle(h);
	}
}

const struct scene mutex_scenes[] = {
	{ "mutex, for ever", 1, begin_default, body_for_ever, calm },
	{ "mutex, every way in", 1, begin_default, body_mixed, calm },
	{ "stable mutex, for ever", 1, begin_stable, body_for_ever, calm },
	{ "stable mutex, every way in", 1, begin_stable, body_mixed, calm },
	{ "recursive mutex, every way in", 1, begin_recursive, body_mixed, calm },
	{ "mutexes by guard, two at a time", 1, begin_bank, body_bank, balanced },
	{ "spinlock by guard", 1, begin_default, body_spin, calm },
	{ NULL, 0, NULL, NULL, NULL },
};
