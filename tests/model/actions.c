/* SPDX-License-Identifier: BSD-2-Clause */
/** actions.c: the scheduler's choices (actions.h).
 *
 * run a thread | let an entry leave a store buffer | end a timed sleep | wake a sleeper for no reason | kill a thread | let
 * the kernel take its next step for one that has died. A thread that has asked for a choice goes on at once, with each answer.
 *
 * A kill dooms all threads of its process. They die one by one, and until then go on or sleep, as they do in the moments before
 * SIGKILL has reached each of them. Who dies has an empty store buffer: to let it leave first is another choice.
 *
 * Preemptions are what a small budget is spent on: leaving a thread that could go on and has not rested since its last
 * step, a time-out while others could run, a spurious wake-up, a jump of the clock.
 */
#include <stdio.h>
#include <stdlib.h>

#include "actions.h"
#include "death.h"
#include "fibre.h"
#include "futex.h"
#include "memory.h"
#include "trace.h"

static unsigned alike;
static unsigned immortal, siblings;
static bool outlasts; /* a sleep that ends by time has lasted longer than any store can take (fence.h counts on that) */

void actions_begin(const struct model_case *c)
{
	alike = c->alike;
	immortal = c->immortal;
	siblings = c->siblings;
	outlasts = c->fence_fails;
}

/* Of threads that do the same, the first is the first to begin: any other order is this one under other names. */
static bool must_wait_for_likes(unsigned i)
{
	return (alike & ~world->begun & 1u << i) && !(world->begun & 1u << (i - 1));
}

static bool can_run(unsigned i)
{
	const struct thread *t = &world->thread[i];

	if (t->life != READY || must_wait_for_likes(i))
		return false;
	switch (t->need) {
	case NEED_OWN_EMPTY:
		return t->stores == 0;
	case NEED_OWN_WITHOUT:
		return !memory_holds(t, t->arg);
	case NEED_ROOM:
		return t->stores < WORLD_STORES;
	case NEED_OTHERS_EMPTY:
		return world->thread[t->arg].stores == 0;
	default:
		return true;
	}
}

struct adder {
	struct action *list;
	unsigned n;
};

static void add(struct adder *a, enum act act, unsigned thread, unsigned arg, unsigned cost)
{
	if (a->n == ACTIONS_MOST) {
		fputs("more actions than the model has room for\n", stderr);
		exit(1);
	}
	a->list[a->n] = (struct action){ (uint8_t)act, (uint8_t)thread, (uint8_t)arg, (uint8_t)cost, (uint8_t)a->n };
	a->n++;
}

static bool add_answers(struct adder *a)
{
	for (unsigned t = 0; t < world->threads; t++)
		if (world->thread[t].life == READY && world->thread[t].need == NEED_CHOICE) {
			for (unsigned i = 0; i < world->thread[t].arg; i++)
				add(a, ACT_RUN, t, i, i > 0 && world->thread[t].chance);
			return true;
		}
	return false;
}

static void add_runs(struct adder *a)
{
	unsigned last = world->last;
	unsigned cost = world->thread[last].life == READY && !world->resting[last];

	if (can_run(last))
		add(a, ACT_RUN, last, 0, 0);
	for (unsigned t = 0; t < world->threads; t++)
		if (t != last && can_run(t))
			add(a, ACT_RUN, t, 0, cost);
}

static void add_leaves(struct adder *a)
{
	for (unsigned t = 0; t < world->threads; t++)
		for (unsigned i = 0; i < world->thread[t].stores; i++)
			if (memory_may_leave(&world->thread[t], i))
				add(a, ACT_LEAVE, t, i, 0);
}

static bool some_store_is_under_way(void)
{
	for (unsigned t = 0; t < world->threads; t++)
		if (world->thread[t].stores > 0 || world->thread[t].comparing)
			return true;
	return false;
}

static void add_ends_of_sleep(struct adder *a)
{
	bool can_time_out = !outlasts || !some_store_is_under_way();
	unsigned cost = a->n > 0;

	for (unsigned t = 0; t < world->threads; t++) {
		if (world->thread[t].life != ASLEEP)
			continue;
		if (can_time_out && world->thread[t].until != INT64_MAX)
			add(a, ACT_TIME_OUT, t, 0, cost);
		if (world->spurious > 0)
			add(a, ACT_SPURIOUS, t, 0, 1);
	}
}

static bool can_die(unsigned i)
{
	const struct thread *t = &world->thread[i];

	if ((t->life != READY && t->life != ASLEEP) || t->stores > 0)
		return false;
	return (world->doomed & 1u << i) || (world->deaths > 0 && (world->begun & 1u << i) && !(immortal & 1u << i));
}

static void add_deaths(struct adder *a)
{
	for (unsigned t = 0; t < world->threads; t++) {
		if (can_die(t))
			add(a, ACT_DIE, t, 0, 0);
		if (world->thread[t].life == DYING)
			for (unsigned i = 0; i < death_choices(t); i++)
				add(a, ACT_WALK, t, i, 0);
	}
}

unsigned actions_list(struct action list[ACTIONS_MOST])
{
	struct adder a = { list, 0 };

	if (add_answers(&a))
		return a.n;
	add_runs(&a);
	add_leaves(&a);
	add_ends_of_sleep(&a);
	add_deaths(&a);
	return a.n;
}

/* The process of T(t), as bits. */
static unsigned process_of(unsigned t)
{
	unsigned first = t, last = t;

	while (siblings & 1u << first)
		first--;
	while (siblings & 1u << (last + 1))
		last++;
	return ((2u << last) - 1) & ~((1u << first) - 1);
}

static void kill(unsigned t)
{
	if (!(world->doomed & 1u << t)) {
		world->deaths--;
		world->doomed |= process_of(t);
	}
	world->doomed &= ~(1u << t);
	world->dead |= 1u << t;
	trace_event("is killed", NULL, NULL, 0, 0);
	futex_leave(t);
	fibre_end(t, true);
}

bool model_is_dead(unsigned thread)
{
	return world->dead & 1u << thread;
}

void model_die(void)
{
	fibre_step(NEED_OWN_EMPTY, 0);
	model_count_as_dead((unsigned)(fibre_current - world->thread));
	trace_event("dies", NULL, NULL, 0, 0);
	fibre_die();
}

void model_count_as_dead(unsigned thread)
{
	world->dead |= 1u << thread;
}

void action_apply(struct action a)
{
	trace_who(a.thread);
	switch ((enum act)a.act) {
	case ACT_RUN:
		world->resting[a.thread] = false;
		world->last = a.thread;
		world->begun |= 1u << a.thread;
		world->thread[a.thread].chosen = a.arg;
		fibre_run(a.thread);
		break;
	case ACT_LEAVE:
		memory_leave(a.thread, a.arg);
		break;
	case ACT_TIME_OUT:
		futex_time_out(a.thread);
		break;
	case ACT_SPURIOUS:
		futex_spurious(a.thread);
		break;
	case ACT_DIE:
		kill(a.thread);
		break;
	case ACT_WALK:
		death_walk(a.thread, a.arg);
		break;
	}
}

bool actions_all_done(void)
{
	for (unsigned t = 0; t < world->threads; t++)
		if (world->thread[t].life != ENDED || world->thread[t].stores > 0)
			return false;
	return true;
}

bool actions_quiet(void)
{
	bool some = false;

	for (unsigned t = 0; t < world->threads; t++) {
		if (world->thread[t].life == READY || world->thread[t].life == DYING || world->thread[t].stores > 0)
			return false;
		if (world->thread[t].life == ASLEEP && (world->doomed & 1u << t))
			return false;
		some |= world->thread[t].life == ASLEEP;
	}
	return some;
}
