/* SPDX-License-Identifier: BSD-2-Clause */
/** layer.c: what the library calls in place of futexes, membarrier, clocks and thread numbers (src/core's park.h, fence.h,
 * clock.h, self.h).
 *
 * Futexes. A wait compares and queues word by word, as futex_waitv does: between two words others run. Whoever is woken
 * on one word stays queued on the others until it runs again, and may spend further wakes there. A private wake does not
 * reach a shared sleeper, nor the other way round.
 *
 * The clock stands still, so that equal states stay equal, and jumps: to a deadline when the scheduler lets a timed sleep
 * end, which it may at any moment; and by MODEL_TICK as it is read, as often as the case allows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pawl/mutex.h>

#include "core/clock.h"
#include "core/fence.h"
#include "core/park.h"
#include "core/self.h"
#include "core/tune.h"

#include "atomics.h"
#include "fibre.h"
#include "layer.h"
#include "memory.h"
#include "trace.h"

__thread uint32_t pawl_self_ = PAWL_NOBODY_;
struct pawl__tune pawl__tune;

static bool any_sleeper, can_fence;

void layer_begin(const struct model_case *c)
{
	any_sleeper = c->any_sleeper;
	can_fence = !c->no_fence;
	pawl__tune = (struct pawl__tune){ .slice_ns = PAWL_FOREVER, .hungry_ns = PAWL_FOREVER, .turn_ns = 1000000 };
	world->ticks = c->ticks;
	world->spurious = c->spurious;
	for (unsigned t = 0; t < world->threads; t++)
		world->thread[t].self = c->newborn ? PAWL_NOBODY_ : t + 1;
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
	return any_sleeper && a->thread > b->thread; /* where the order does not matter, there is only one */
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

void layer_time_out(unsigned thread)
{
	struct thread *t = &world->thread[thread];

	if (t->until > world->now)
		world->now = t->until;
	t->timed_out = true;
	t->life = READY;
	dequeue_all_of(thread);
	trace_event("time is up", NULL, NULL, 0, 0);
}

void layer_spurious(unsigned thread)
{
	world->spurious--;
	world->thread[thread].life = READY;
	dequeue_all_of(thread);
	trace_event("wakes for no reason", NULL, NULL, 0, 0);
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

bool pawl__park(const struct pawl__watch *watch, unsigned n, int64_t until)
{
	struct thread *t = fibre_current;
	bool queued, timed_out;

	if (n > 1 && pawl__tune.no_waitv) {
		n = 1;
		until = until - world->now < 5000000 ? until : world->now + 5000000;
	}
	queued = queue_on(watch, n);
	timed_out = queued && !t->woken && until <= world->now;
	if (queued && !t->woken && !timed_out) {
		t->until = until;
		t->life = ASLEEP;
		fibre_step(NEED_NOTHING, 0);
		timed_out = t->timed_out && !t->woken;
	}
	dequeue_all_of(me());
	t->woken = t->timed_out = false;
	t->until = 0;
	trace_event(timed_out ? "park ends: too late" : "park ends", watch->word, NULL, 0, 0);
	return timed_out;
}

static int wake(const uint32_t *word, int n, bool is_private)
{
	int woken = 0;

	fibre_step(NEED_OWN_EMPTY, 0);
	while (woken < n) {
		unsigned first = 0, count = sleepers_of(word, is_private, &first);

		if (count == 0)
			break;
		rouse(first + (any_sleeper && (unsigned)(n - woken) < count ? model_choose(count) : 0));
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

bool pawl__can_waitv(void)
{
	return !pawl__tune.no_waitv;
}

/* Others may run instead, at no cost. That they must, no machine promises. */
void model_pause(void)
{
	if (fibre_current)
		world->resting[me()] = true;
}

void pawl__rest(unsigned run)
{
	(void)run;
	model_pause();
}

void pawl__yield(void)
{
	model_pause();
}

/* ---- fence.h ---- */

bool pawl__fence_can(void)
{
	return can_fence;
}

/* One CPU after the other passes the barrier, not all at the same moment. */
bool pawl__fence_heavy(void)
{
	if (memory_kind == MODEL_SC || !can_fence)
		return can_fence;
	fibre_step(NEED_OWN_EMPTY, 0);
	for (unsigned t = 0; t < world->threads; t++)
		if (t != me() && (world->thread[t].life == READY || world->thread[t].stores))
			fibre_step(NEED_OTHERS_EMPTY, t);
	trace_event("heavy fence", NULL, NULL, 0, 0);
	return true;
}

/* ---- clock.h, and the functions of base.h that read it; self.h ---- */

int64_t model_now(void)
{
	return world->now;
}

int64_t pawl__now(void)
{
	if (fibre_current && world->ticks > 0) {
		fibre_current->chance = true;
		if (model_choose(2)) {
			world->ticks--;
			world->now += MODEL_TICK;
			trace_event("the clock jumps", NULL, NULL, 0, 0);
		}
		fibre_current->chance = false;
	}
	return world->now;
}

int64_t pawl__now_real(void)
{
	return world->now;
}

pawl_deadline_t pawl_in_ns(int64_t n)
{
	return pawl__now() + n;
}

pawl_deadline_t pawl_in_ms(int64_t n)
{
	return pawl_in_ns(n * 1000000);
}

uint32_t pawl__self(void)
{
	if (pawl_self_ == PAWL_NOBODY_)
		pawl_self_ = me() + 1;
	return pawl_self_;
}

uint32_t pawl__random_below(uint32_t n)
{
	return model_choose(n);
}

/* The waiting of spin.h reads the C library's clock. */
int model_timespec_get(struct timespec *t, int base)
{
	int64_t now = pawl__now();

	t->tv_sec = now / 1000000000;
	t->tv_nsec = now % 1000000000;
	return base;
}

unsigned model_choose(unsigned n)
{
	unsigned chosen;

	if (n < 2 || !fibre_current)
		return 0;
	fibre_step(NEED_CHOICE, n);
	chosen = fibre_current->chosen;
	fibre_current->chosen = 0;
	return chosen;
}
