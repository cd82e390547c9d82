/* SPDX-License-Identifier: BSD-2-Clause */
/** session.c: the service as ZooKeeper and etcd are: a host has a session, which lives as long as it is heard of; a place in the
 * queue of a lock lives as long as its session; the oldest place is the owner, and its number the token. It forgets nothing.
 */
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

struct session {
	uint32_t host, token, connection; /* requests of an older connection are refused */
	int64_t heard;
	bool expired;
};

struct place {
	uint32_t session, lock;
	uint64_t req, hi;
	uint32_t before, behind;
	bool there;
};

struct queue {
	uint32_t first, last;
	bool unclean; /* the last owner did not say that it left in good order */
};

static struct session *session;
static struct place *place;
static struct queue *queue;
static uint32_t sessions, session_room, places, place_room, queue_room;
static struct map find;
static uint64_t created;

static void *resized(void *p, size_t n, size_t size)
{
	p = realloc(p, n * size);
	if (!p) {
		perror("sim");
		exit(2);
	}
	return p;
}

static void tick(uint32_t a, uint32_t b, uint64_t c);

void session_begin(void)
{
	uint64_t most = (uint64_t)sim.o.hosts * sim.o.locks * (has(F_ALL & ~F_STIR) ? 64 : 1);

	most = most < 1u << 20 ? most : 1u << 20;
	if (most > place_room) {
		place_room = (uint32_t)most;
		place = resized(place, place_room + 1, sizeof(*place));
		map_make(&find, place_room);
	}
	if (sim.o.locks > queue_room)
		queue = resized(queue, (queue_room = sim.o.locks) + 1, sizeof(*queue));
	map_clear(&find);
	memset(queue, 0, (sim.o.locks + 1) * sizeof(*queue));
	sessions = places = 0;
	created = 0;
	at(true_now + sim.rules.ttl / 10, tick, 0, 0, 0);
}

static uint32_t new_session(const struct message *m)
{
	if (sessions == session_room)
		session = resized(session, (session_room = 2 * session_room + 64) + 1, sizeof(*session));
	session[++sessions] = (struct session){ .host = m->host, .token = m->token };
	return sessions;
}

static uint32_t place_of(const struct message *m)
{
	uint32_t *p = map_at(&find, (uint64_t)m->session << 32 | m->lock);

	if (*p == 0) {
		if (places == place_room) {
			violation("the simulator has no room for another place");
			return *p = 1;
		}
		*p = ++places;
		place[*p] = (struct place){ .session = m->session, .lock = m->lock };
	}
	return *p;
}

/* ---- watches ---- */

static void hint(uint32_t p, uint8_t say)
{
	const struct session *to = &session[place[p].session];
	struct message m = { .say = say,
		.host = to->host,
		.token = to->token,
		.connection = to->connection,
		.lock = place[p].lock,
		.req = place[p].req,
		.hi = place[p].hi };

	net_hint(&m, true);
}

/* ---- places ---- */

static void create(uint32_t p, uint64_t req)
{
	struct place *pl = &place[p];
	struct queue *q = &queue[pl->lock];

	pl->there = true;
	pl->req = req;
	pl->hi = ++created;
	pl->before = q->last;
	pl->behind = 0;
	*(q->last ? &place[q->last].behind : &q->first) = p;
	q->last = p;
	if (q->first != p)
		hint(q->first, SOMEBODY);
}

static void delete (uint32_t p)
{
	struct place *pl = &place[p];
	struct queue *q = &queue[pl->lock];
	bool owned = q->first == p;

	pl->there = false;
	*(pl->before ? &place[pl->before].behind : &q->first) = pl->behind;
	*(pl->behind ? &place[pl->behind].before : &q->last) = pl->before;
	if (owned && q->first)
		hint(q->first, YOURS);
}

static void tick(uint32_t a, uint32_t b, uint64_t c)
{
	for (uint32_t s = 1; s <= sessions; s++) {
		if (session[s].expired || service_now() - session[s].heard <= sim.rules.ttl)
			continue;
		session[s].expired = true;
		TRACE("service: session %u of host %u has expired", s, session[s].host);
		for (uint32_t p = 1; p <= places; p++)
			if (place[p].there && place[p].session == s) {
				if (queue[place[p].lock].first == p)
					queue[place[p].lock].unclean = true;
				delete (p);
			}
	}
	at(true_now + sim.rules.ttl / 10, tick, a, b, c);
}

/* ---- requests ---- */

static void answer(struct message *m, uint8_t say)
{
	m->say = say;
	net_reply(m);
}

static void welcome(struct message *m)
{
	m->fresh = m->session == 0 || session[m->session].expired;
	if (m->fresh)
		m->session = new_session(m);
	session[m->session].connection = m->connection;
	session[m->session].heard = service_now();
	answer(m, WELCOME);
	for (uint32_t p = 1; !m->fresh && p <= places; p++) /* what its watches would have said meanwhile */
		if (place[p].there && place[p].session == m->session && queue[place[p].lock].first == p) {
			hint(p, YOURS);
			if (place[p].behind)
				hint(p, SOMEBODY);
		}
}

static void acquire(struct message *m, uint32_t p)
{
	struct queue *q = &queue[m->lock];

	if (place[p].there && place[p].req < m->req) /* a larger one finishes the smaller */
		delete (p);
	if (!place[p].there)
		create(p, m->req);
	if (q->first != p) {
		m->hint = sim.rules.ttl;
		answer(m, PAWL_REMOTE_QUEUED);
		return;
	}
	m->hi = place[p].hi;
	m->contended = place[p].behind != 0;
	m->died = q->unclean;
	answer(m, PAWL_REMOTE_GRANTED);
}

static void give_back(struct message *m, uint32_t p)
{
	if (place[p].there && place[p].req <= m->req) {
		if (m->ask == PAWL_REMOTE_RELEASE && queue[m->lock].first == p)
			queue[m->lock].unclean = !m->clean || m->hi != place[p].hi;
		delete (p);
	}
	answer(m, PAWL_REMOTE_RELEASED);
}

void session_hear(struct message *m)
{
	if (m->ask == CONNECT && !m->late) {
		if (m->session == 0 || m->connection >= session[m->session].connection)
			welcome(m);
		return;
	}
	if (m->session == 0 || m->late || m->connection != session[m->session].connection)
		return; /* of a connection that was closed */
	if (session[m->session].expired) {
		answer(m, EXPIRED);
		return;
	}
	session[m->session].heard = service_now();
	if (m->ask == PING)
		answer(m, PONG);
	else if (m->ask == PAWL_REMOTE_ACQUIRE)
		acquire(m, place_of(m));
	else
		give_back(m, place_of(m));
}

uint32_t session_left(void)
{
	uint32_t n = 0;

	for (uint32_t l = 1; l <= sim.o.locks; l++)
		n += queue[l].first != 0;
	return n;
}
