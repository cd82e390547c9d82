/* SPDX-License-Identifier: BSD-2-Clause */
/** world.c: the world before anything happens, as a seed and a few numbers make it; and its clocks. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim sim;

/* ---- clocks ---- */

int64_t clock_at(const struct clock *c, int64_t when)
{
	return c->offset + when + when / 1000 * c->ppm / 1000;
}

int64_t clock_true(const struct clock *c, int64_t shown)
{
	int64_t when = true_now + (shown - clock_at(c, true_now));

	for (int i = 0; i < 3; i++) /* each time, what is missing is a hundredth of what was missing before */
		when += shown - clock_at(c, when);
	while (clock_at(c, when) < shown)
		when += US;
	return when;
}

/* Within what pawl_remote_deadline() allows for, or beyond it. */
static int64_t some_drift(const struct options *o)
{
	if (!has(F_DRIFT))
		return 0;
	return o->plant == P_DRIFT ? (one_in(2) ? 40000 : -40000) : between(-5000, 5000);
}

static struct clock some_clock(const struct options *o)
{
	return (struct clock){ .offset = between(1000 * S, 2000 * S), .ppm = some_drift(o) };
}

/* ---- rules ---- */

static int64_t pick(const int64_t *of, uint32_t n)
{
	return of[below(n)];
}

#define PICK(...) pick((const int64_t[]){ __VA_ARGS__ }, sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

static void some_rules(const struct options *o)
{
	struct pawl__tenure_rules *r = &sim.rules;

	if (o->rules) {
		*r = *o->rules;
		sim.think = o->think;
		sim.hold = o->hold;
		return;
	}
	r->ttl = PICK(200 * MS, 400 * MS, 1000 * MS);
	r->min_use = r->ttl / 20;
	r->max_tenure = PICK(MS, 5 * MS, 20 * MS);
	r->max_handoffs = (uint32_t)PICK(0, 2, 65536);
	r->min_hold = PICK(0, MS);
	r->idle_keep = PICK(5 * MS, 50 * MS, 500 * MS);
	r->pause = PICK(0, 0, 0, 10 * MS);
	r->renews = o->mode == SCRIPT;
	sim.think = PICK(100 * US, 5 * MS, 100 * MS);
	sim.hold = PICK(100 * US, 2 * MS, 20 * MS);
}

/* What REMOTE.md, section 10, promises: each host before us may have its tenure and one more owner to wait for; on our own host
 * each of those before us may be let in by a tenure of its own; after what went wrong, leases of the dead, the lock-delay, a lost
 * hint and a request that is repeated at most each second may come on top. */
static int64_t some_bound(const struct options *o)
{
	const struct pawl__tenure_rules *r = &sim.rules;
	int64_t turn = r->max_tenure + sim.hold + r->min_hold + r->pause + 4 * MS + (has(F_TAIL) ? 60 * MS : 0);

	return turn * o->hosts * 2 * (o->processes * o->threads + 1) + 6 * r->ttl + 3 * S;
}

/* ---- hosts and threads ---- */

static void *room_for(size_t n, size_t size, const void *old)
{
	void *p;

	free((void *)(uintptr_t)old);
	p = calloc(n, size);
	if (!p) {
		perror("sim");
		exit(2);
	}
	return p;
}

/* Room for as much as these options can need; made anew only if they need more. */
static void make_room(const struct options *o)
{
	static uint32_t hosts, slots, threads, locks;
	uint64_t most = (uint64_t)o->hosts * o->locks;
	uint32_t want = most < 1u << 20 ? (uint32_t)most : 1u << 20;

	if (o->hosts > hosts)
		sim.host = room_for((hosts = o->hosts) + 1, sizeof(*sim.host), sim.host);
	if (want > slots) {
		sim.slot = room_for((slots = want) + 1, sizeof(*sim.slot), sim.slot);
		map_make(&sim.find, slots);
	}
	if (o->hosts * o->processes * o->threads > threads)
		sim.thread = room_for((threads = o->hosts * o->processes * o->threads) + 1, sizeof(*sim.thread), sim.thread);
	if (o->locks > locks)
		sim.lock = room_for((locks = o->locks) + 1, sizeof(*sim.lock), sim.lock);
	sim.room = slots;
}

static void make_host(uint32_t h, const struct options *o)
{
	struct host *host = &sim.host[h];

	*host = (struct host){ .clock = some_clock(o), .token = h, .threads = sim.threads + 1 };
	for (uint32_t p = 0; p < o->processes; p++)
		for (uint32_t t = 0; t < o->threads; t++)
			sim.thread[++sim.threads] = (struct thread){ .host = h, .process = p };
}

/* Each seed leaves out some: what always happens together hides what happens when one of it is missing. A planted drift needs its
 * clocks. */
static uint32_t some_faults(const struct options *o)
{
	uint32_t all = one_in(4) ? F_ALL : (uint32_t)rnd();

	return o->plant == P_DRIFT ? all | F_DRIFT : all;
}

void world_make(const struct options *o)
{
	make_room(o);
	engine_reset(o->seed);
	map_clear(&sim.find);
	sim.o = *o;
	sim.faults = o->faults & some_faults(o);
	sim.slots = sim.threads = 0;
	sim.resting = false;
	sim.healed_at = 0;
	memset(sim.lock, 0, (o->locks + 1) * sizeof(*sim.lock));
	some_rules(o);
	sim.bound = some_bound(o);
	sim.deadly = (uint32_t)PICK(100, 1000, 10000);
	sim.service = some_clock(o);
	for (uint32_t h = 1; h <= o->hosts; h++)
		make_host(h, o);
}

uint32_t slot_of(uint32_t host, uint32_t lock)
{
	uint32_t *found = map_at(&sim.find, (uint64_t)host << 32 | lock), s = *found;

	if (s != 0)
		return s;
	if (sim.slots == sim.room) {
		fprintf(stderr, "sim: more than %u slots\n", sim.room);
		exit(2);
	}
	*found = s = ++sim.slots;
	sim.slot[s] = (struct slot){
		.host = host, .lock = lock, .next_of_host = sim.host[host].slots, .next_of_lock = sim.lock[lock].slots
	};
	sim.host[host].slots = sim.lock[lock].slots = s;
	return s;
}

uint32_t some_lock(void)
{
	uint32_t low = 1, high = sim.o.locks;
	double x;

	if (!sim.weights)
		return 1 + below(high);
	x = (double)(rnd() >> 11) * 0x1p-53 * sim.weights[high];
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (x < sim.weights[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
