/* SPDX-License-Identifier: BSD-2-Clause */
/** record.c: a counter and an array (record.h). A place that was taken and never filled in stays HISTORY_NOTHING. */
#include "record.h"

#include "../lib/kids.h"

static struct shared {
	uint64_t taken;
	uint32_t clients;
	struct history_event events[];
} * shared;
static size_t most;
static __thread uint32_t me, my_host;

void record_new(size_t how_many)
{
	most = how_many;
	shared = kids_map(sizeof(*shared) + most * sizeof(*shared->events));
}

void record_end(void)
{
	kids_unmap(shared, sizeof(*shared) + most * sizeof(*shared->events));
	shared = NULL;
}

uint32_t record_client(uint32_t host)
{
	my_host = host;
	me = PAWL_FETCH_ADD(&shared->clients, 1u, RELAXED) + 1; /* relaxed: a number, nothing else */
	return me;
}

static void add(struct history_event e)
{
	uint32_t what = e.what;
	uint64_t i = PAWL_FETCH_ADD(&shared->taken, 1u, RELAXED); /* relaxed: the place alone; RC1 gives away what is in it */

	if (i >= most)
		return;
	e.what = HISTORY_NOTHING;
	shared->events[i] = e;
	PAWL_STORE(&shared->events[i].what, what, RELEASE); /* RC1 release: pairs with RC2: the event is whole */
}

void record(unsigned lock, enum history_what what, pawl_fence_t token, bool owner_died)
{
	add((struct history_event){ .at = kids_now_ns(),
		.token = token,
		.client = me,
		.host = my_host,
		.lock = (uint16_t)lock,
		.owner_died = owner_died,
		.what = what });
}

void record_at(int64_t at, unsigned lock, enum history_what what)
{
	add((struct history_event){ .at = at, .client = me, .host = my_host, .lock = (uint16_t)lock, .what = what });
}

void record_death(uint32_t client)
{
	add((struct history_event){ .at = kids_now_ns(), .client = client, .what = HISTORY_DIED });
}

bool record_has_room(void)
{
	return PAWL_LOAD(&shared->taken, RELAXED) < most / 10 * 9; /* relaxed: about */
}

bool record_all(const struct history_event **events, size_t *n)
{
	uint64_t taken = PAWL_LOAD(&shared->taken, RELAXED); /* relaxed: who wrote has ended, or is read by RC2 */

	*n = taken < most ? taken : most;
	for (size_t i = 0; i < *n; i++)
		PAWL_LOAD(&shared->events[i].what, ACQUIRE); /* RC2 acquire: pairs with RC1 */
	*events = shared->events;
	return taken <= most;
}
