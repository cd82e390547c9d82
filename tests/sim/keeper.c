/* SPDX-License-Identifier: BSD-2-Clause */
/** keeper.c: the keeper of a host: what it is woken by, one pawl__seat_serve() at a time, and how it dies: between any two stores,
 * before or after it sends; the next one has nothing but the seats.
 */
#include "keeper.h"

#include <setjmp.h>
#include <string.h>

#include "backend.h"
#include "check.h"
#include "local.h"

/* ---- one serve() ---- */

static uint32_t serving; /* the slot */
static struct served served;
static jmp_buf grave;

/* Between two things that the keeper does: it may die here, or others go on. */
static void moment(void)
{
	if (has(F_KEEPER) && one_in(sim.deadly))
		longjmp(grave, 1);
	local_stir(serving);
}

/* Where a step goes on outside of the keeper's own memory, death tells most. */
static void grave_moment(void)
{
	if (has(F_KEEPER) && one_in(sim.deadly / 10))
		longjmp(grave, 1);
	moment();
}

void sim_point(const char *label)
{
	(void)label;
	if (serving)
		moment();
}

static void look(void *arg, struct pawl__look *l)
{
	(void)arg;
	moment();
	local_look(serving, l);
	moment();
}

static bool submit(void *arg, const pawl_remote_op_t *op)
{
	bool taken;

	(void)arg;
	grave_moment();
	served.sent++;
	taken = backend_submit(serving, op);
	grave_moment();
	return taken;
}

static void tell(void *arg)
{
	(void)arg;
	moment();
	local_told(serving);
}

static void lost(void *arg)
{
	(void)arg;
	grave_moment();
	served.lost_told++;
	check_told_lost(serving);
}

static void jeopardy(void *arg)
{
	(void)arg;
	moment();
}

/* ---- timers ---- */

static void serve(uint32_t s, const pawl_remote_event_t *event);

static void timer(uint32_t s, uint32_t b, uint64_t generation);

/* A later one than is pending is found out when that one rings: serves are many, and timers stay in the queue. */
static void arm(uint32_t s, int64_t wake_at)
{
	struct slot *sl = &sim.slot[s];
	int64_t when;

	sl->wake_at = wake_at;
	if (wake_at == INT64_MAX)
		return;
	when = clock_true(&sim.host[sl->host].clock, wake_at);
	if (sl->armed_at != 0 && sl->armed_at <= when)
		return;
	sl->armed_at = when;
	at(when, timer, s, 0, ++sl->timer);
}

int64_t keeper_stalled(const struct host *h)
{
	int64_t until = h->frozen_until > h->stopped_until ? h->frozen_until : h->stopped_until;

	return true_now < until ? until : 0;
}

static void timer(uint32_t s, uint32_t b, uint64_t generation)
{
	struct slot *sl = &sim.slot[s];
	const struct host *h = &sim.host[sl->host];

	(void)b;
	if (generation != sl->timer)
		return;
	if (keeper_stalled(h)) {
		at(keeper_stalled(h), timer, s, 0, generation);
		return;
	}
	sl->armed_at = 0;
	if (!h->kept)
		return;
	if (host_now(h) < sl->wake_at)
		arm(s, sl->wake_at);
	else
		serve(s, NULL);
}

static void doorbell(uint32_t s, uint32_t b, uint64_t c)
{
	const struct host *h = &sim.host[sim.slot[s].host];

	if (keeper_stalled(h)) {
		at(keeper_stalled(h), doorbell, s, b, c);
		return;
	}
	if (!h->kept || !sim.slot[s].rung)
		return;
	sim.slot[s].rung = false;
	serve(s, NULL);
}

void keeper_ring(uint32_t s)
{
	if (sim.slot[s].rung)
		return;
	sim.slot[s].rung = true; /* a bit in the segment: the next keeper looks at all of them */
	at(true_now + between(2 * US, 20 * US), doorbell, s, 0, 0);
}

/* ---- serving ---- */

static void serve(uint32_t s, const pawl_remote_event_t *event)
{
	struct slot *sl = &sim.slot[s];
	struct host *h = &sim.host[sl->host];
	struct pawl__seat_world w = { .now = host_now(h),
		.up = h->up,
		.not_before = h->not_before,
		.rules = &sim.rules,
		.look = look,
		.submit = submit,
		.tell = tell,
		.lost = lost,
		.jeopardy = jeopardy };

	check_before(s, &served);
	served.event = event;
	serving = s;
	if (setjmp(grave) == 0) {
		int64_t wake_at = pawl__seat_serve(&sim.slot[s].seat, &w, event);

		serving = 0;
		arm(s, wake_at);
		check_served(s, &served);
	} else {
		uint32_t host = sim.slot[serving].host;

		serving = 0;
		local_process_dies(host, sim.host[host].keeper);
		keeper_die(host);
	}
	check_lock(sim.slot[s].lock);
}

void keeper_hear(uint32_t s, const pawl_remote_event_t *event)
{
	serve(s, event);
}

void keeper_hear_session(uint32_t h, pawl_remote_state_t state, int64_t deadline)
{
	pawl_remote_event_t e = { .what = PAWL_REMOTE_SESSION, .state = state, .deadline_ns = deadline };

	for (uint32_t s = sim.host[h].slots; s && sim.host[h].kept; s = sim.slot[s].next_of_host)
		serve(s, &e);
}

/* ---- one after the other ---- */

static void take_over(uint32_t h, uint32_t token, uint64_t c)
{
	struct host *host = &sim.host[h];

	if (true_now < host->frozen_until) {
		at(host->frozen_until, take_over, h, token, c);
		return;
	}
	if (host->token != token || host->kept)
		return;
	host->kept = true;
	host->up = host->asked = false;
	host->stopped_until = 0;
	for (uint32_t s = host->slots; s; s = sim.slot[s].next_of_host) {
		pawl__seat_adopt(&sim.slot[s].seat);
		sim.slot[s].rung = false;
	}
	for (uint32_t s = host->slots; s && host->kept; s = sim.slot[s].next_of_host)
		serve(s, NULL);
	if (host->kept)
		backend_connect(h);
}

void keeper_start(uint32_t h)
{
	at(true_now + between(200 * US, 3 * MS), take_over, h, sim.host[h].token, 0);
}

void keeper_die(uint32_t h)
{
	struct host *host = &sim.host[h];

	if (!host->kept)
		return;
	host->kept = host->up = host->asked = false;
	host->connection++; /* what is still said to it, nobody hears */
	host->keeper = (host->keeper + 1) % sim.o.processes;
	keeper_start(h);
}

/* ---- the whole host ---- */

static void wipe(uint32_t s)
{
	struct slot *sl = &sim.slot[s];
	struct slot new = { .host = sl->host,
		.lock = sl->lock,
		.next_of_host = sl->next_of_host,
		.next_of_lock = sl->next_of_lock,
		.timer = sl->timer + 1 };

	*sl = new;
}

static void come_back(uint32_t h, uint32_t token, uint64_t c)
{
	struct host *host = &sim.host[h];

	(void)token;
	(void)c;
	host->crashed = false;
	for (uint32_t t = host->threads; t < host->threads + sim.o.processes * sim.o.threads; t++)
		local_start(t);
	keeper_start(h);
}

void keeper_host_crashes(uint32_t h)
{
	struct host *host = &sim.host[h];

	if (host->crashed)
		return;
	for (uint32_t t = host->threads; t < host->threads + sim.o.processes * sim.o.threads; t++)
		local_die(t, false);
	for (uint32_t s = host->slots; s; s = sim.slot[s].next_of_host)
		wipe(s);
	host->crashed = true;
	host->kept = host->up = host->asked = false;
	host->connection++;
	host->token += sim.o.hosts; /* another host, to the service */
	host->session = 0;
	host->session_new = false;
	host->session_deadline = 0;
	host->frozen_until = host->stopped_until = 0;
	at(true_now + between(100 * MS, sim.rules.ttl), come_back, h, 0, 0);
}
