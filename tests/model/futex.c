/* SPDX-License-Identifier: BSD-2-Clause */
/** futex.c: what the library calls in place of futexes (park.h).
 *
 * A wait compares and queues word by word, as futex_waitv does: between two words others run. Whoever is woken on one word
 * stays queued on the others until it runs again, and may spend further wakes there. A private wake does not reach a shared
 * sleeper, nor the other way round.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pawl/base.h>

#include "core/park.h"
#include "core/tune.h"

#include "fibre.h"
#include "futex.h"
#include "memory.h"
#include "trace.h"

static bool takes_any;

void futex_begin(bool any_sleeper)
{
	takes_any = any_sleeper;
}

static unsigned me(void)
{
	return (unsigned)(fibre_current - world->thread);
}

/* ---- queues ---- */

static bool is_behind(const struct sleeper *a, const struct sleeper *b)
{
	if (a->word != b->word)
		return a->word > b->word;
	if (a->is_private != b->is_private)
		return a->is_private;
	return takes_any && a->thread > b->thread; /* where the order does not matter, there is only one */
}

static void enqueue(const struct pawl__watch *w)
{
	struct sleeper new;
	unsigned i = world->sleepers;

	memset(&new, 0, sizeof(new));
	new.word = (uintptr_t)w->word;
	new.thread = (uint16_t)me();
	new.is_private = w->is_private;
	if (world->sleepers == WORLD_SLEEPERS) {
		fputs("the model has no room for another sleeper\n", stderr);
		exit(1);
	}
	for (; i > 0 && is_behind(&world->sleeper[i - 1], &new); i--)
		world->sleeper[i] = world->sleeper[i - 1];
	world->sleeper[i] = new;
	world->sleepers++;
}

static void dequeue(unsigned i)
{
	world->sleepers--;
	memmove(&world->sleeper[i], &world->sleeper[i + 1], (world->sleepers - i) * sizeof(struct sleeper));
	memset(&world->sleeper[world->sleepers], 0, sizeof(struct sleeper));
}

static void dequeue_all_of(unsigned thread)
{
	for (unsigned i = world->sleepers; i-- > 0;)
		if (world->sleeper[i].thread == thread)
			dequeue(i);
}

void futex_leave(unsigned thread)
{
	dequeue_all_of(thread);
}

static void rouse(unsigned i)
{
	struct thread *t = &world->thread[world->sleeper[i].thread];

	t->woken = true;
	t->life = READY;
	dequeue(i);
}

/* How many sleep on that word, from which place in the list. */
static unsigned sleepers_of(const uint32_t *word, bool is_private, unsigned *first)
{
	unsigned n = 0;

	for (unsigned i = 0; i < world->sleepers; i++)
		if (world->sleeper[i].word == (uintptr_t)word && world->sleeper[i].is_private == is_private)
			if (n++ == 0)
				*first = i;
	return n;
}

void futex_time_out(unsigned thread)
{
	struct thread *t = &world->thread[thread];

	if (t->until > world->now)
		world->now = t->until;
	t->timed_out = true;
	t->life = READY;
	dequeue_all_of(thread);
	trace_event("time is up", NULL, NULL, 0, 0);
}

void futex_spurious(unsigned thread)
{
	world->spurious--;
	world->thread[thread].life = READY;
	dequeue_all_of(thread);
	trace_event("wakes for no reason", NULL, NULL, 0, 0);
}

unsigned futex_sleepers(uintptr_t word)
{
	unsigned first, n = sleepers_of((const uint32_t *)word, false, &first);

	return takes_any || n == 0 ? n : 1;
}

void futex_wake_one(uintptr_t word, unsigned which)
{
	unsigned first = 0;

	if (sleepers_of((const uint32_t *)word, false, &first) > which)
		rouse(first + which);
}

/* ---- park.h ---- */

/* Queue on each word that is as it should be. False: one is not. */
static bool queue_on(const struct pawl__watch *watch, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint32_t v;

		fibre_step(NEED_OWN_EMPTY, 0);
		v = memory_word(watch[i].word);
		if (v != watch[i].value) {
			trace_event("park: has changed", watch[i].word, NULL, v, watch[i].value);
			return false;
		}
		enqueue(&watch[i]);
		trace_event("park: queues", watch[i].word, NULL, v, v);
	}
	return true;
}

static int sleep_until(struct thread *t, int64_t until)
{
	t->until = until;
	t->life = ASLEEP;
	fibre_step(NEED_NOTHING, 0);
	return t->timed_out && !t->woken ? ETIMEDOUT : 0;
}

int pawl__park(const struct pawl__watch *watch, unsigned n, int64_t until)
{
	struct thread *t = fibre_current;
	int rc = 0;

	if (n > 1 && pawl__tune.no_waitv) {
		n = 1;
		until = until - world->now < 5000000 ? until : world->now + 5000000;
	}
	if (!queue_on(watch, n))
		rc = t->woken ? 0 : EAGAIN;
	else if (!t->woken && until <= world->now)
		rc = ETIMEDOUT;
	else if (!t->woken)
		rc = sleep_until(t, until);
	dequeue_all_of(me());
	t->woken = t->timed_out = false;
	t->until = 0;
	trace_event(rc == ETIMEDOUT ? "park ends: too late" : "park ends", watch->word, NULL, 0, 0);
	return rc;
}

static int wake(const uint32_t *word, int n, bool is_private)
{
	int woken = 0;

	fibre_step(NEED_OWN_EMPTY, 0);
	while (woken < n) {
		unsigned first = 0, count = sleepers_of(word, is_private, &first);

		if (count == 0)
			break;
		rouse(first + (takes_any && (unsigned)(n - woken) < count ? model_choose(count) : 0));
		woken++;
	}
	trace_event("wake", word, NULL, (uint64_t)n, (uint64_t)woken);
	return woken;
}

int pawl__wake(const uint32_t *word, int n)
{
	return wake(word, n, false);
}

int pawl__wake_private(const uint32_t *word, int n)
{
	return wake(word, n, true);
}
