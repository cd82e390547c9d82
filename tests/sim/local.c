/* SPDX-License-Identifier: BSD-2-Clause */
/** local.c: the threads of a host and its robust locks: the side of seat.h that takes and leaves. Each thread is at one step at a
 * time, and the steps that seat.h orders (take the slot, look at the seat, say that one asks) are apart, so that the keeper can
 * come in between.
 */
#include "local.h"

#include "check.h"
#include "keeper.h"

static void want(uint32_t t);
static void try_slot(uint32_t t);
static void look_in(uint32_t t);
static void hear_bell(uint32_t t);
static void leave(uint32_t t);
static void be_gone(uint32_t t);

/* ---- steps ---- */

static void take_step(uint32_t t, uint32_t b, uint64_t generation)
{
	struct thread *th = &sim.thread[t];
	const struct host *h = &sim.host[th->host];

	(void)b;
	if (generation != th->generation)
		return;
	if (true_now < h->frozen_until) {
		at(h->frozen_until, take_step, t, 0, generation);
		return;
	}
	th->step(t);
}

/* The thread's next step; whatever it was about to do is off. */
static void then(uint32_t t, int64_t when, void (*step)(uint32_t t))
{
	sim.thread[t].step = step;
	at(when, take_step, t, 0, ++sim.thread[t].generation);
}

static void never(uint32_t t)
{
	sim.thread[t].generation++;
}

static void rest(uint32_t t)
{
	sim.thread[t].phase = IDLE;
	if (sim.resting)
		never(t);
	else
		then(t, true_now + between(0, one_in(4) ? 10 * sim.think : sim.think), want);
}

void local_start(uint32_t t)
{
	rest(t);
}

/* ---- the robust lock ---- */

static struct slot *slot(uint32_t t)
{
	return &sim.slot[sim.thread[t].slot];
}

static void line_up(uint32_t t)
{
	struct slot *s = slot(t);

	sim.thread[t].next = 0;
	if (s->first)
		sim.thread[s->last].next = t;
	else
		s->first = t;
	s->last = t;
}

static void step_out_of_line(uint32_t t)
{
	struct slot *s = slot(t);
	uint32_t before = 0;

	for (uint32_t i = s->first; i && i != t; i = sim.thread[i].next)
		before = i;
	if (before)
		sim.thread[before].next = sim.thread[t].next;
	else
		s->first = sim.thread[t].next;
	if (s->last == t)
		s->last = before;
}

static void wake_first(struct slot *s)
{
	if (s->first && (s->word == 0 || s->owner_dead))
		then(s->first, true_now + between(300, 5 * US), try_slot);
}

static void wait_in_line(uint32_t t)
{
	struct thread *th = &sim.thread[t];

	th->phase = WAITS;
	if (th->until)
		then(t, th->until, try_slot);
	else
		never(t);
}

/* Who died waiting for a lease was not inside: there is nothing to be told of it. `asking` goes with it, since threads here come
 * back under their old number. */
static void take(uint32_t t)
{
	struct slot *s = slot(t);
	struct thread *th = &sim.thread[t];
	bool waited = s->owner_dead && s->seat.asking == s->word;

	th->took_dead = (s->owner_dead && !waited) || s->orphan;
	s->word = t; /* RB1, RB3 */
	s->owner_dead = s->orphan = false;
	if (waited)
		s->seat.asking = 0;
	th->phase = TOOK;
	then(t, true_now + between(50, 2 * US), look_in);
}

static void give_slot(uint32_t t, bool orphan)
{
	struct slot *s = slot(t);

	s->word = 0;
	s->orphan = orphan;
	wake_first(s);
}

static void want(uint32_t t)
{
	struct thread *th = &sim.thread[t];
	struct slot *s;

	th->slot = slot_of(th->host, some_lock());
	th->began = true_now;
	th->until = !sim.o.rules && one_in(3) ? true_now + between(MS, one_in(2) ? 20 * MS : S) : 0;
	s = slot(t);
	if (s->word == 0 || (s->owner_dead && !s->first)) {
		take(t);
		return;
	}
	line_up(t);
	wait_in_line(t);
	if (s->first == t)
		wake_first(s);
}

/* Woken, or its time is up. */
static void try_slot(uint32_t t)
{
	struct slot *s = slot(t);
	struct thread *th = &sim.thread[t];
	bool is_free = s->word == 0 || s->owner_dead;

	if (is_free) {
		step_out_of_line(t);
		take(t);
	} else if (th->until && true_now >= th->until) {
		step_out_of_line(t);
		rest(t);
	} else {
		wait_in_line(t);
	}
}

/* ---- the seat ---- */

static void go_in(uint32_t t)
{
	struct slot *s = slot(t);
	struct thread *th = &sim.thread[t];
	bool told = th->took_dead || s->seat.died;

	s->seat.died = 0;
	th->took_dead = false;
	th->hi = s->seat.hi;
	th->lo = ++s->grants;
	th->phase = IN;
	check_entered(t, told);
	if (has(F_LONG) && one_in(25))
		then(t, true_now + between(0, 2 * sim.rules.ttl), leave);
	else
		then(t, true_now + between(0, one_in(4) ? sim.hold : sim.hold / 8), leave);
}

static void give_up(uint32_t t)
{
	uint32_t s = sim.thread[t].slot;

	give_slot(t, sim.thread[t].took_dead);
	keeper_ring(s);
	rest(t);
}

/* SE4, after RB1 or SE3. */
static void look_in(uint32_t t)
{
	struct slot *s = slot(t);
	struct thread *th = &sim.thread[t];

	if (th->took_dead)
		pawl__seat_leave(&s->seat, s->grants);
	if (pawl__seat_is_open(&s->seat, host_now(&sim.host[th->host]))) {
		go_in(t);
	} else if (th->until && true_now >= th->until) {
		give_up(t);
	} else {
		if (th->took_dead)
			s->seat.died = 1;
		th->took_dead = false;
		s->seat.asking = t;
		th->phase = ASKS;
		keeper_ring(th->slot);
		if (th->until)
			then(t, th->until, hear_bell);
		else
			never(t);
	}
}

static void hear_bell(uint32_t t)
{
	slot(t)->seat.asking = 0; /* SE3 */
	sim.thread[t].phase = TOOK;
	then(t, true_now + between(50, 500), look_in);
}

void local_told(uint32_t s)
{
	uint32_t t = sim.slot[s].word;

	if (t && !sim.slot[s].owner_dead && sim.thread[t].phase == ASKS)
		then(t, true_now + between(US, 20 * US), hear_bell);
}

static void leave(uint32_t t)
{
	struct slot *s = slot(t);
	struct thread *th = &sim.thread[t];
	bool valid = pawl__seat_is_valid(&s->seat, host_now(&sim.host[th->host]));

	if (has(F_OWNER) && one_in(200)) {
		local_die(t, true);
		return;
	}
	check_left(t, valid);
	th->rings = pawl__seat_leave(&s->seat, s->grants) || !valid;
	th->phase = OUT;
	then(t, true_now + between(50, US), be_gone);
}

static void be_gone(uint32_t t)
{
	uint32_t s = sim.thread[t].slot;

	give_slot(t, false);
	if (sim.thread[t].rings)
		keeper_ring(s);
	rest(t);
}

void local_look(uint32_t s, struct pawl__look *look)
{
	const struct slot *sl = &sim.slot[s];
	bool asks = sl->word && sl->seat.asking == sl->word;

	look->grants = sl->grants;
	look->more = sl->first != 0;
	if (sl->word == 0)
		look->who = sl->orphan ? PAWL__CORPSE : PAWL__NOBODY;
	else if (sl->owner_dead)
		look->who = asks ? PAWL__NOBODY : PAWL__CORPSE;
	else
		look->who = asks ? PAWL__ASKER : PAWL__INSIDE;
}

/* ---- in between ---- */

static void somebody_comes(uint32_t s)
{
	const struct host *h = &sim.host[sim.slot[s].host];
	uint32_t t = h->threads + below(sim.o.processes * sim.o.threads);

	if (sim.thread[t].phase != IDLE || sim.resting)
		return;
	sim.thread[t].slot = s;
	sim.thread[t].began = true_now;
	sim.thread[t].until = 0;
	take(t);
}

void local_stir(uint32_t s)
{
	struct slot *sl = &sim.slot[s];
	uint32_t t = sl->word;

	if (!has(F_STIR) || true_now < sim.host[sl->host].frozen_until || !one_in(4))
		return;
	if (t == 0) {
		if (sl->first)
			try_slot(sl->first);
		else if (one_in(8))
			somebody_comes(s);
	} else if (!sl->owner_dead && sim.thread[t].phase != ASKS && (sim.thread[t].phase != IN || one_in(8))) {
		sim.thread[t].step(t);
	}
}

/* ---- deaths ---- */

static void live_again(uint32_t t)
{
	rest(t);
}

void local_die(uint32_t t, bool comes_back)
{
	struct thread *th = &sim.thread[t];

	if (th->phase == DEAD) {
		if (!comes_back)
			never(t);
		return;
	}
	check_died(t);
	if (th->phase == WAITS) {
		step_out_of_line(t);
		wake_first(slot(t)); /* it may have been woken and have died of that */
	} else if (th->phase != IDLE) {
		slot(t)->owner_dead = true;
		wake_first(slot(t));
	}
	th->phase = DEAD;
	if (comes_back)
		then(t, true_now + between(5 * MS, 50 * MS), live_again);
	else
		never(t);
}

void local_process_dies(uint32_t h, uint32_t process)
{
	uint32_t first = sim.host[h].threads;

	for (uint32_t t = first; t < first + sim.o.processes * sim.o.threads; t++)
		if (sim.thread[t].process == process)
			local_die(t, true);
}
