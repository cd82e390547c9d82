/* SPDX-License-Identifier: BSD-2-Clause */
/** history_search.c: a lock without tokens: is there an order of all that happened in which one had it at a time? (history.h)
 *
 * Each hold is two operations, an in and an out, which happened at one moment each, somewhere in an interval: the in between
 * asking and being granted, the out between the last moment at which the client surely believed in it and the end of its release.
 * What a dead client did last may have happened later, or never. A state of the search is how many operations of each client have
 * happened; who has the lock follows from it. From a state one goes on with any client's next operation that began before the first
 * end of all that are still to come. A state that has been seen is not entered again, so the work is bounded by the states, which
 * are few, since few can be inside at once.
 */
#include "history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct operation {
	int64_t from, to; /* to: INT64_MAX: or never */
	bool in;
};

struct client {
	uint32_t id;
	struct operation *at;
	uint32_t n, done;
};

struct search {
	struct client *clients;
	size_t n;
	struct operation *operations;
	size_t left;    /* operations that have happened in no order yet, of those that must have */
	size_t owner;   /* index, n: nobody */
	uint64_t state; /* the hash of all `done` */
	uint64_t *seen; /* hashes, open addressing */
	size_t seen_size, seen_n;
	uint32_t *path; /* whose operations happened, up to here */
	size_t depth;
	int64_t stuck; /* the latest time that no order has come past */
};

static void *get(size_t n, size_t size)
{
	void *memory = calloc(n + 1, size);

	if (!memory) {
		perror("history");
		exit(99);
	}
	return memory;
}

/* ---- what there is to be ordered ---- */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void add_client(struct search *s, const struct history_hold *h, struct operation *free_place)
{
	if (s->n == 0 || s->clients[s->n - 1].id != h->client)
		s->clients[s->n++] = (struct client){ .id = h->client, .at = free_place };
}

static void add_operation(struct search *s, struct operation o)
{
	struct client *c = &s->clients[s->n - 1];

	c->at[c->n++] = o;
	s->left += o.to != INT64_MAX;
}

static void add_holds(struct search *s, const struct history_holds *holds)
{
	for (size_t i = 0; i < holds->n; i++) {
		const struct history_hold *h = &holds->at[i];

		add_client(s, h, s->operations + 2 * i);
		add_operation(s, (struct operation){ h->asked, h->granted, true });
		add_operation(s, (struct operation){ later(h->asked, h->sure), h->over, false });
	}
	s->owner = s->n;
}

/* ---- states that have been seen ---- */

/* Of client and number; two states of one history have the same sum once in 2^64. */
static uint64_t mix(uint64_t client, uint64_t number)
{
	uint64_t x = (client + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (number + 1) * UINT64_C(0xd1b54a32d192ed03);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static bool put(uint64_t *table, size_t size, uint64_t state)
{
	size_t i = state & (size - 1);

	state += state == 0;
	while (table[i] && table[i] != state)
		i = (i + 1) & (size - 1);
	if (table[i])
		return false;
	table[i] = state;
	return true;
}

static void grow(struct search *s)
{
	uint64_t *old = s->seen;
	size_t size = s->seen_size;

	s->seen_size = size ? 2 * size : 1024;
	s->seen = get(s->seen_size, sizeof(*s->seen));
	for (size_t i = 0; i < size; i++)
		if (old[i])
			put(s->seen, s->seen_size, old[i]);
	free(old);
}

/* False: it has been here. */
static bool note_state(struct search *s)
{
	if (2 * s->seen_n >= s->seen_size)
		grow(s);
	if (!put(s->seen, s->seen_size, s->state))
		return false;
	s->seen_n++;
	return true;
}

/* ---- there and back ---- */

static void turn_owner(struct search *s, size_t c, bool in)
{
	s->owner = in ? c : s->n;
}

static void go(struct search *s, size_t c)
{
	struct client *client = &s->clients[c];
	const struct operation *o = &client->at[client->done];

	s->state += mix(c, client->done++);
	s->left -= o->to != INT64_MAX;
	turn_owner(s, c, o->in);
	s->path[s->depth++] = (uint32_t)c;
}

static size_t back(struct search *s)
{
	size_t c = s->path[--s->depth];
	struct client *client = &s->clients[c];
	const struct operation *o = &client->at[--client->done];

	s->state -= mix(c, client->done);
	s->left += o->to != INT64_MAX;
	turn_owner(s, c, !o->in);
	return c;
}

/* The first end of all that has not happened. */
static int64_t horizon(const struct search *s)
{
	int64_t end = INT64_MAX;

	for (const struct client *c = s->clients; c < s->clients + s->n; c++)
		if (c->done < c->n && c->at[c->done].to < end)
			end = c->at[c->done].to;
	return end;
}

/* Can that client's next operation be the next of all? */
static bool may_go(const struct search *s, size_t c, int64_t end)
{
	const struct client *client = &s->clients[c];
	const struct operation *o = &client->at[client->done];

	return client->done < client->n && o->from <= end && (o->in ? s->owner == s->n : s->owner == c);
}

/* Go on with one of the clients from `c` on, to a state that is new. */
static bool advance(struct search *s, size_t c)
{
	int64_t end = horizon(s);

	s->stuck = later(s->stuck, end == INT64_MAX ? 0 : end);
	for (; c < s->n; c++) {
		if (!may_go(s, c, end))
			continue;
		go(s, c);
		if (note_state(s))
			return true;
		back(s);
	}
	return false;
}

static bool find(struct search *s)
{
	size_t next = 0;

	while (s->left) {
		if (advance(s, next))
			next = 0;
		else if (s->depth)
			next = back(s) + 1;
		else
			return false;
	}
	return true;
}

void history_search(const struct history_holds *holds, struct history_verdict *v)
{
	struct search s = { .clients = get(holds->n, sizeof(*s.clients)),
		.operations = get(2 * holds->n, sizeof(*s.operations)),
		.path = get(2 * holds->n, sizeof(*s.path)) };

	add_holds(&s, holds);
	if (!find(&s))
		history_blame(v, HISTORY_OVERLAP,
			"no order of %zu holds of %zu clients has one inside at a time: none comes past %" PRId64,
			holds->n, s.n, s.stuck);
	free(s.clients);
	free(s.operations);
	free(s.path);
	free(s.seen);
}
