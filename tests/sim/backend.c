/* SPDX-License-Identifier: BSD-2-Clause */
/** backend.c: requests become messages, what comes back becomes events, and a connection is made again whenever it breaks. Alike
 * for both kinds of service, but for what a hint is answered with, and where deadlines come from.
 */
#include "backend.h"

#include "check.h"
#include "keeper.h"
#include "net.h"

static struct message new_message(uint32_t h, uint8_t ask)
{
	const struct host *host = &sim.host[h];

	return (struct message){ .ask = ask,
		.host = h,
		.token = host->token,
		.connection = host->connection,
		.run = host->run,
		.session = host->session,
		.ttl = sim.rules.ttl,
		.wait = sim.rules.ttl,
		.sent = host_now(host) };
}

bool backend_submit(uint32_t s, const pawl_remote_op_t *op)
{
	const struct slot *sl = &sim.slot[s];
	const struct host *h = &sim.host[sl->host];
	struct message m = new_message(sl->host, (uint8_t)op->kind);

	if (!h->up)
		return false;
	m.lock = sl->lock;
	m.req = op->req;
	m.hi = op->hi;
	m.floor = op->floor;
	m.clean = op->clean;
	m.hand = m.sent >= h->not_before;
	TRACE("host %u lock %u: submit %s req %llu hi %llu", sl->host, sl->lock,
		(const char *[]){ "", "ACQUIRE", "RELEASE", "RENEW", "CANCEL" }[op->kind], (unsigned long long)op->req,
		(unsigned long long)op->hi);
	net_request(&m);
	return true;
}

/* ---- connections ---- */

static void connect_again(uint32_t h, uint32_t b, uint64_t connection)
{
	const struct host *host = &sim.host[h];

	(void)b;
	if (host->kept && host->asked && host->connection == connection)
		backend_connect(h);
}

void backend_connect(uint32_t h)
{
	struct host *host = &sim.host[h];
	struct message m;

	host->connection++;
	host->asked = true;
	if (host->session_new && sim.o.plant != P_NEW_ONCE)
		host->session = 0;
	host->session_new = false;
	m = new_message(h, CONNECT);
	at(true_now + between(50 * MS, 150 * MS), connect_again, h, 0, host->connection);
	net_request(&m);
}

void backend_cut(uint32_t h)
{
	struct host *host = &sim.host[h];

	if (!host->kept || host->asked)
		return;
	host->up = false;
	host->connection++;
	if (has(F_CUT) && one_in(16))
		host->session = 0; /* a client that has to begin anew; to the service the old one lives on for a while */
	keeper_hear_session(h, PAWL_REMOTE_DOWN, 0);
	if (host->kept)
		backend_connect(h);
}

/* A session is kept alive by the keeper's pings. */
static void ping(uint32_t h, uint32_t b, uint64_t connection)
{
	struct host *host = &sim.host[h];
	struct message m;

	if (!host->kept || host->connection != connection)
		return;
	if (keeper_stalled(host)) {
		at(keeper_stalled(host), ping, h, b, connection);
		return;
	}
	m = new_message(h, PING);
	net_request(&m);
	at(true_now + sim.rules.ttl / 3, ping, h, b, connection);
}

static void be_alive(uint32_t h, int64_t until)
{
	struct host *host = &sim.host[h];

	if (host->session_deadline < until)
		host->session_deadline = until;
	keeper_hear_session(h, PAWL_REMOTE_ALIVE, host->session_deadline);
}

/* A session that not all seats have heard of, since the keeper died while it told them, is not taken up: some have asked in it
 * already, and the others may hold leases of the one before. The next keeper begins another. */
static void tell_seats(uint32_t h)
{
	struct host *host = &sim.host[h];

	keeper_hear_session(h, host->session_new ? PAWL_REMOTE_NEW : PAWL_REMOTE_UP, 0);
	if (host->kept)
		host->session_new = false;
}

static void be_welcome(const struct message *m)
{
	struct host *h = &sim.host[m->host];

	h->asked = false;
	h->up = true;
	h->run = m->run;
	h->not_before = sim.o.plant == P_NO_DELAY ? 0 : host_now(h) + m->delay;
	h->session = m->session;
	if (m->fresh) {
		h->session_new = true;
		h->session_deadline = 0;
	}
	TRACE("host %u: %s, not before +%lld", m->host, h->session_new ? "NEW" : "UP", (long long)m->delay);
	tell_seats(m->host);
	if (sim.o.mode == SESSION && h->kept && h->up) {
		at(true_now + sim.rules.ttl / 3, ping, m->host, 0, h->connection);
		be_alive(m->host, pawl_remote_deadline(m->sent, m->ttl));
	}
}

/* ---- what the service says ---- */

/* A hint that tells of a token which had not been given out when we were queued tells of a grant that came after that was asked
 * for: so long ago at the most, for as long as the hint says. */
static void believe(const struct message *hint, uint32_t s)
{
	const struct slot *sl = &sim.slot[s];
	pawl_remote_event_t e = { .what = PAWL_REMOTE_GRANTED,
		.req = hint->req,
		.hi = hint->hi,
		.contended = hint->contended,
		.owner_died = hint->died,
		.deadline_ns = pawl_remote_deadline(sl->queued_sent, hint->ttl) };

	if (sl->queued_req != hint->req || sl->queued_connection != sim.host[sl->host].connection ||
		(hint->hi <= sl->queued_hi && sim.o.plant != P_OLD_HINT) ||
		e.deadline_ns <= host_now(&sim.host[sl->host]) + 2 * sim.rules.min_use)
		return;
	TRACE("host %u lock %u: believes that it has req %llu hi %llu", hint->host, hint->lock,
		(unsigned long long)e.req, (unsigned long long)e.hi);
	keeper_hear(s, &e);
}

/* A hint is worth a question: RENEW where leases are renewed, else the request once more. Of a request that is still ours. */
static void ask_about(const struct message *hint, uint32_t s)
{
	const struct pawl__tenure *t = pawl__seat_tenure(&sim.slot[s].seat);
	struct message m = new_message(hint->host, sim.o.mode == SCRIPT ? PAWL_REMOTE_RENEW : PAWL_REMOTE_ACQUIRE);

	if (t->req != hint->req || (t->state != PAWL__T_ASKING && t->state != PAWL__T_QUEUED))
		return;
	m.lock = hint->lock;
	m.req = hint->req;
	m.hi = hint->hi;
	m.floor = t->floor;
	if (sim.o.mode == SCRIPT)
		believe(hint, s);
	m.confirms = pawl__seat_tenure(&sim.slot[s].seat)->state != PAWL__T_HELD;
	net_request(&m);
}

static int64_t granted_until(const struct message *m)
{
	const struct host *h = &sim.host[m->host];

	if (sim.o.mode == SESSION)
		return h->session_deadline;
	return pawl_remote_deadline(sim.o.plant == P_ARRIVAL ? host_now(h) : m->sent, m->ttl);
}

static void hear_of_lease(const struct message *m)
{
	uint32_t s = slot_of(m->host, m->lock);
	pawl_remote_event_t e = { .what = (pawl_remote_what_t)m->say,
		.req = m->req,
		.hi = m->hi,
		.hint_ns = m->hint,
		.contended = m->contended,
		.owner_died = m->died };

	if (m->say == PAWL_REMOTE_QUEUED && m->ask == PAWL_REMOTE_ACQUIRE) {
		sim.slot[s].queued_req = m->req;
		sim.slot[s].queued_hi = m->hi;
		sim.slot[s].queued_sent = m->sent;
		sim.slot[s].queued_connection = m->connection;
	}
	switch (m->say) {
	case YOURS:
		ask_about(m, s);
		return;
	case SOMEBODY:
		e.what = PAWL_REMOTE_CONTENDED;
		break;
	case PAWL_REMOTE_GRANTED:
		e.deadline_ns = granted_until(m);
		break;
	case PAWL_REMOTE_LOST:
		if (m->confirms) /* it was a hint, no more */
			return;
		break;
	default:
		break;
	}
	TRACE("host %u lock %u: hears %d req %llu hi %llu", m->host, m->lock, (int)e.what, (unsigned long long)e.req,
		(unsigned long long)e.hi);
	keeper_hear(s, &e);
}

void backend_hear(const struct message *m)
{
	switch (m->say) {
	case WELCOME:
		if (sim.host[m->host].asked)
			be_welcome(m);
		break;
	case PONG:
		be_alive(m->host, pawl_remote_deadline(m->sent, m->ttl));
		break;
	case EXPIRED:
		sim.host[m->host].session = 0;
		backend_cut(m->host);
		break;
	case PAWL_REMOTE_UNKNOWN:
		if (m->lock)
			hear_of_lease(m);
		if (m->ask != CONNECT && (m->reset || one_in(2)) && m->connection == sim.host[m->host].connection)
			backend_cut(m->host); /* whose replies nobody can tell apart any more */
		break;
	default:
		hear_of_lease(m);
		break;
	}
}
