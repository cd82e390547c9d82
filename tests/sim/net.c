/* SPDX-License-Identifier: BSD-2-Clause */
/** net.c: what becomes of a message: it takes its time, in order within its lane of a connection; it may be lost, and then the one
 * who waits for the answer learns nothing; a request may come twice, an answer too.
 */
#include "net.h"

#include <stdlib.h>

#include "check.h"
#include "keeper.h"

enum lane { REQUESTS, REPLIES, HINTS };

static struct message *pool;
static uint32_t room, unused; /* the first one that is free; its `req` is the next */

void net_reset(void)
{
	unused = 0;
	for (uint32_t i = room; i > 0; i--) {
		pool[i - 1].req = unused;
		unused = i;
	}
}

static uint32_t keep(const struct message *m)
{
	uint32_t i;

	if (!unused) {
		uint32_t was = room;

		room = room ? 2 * room : 256;
		pool = realloc(pool, room * sizeof(*pool));
		if (!pool) {
			perror("sim");
			exit(2);
		}
		for (i = room; i > was; i--) {
			pool[i - 1].req = unused;
			unused = i;
		}
	}
	i = unused;
	unused = (uint32_t)pool[i - 1].req;
	pool[i - 1] = *m;
	return i;
}

static struct message drop(uint32_t i)
{
	struct message m = pool[i - 1];

	pool[i - 1].req = unused;
	unused = i;
	return m;
}

/* ---- on the way ---- */

static void reach_service(uint32_t i, uint32_t b, uint64_t c)
{
	struct message m = drop(i);

	(void)b;
	(void)c;
	service_hear(&m);
}

static void reach_host(uint32_t i, uint32_t b, uint64_t c)
{
	const struct host *h = &sim.host[pool[i - 1].host];
	struct message m;

	if (h->token == pool[i - 1].token && keeper_stalled(h)) {
		at(keeper_stalled(h), reach_host, i, b, c);
		return;
	}
	m = drop(i);
	if (h->kept && h->token == m.token && h->connection == m.connection)
		backend_hear(&m);
}

/* A line may also stand still for a while, and lose nothing. */
static int64_t delay(void)
{
	if (has(F_TAIL) && sim.healed_at == 0 && one_in(300))
		return between(0, 2 * sim.rules.ttl);
	return has(F_TAIL) && one_in(64) ? between(MS, 60 * MS) : between(50 * US, 400 * US);
}

static int64_t arrival(struct host *h, enum lane lane)
{
	int64_t when = true_now + delay();

	h->sent[lane] = when > h->sent[lane] ? when : h->sent[lane];
	return h->sent[lane];
}

/* Who asked waits for its time-out. */
static void lose(const struct message *m)
{
	struct message unknown = *m;

	if (m->late)
		return;
	unknown.say = PAWL_REMOTE_UNKNOWN;
	at(true_now + between(100 * MS, 200 * MS), reach_host, keep(&unknown), 0, 0);
}

void net_request(const struct message *m)
{
	struct host *h = &sim.host[m->host];

	counts.messages++;
	counts.requests++;
	if (has(F_DUP) && one_in(20)) {
		struct message copy = *m;

		copy.late = true;
		at(true_now + between(0, 80 * MS), reach_service, keep(&copy), 0, 0);
	}
	if (h->cut_out || (has(F_LOSS) && one_in(50)))
		lose(m);
	else
		at(arrival(h, REQUESTS), reach_service, keep(m), 0, 0);
}

void net_reply(const struct message *m)
{
	struct host *h = &sim.host[m->host];

	counts.messages++;
	if (m->late)
		return;
	if (has(F_DUP) && one_in(40)) /* a backend may say things twice, too; but not of a connection that it has given up */
		at(true_now + between(0, 80 * MS), reach_host, keep(m), 0, 0);
	if (h->cut_in || (has(F_LOSS) && one_in(50)))
		lose(m);
	else
		at(arrival(h, REPLIES), reach_host, keep(m), 0, 0);
}

/* What is as sure as replies are is not lost alone: the connection breaks. */
static void lose_hint(const struct message *m)
{
	struct message broken = *m;

	broken.lock = 0;
	broken.reset = true;
	lose(&broken);
}

void net_hint(const struct message *m, bool ordered)
{
	struct host *h = &sim.host[m->host];

	counts.messages++;
	if (h->cut_in && ordered)
		lose_hint(m);
	else if (!h->cut_in && (ordered || !has(F_HINT) || !one_in(10)))
		at(arrival(h, ordered ? REPLIES : HINTS), reach_host, keep(m), 0, 0);
}
