/* SPDX-License-Identifier: BSD-2-Clause */
/** script.c: the service as Redis with the scripts of `queue` (REMOTE.md, section 5, as repaired): each request is one script, and
 * the names in here are those of the scripts. Its memory can go back by some milliseconds, and then waits before it grants.
 */
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

/* Of one host, by token, and one lock: its entries of S, Q, QA. */
struct visit {
	uint64_t finished; /* S: the largest request that is over */
	uint64_t req;      /* QA */
	int64_t deadline;
	uint32_t token, lock, host;
	uint32_t before, behind; /* Q */
	bool queued;
};

struct held {
	uint32_t owner; /* L: a visit; 0: it does not exist */
	uint64_t req, f;
	bool d;
	int64_t expires;
	uint64_t counter, clean; /* F.f, F.x */
	uint32_t run;            /* F.e */
	uint32_t first, last;
};

static struct state {
	struct held *lock;
	struct visit *visit;
	uint32_t visits;
} state, old;

static struct map find;
static uint32_t room, locks, run;
static int64_t since; /* when this run became the one that counts */

#define ERA (1ull << 20)

/* ---- memory ---- */

static void *resized(void *p, size_t n, size_t size)
{
	p = realloc(p, n * size);
	if (!p) {
		perror("sim");
		exit(2);
	}
	return p;
}

static void make_room(void)
{
	uint64_t most = (uint64_t)sim.o.hosts * sim.o.locks * (has(F_HOST) ? 32 : 1);

	most = most < 1u << 20 ? most : 1u << 20;
	if (most > room) {
		room = (uint32_t)most;
		state.visit = resized(state.visit, room + 1, sizeof(*state.visit));
		old.visit = resized(old.visit, room + 1, sizeof(*old.visit));
		map_make(&find, room);
	}
	if (sim.o.locks > locks) {
		locks = sim.o.locks;
		state.lock = resized(state.lock, locks + 1, sizeof(*state.lock));
		old.lock = resized(old.lock, locks + 1, sizeof(*old.lock));
	}
}

void script_begin(void)
{
	make_room();
	map_clear(&find);
	memset(state.lock, 0, (sim.o.locks + 1) * sizeof(*state.lock));
	state.visits = old.visits = 0;
	run = 1;
	since = service_now() - 3600 * S;
	for (uint32_t l = 1; l <= sim.o.locks; l++)
		state.lock[l].run = run;
}

static uint32_t visit_of(const struct message *m)
{
	uint32_t *v = map_at(&find, (uint64_t)m->token << 32 | m->lock);

	if (*v == 0) {
		if (state.visits == room) {
			violation("the simulator has no room for another visit");
			return *v = 1;
		}
		*v = ++state.visits;
		state.visit[*v] = (struct visit){ .token = m->token, .lock = m->lock, .host = m->host };
	}
	return *v;
}

/* ---- hints ---- */

static void hint(uint32_t v, uint8_t say, const struct held *l, int64_t lease)
{
	const struct visit *to = &state.visit[v];
	struct message m = {
		.say = say, .host = to->host, .token = to->token, .lock = to->lock, .req = l->req, .hi = l->f, .ttl = lease
	};

	m.connection = sim.host[to->host].connection;
	m.died = l->d;
	net_hint(&m, false);
}

/* ---- what the scripts share ---- */

static void leave_queue(struct held *l, uint32_t v)
{
	struct visit *w = &state.visit[v];

	if (!w->queued)
		return;
	w->queued = false;
	*(w->before ? &state.visit[w->before].behind : &l->first) = w->behind;
	*(w->behind ? &state.visit[w->behind].before : &l->last) = w->before;
}

static void enter_queue(struct held *l, uint32_t v)
{
	struct visit *w = &state.visit[v];

	if (w->queued)
		return;
	w->queued = true;
	w->before = l->last;
	w->behind = 0;
	*(l->last ? &state.visit[l->last].behind : &l->first) = v;
	l->last = v;
}

static void skip_lapsed(struct held *l)
{
	while (l->first && state.visit[l->first].deadline < service_now())
		leave_queue(l, l->first);
}

static void era(struct held *l)
{
	if (l->run != run && sim.o.plant != P_NO_ERA)
		l->counter += ERA;
	l->run = run;
}

static void give(struct held *l, uint32_t v, uint64_t req, int64_t ttl)
{
	bool d = l->counter != l->clean;

	leave_queue(l, v);
	l->f = ++l->counter;
	l->owner = v;
	l->req = req;
	l->d = d;
	l->expires = service_now() + ttl;
	TRACE("service lock %u: host %u, req %llu, gets %llu", state.visit[v].lock, state.visit[v].host,
		(unsigned long long)req, (unsigned long long)l->f);
}

static int64_t accept_within(int64_t ttl)
{
	int64_t a = ttl / 3 > S ? ttl / 3 : S;

	return a < ttl ? a : ttl;
}

static void next(struct held *l, const struct message *m)
{
	uint32_t v;

	l->owner = 0;
	skip_lapsed(l);
	v = l->first;
	if (!v || !m->hand)
		return;
	give(l, v, state.visit[v].req, accept_within(m->ttl));
	hint(v, YOURS, l, accept_within(m->ttl));
}

static void expire(struct held *l)
{
	if (l->owner && l->expires <= service_now())
		l->owner = 0;
}

static void answer(struct message *m, uint8_t say)
{
	m->say = say;
	net_reply(m);
}

/* ---- the scripts ---- */

static void answer_granted(struct message *m, const struct held *l)
{
	m->hi = l->f;
	m->contended = l->first != 0;
	m->died = l->d;
	answer(m, PAWL_REMOTE_GRANTED);
}

static void acquire(struct message *m, struct held *l, uint32_t v)
{
	struct visit *w = &state.visit[v];

	if (w->finished >= m->req && sim.o.plant != P_FORGETFUL) {
		answer(m, PAWL_REMOTE_LOST);
		return;
	}
	w->finished = m->req - 1 > w->finished ? m->req - 1 : w->finished;
	era(l);
	l->counter = m->floor > l->counter ? m->floor : l->counter;
	if (l->owner == v && l->req != m->req)
		next(l, m); /* our older one, finished hereby */
	if (l->owner == v) {
		if (l->f < l->counter && sim.o.plant != P_STALE) { /* one after it may have been handed out, and forgotten, */
			l->f = ++l->counter;
			l->d = true; /* and that one's owner may have died */
		}
		l->expires = service_now() + m->ttl;
		answer_granted(m, l);
		return;
	}
	skip_lapsed(l);
	if (!l->owner && (!l->first || l->first == v)) {
		give(l, v, m->req, m->ttl);
		answer_granted(m, l);
		return;
	}
	enter_queue(l, v);
	w->deadline = service_now() + m->wait;
	w->req = m->req;
	if (l->owner)
		hint(l->owner, SOMEBODY, l, 0);
	else
		next(l, m);
	m->hint = l->owner ? l->expires - service_now() + between(0, 10 * MS) : 0;
	m->hi = l->counter;
	answer(m, PAWL_REMOTE_QUEUED);
}

static void release(struct message *m, struct held *l, uint32_t v)
{
	struct visit *w = &state.visit[v];

	if (w->finished < m->req || sim.o.plant == P_FORGETFUL) {
		w->finished = m->req;
		if (l->owner == v && l->req == m->req) {
			if (m->clean && m->hi == l->f) /* it speaks of what it was granted then, not of another grant since */
				l->clean = l->f;
			era(l);
			next(l, m);
		}
	}
	answer(m, PAWL_REMOTE_RELEASED);
}

static void renew(struct message *m, struct held *l, uint32_t v)
{
	if (l->owner != v || l->f != m->hi) {
		answer(m, PAWL_REMOTE_LOST);
		return;
	}
	l->expires = service_now() + m->ttl;
	answer_granted(m, l);
}

static void cancel(struct message *m, struct held *l, uint32_t v)
{
	struct visit *w = &state.visit[v];

	w->finished = m->req > w->finished ? m->req : w->finished;
	if (w->req <= m->req)
		leave_queue(l, v);
	if (l->owner == v && l->req <= m->req) {
		if (!l->d || sim.o.plant == P_CLEAN) /* else the death before it is still to be told */
			l->clean = l->f;
		next(l, m);
	}
	answer(m, PAWL_REMOTE_RELEASED);
}

/* BOOT: how long this run has counted; whoever asks waits for the rest of 1.1 ttl. */
static void welcome(struct message *m)
{
	int64_t rest = m->ttl + m->ttl / 10 - (service_now() - since);

	m->delay = rest > 0 ? rest : 0;
	m->run = run;
	answer(m, WELCOME);
}

void script_hear(struct message *m)
{
	struct held *l = &state.lock[m->lock];
	uint32_t v;

	if (m->ask == CONNECT) {
		welcome(m);
		return;
	}
	if (m->run != run) {
		m->reset = true; /* the server it was sent to is not there any more */
		answer(m, PAWL_REMOTE_UNKNOWN);
		return;
	}
	v = visit_of(m);
	expire(l);
	switch (m->ask) {
	case PAWL_REMOTE_ACQUIRE:
		acquire(m, l, v);
		break;
	case PAWL_REMOTE_RELEASE:
		release(m, l, v);
		break;
	case PAWL_REMOTE_RENEW:
		renew(m, l, v);
		break;
	default:
		cancel(m, l, v);
		break;
	}
}

uint32_t script_left(void)
{
	uint32_t n = 0;

	for (uint32_t l = 1; l <= sim.o.locks; l++) {
		expire(&state.lock[l]);
		skip_lapsed(&state.lock[l]);
		n += (state.lock[l].owner != 0) + (state.lock[l].first != 0);
	}
	return n;
}

/* ---- going back ---- */

static void restore(uint32_t a, uint32_t b, uint64_t c)
{
	(void)a;
	(void)b;
	(void)c;
	for (uint32_t l = 1; l <= sim.o.locks; l++) /* that the counter has jumped is forgotten, and it will jump as far again */
		sim.lock[l].forgets |= old.lock[l].run != state.lock[l].run;
	memcpy(state.lock, old.lock, (sim.o.locks + 1) * sizeof(*state.lock));
	memcpy(state.visit, old.visit, (old.visits + 1) * sizeof(*state.visit));
	for (uint32_t v = old.visits + 1; v <= state.visits; v++)
		state.visit[v] = (struct visit){
			.token = state.visit[v].token, .lock = state.visit[v].lock, .host = state.visit[v].host
		};
	run++;
	since = service_now();
	TRACE("service: run %u", run);
}

void script_fail_over(int64_t lag)
{
	memcpy(old.lock, state.lock, (sim.o.locks + 1) * sizeof(*state.lock));
	memcpy(old.visit, state.visit, (state.visits + 1) * sizeof(*state.visit));
	old.visits = state.visits;
	at(true_now + lag, restore, 0, 0, 0);
}
