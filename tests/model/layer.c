/* SPDX-License-Identifier: BSD-2-Clause */
/** layer.c: what the library calls in place of membarrier, clocks, rests and thread numbers (fence.h, clock.h, self.h of
 * src/core, and parts of park.h).
 *
 * The clock stands still, so that equal states stay equal, and jumps: to a deadline when the scheduler lets a timed sleep
 * end, which it may at any moment; and by MODEL_TICK as it is read, as often as the case allows.
 */
#include <time.h>

#include <pawl/mutex.h>

#include "core/clock.h"
#include "core/fence.h"
#include "core/park.h"
#include "core/self.h"
#include "core/tune.h"

#include "fibre.h"
#include "futex.h"
#include "known.h"
#include "layer.h"
#include "memory.h"
#include "trace.h"

__thread uint32_t pawl_self_ = PAWL_NOBODY_;
__thread ptrdiff_t pawl_restart_;
struct pawl__tune pawl__tune;

static const struct model_case *the_case;

static bool can_restart(unsigned t)
{
	return !the_case->no_fence && !the_case->no_restart && !(t == 0 && the_case->one_without_restart);
}

void layer_begin(const struct model_case *c)
{
	the_case = c;
	futex_begin(c->any_sleeper);
	pawl__tune = (struct pawl__tune){ .slice_ns = PAWL_FOREVER, .hungry_ns = PAWL_FOREVER, .turn_ns = 1000000 };
	world->ticks = c->ticks;
	world->spurious = c->spurious;
	world->deaths = c->deaths;
	for (unsigned t = 0; t < world->threads; t++) {
		world->thread[t].self = c->newborn ? PAWL_NOBODY_ : t + 1;
		world->thread[t].restart = !c->newborn && can_restart(t);
	}
}

static unsigned me(void)
{
	return (unsigned)(fibre_current - world->thread);
}

/* ---- the rest of park.h ---- */

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
	return !the_case->no_fence;
}

bool pawl__fence_restart_can(void)
{
	if (fibre_current)
		pawl_restart_ = can_restart(me());
	return can_restart(world->threads);
}

/* One CPU after the other passes the barrier, and is told to start anew, not all at the same moment. */
static bool fence(bool restart)
{
	if (the_case->no_fence || the_case->fence_fails)
		return false;
	known_fence();
	fibre_step(NEED_OWN_EMPTY, 0);
	for (unsigned i = 0; i < world->threads; i++) {
		struct thread *t = &world->thread[i];

		if (i == me() || (t->life != READY && t->stores == 0))
			continue;
		if (memory_kind != MODEL_SC || restart)
			fibre_step(NEED_OTHERS_EMPTY, i);
		t->starts_anew |= restart && t->comparing;
	}
	trace_event(restart ? "restart fence" : "heavy fence", NULL, NULL, 0, 0);
	return true;
}

bool pawl__fence_heavy(void)
{
	return fence(false);
}

bool pawl__fence_restart(void)
{
	return fence(true);
}

bool pawl__fence_restart_works(void)
{
	return !the_case->no_fence && !the_case->fence_fails;
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
	if (pawl_self_ == PAWL_NOBODY_) {
		pawl__fence_restart_can();
		pawl_self_ = me() + 1;
	}
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
