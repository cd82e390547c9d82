/* SPDX-License-Identifier: BSD-2-Clause */
/** conform_crowd.c: many who wait for one lock, as a case (conform.h): a hand-off costs the server no more requests than among few. */
#include <stdio.h>
#include <string.h>

#include "conform_kit.h"

enum { FEW = 20, MANY = 1000, HANDOFFS = 15 };

static struct host *host_of(unsigned waiter)
{
	return waiter % 2 ? &a : &b;
}

static const char *place_of(unsigned waiter)
{
	static char text[8];

	snprintf(text, sizeof(text), "%x", waiter);
	return text;
}

static bool queue_up(unsigned waiter)
{
	struct host *h = host_of(waiter);
	pawl_remote_event_t e;

	h->place = place_of(waiter);
	e = acquire(h, 1);
	CHECK(e.what == (waiter == 1 ? PAWL_REMOTE_GRANTED : PAWL_REMOTE_QUEUED));
	held.hi = waiter == 1 ? e.hi : held.hi;
	return true;
}

static bool hand_on(unsigned waiter)
{
	struct host *h = host_of(waiter), *next = host_of(waiter + 1);
	int64_t end = pawl_remote_now() + PATIENCE;
	const struct host_event *e;

	h->place = place_of(waiter);
	CHECK(is_over(release(h, 1, held.hi)));
	while (!(e = host_take(next, PAWL_REMOTE_GRANTED, case_lock, 1)) && pawl_remote_now() < end)
		pump();
	CHECK(e);
	CHECK(strcmp(e->place, place_of(waiter + 1)) == 0);
	CHECK(is_after(e->event.hi, held.hi));
	held.hi = e->event.hi;
	return true;
}

/* Requests for each hand-off among so many; 0: something went wrong. */
static double cost_among(unsigned crowd)
{
	unsigned long before;

	snprintf(case_lock, sizeof(case_lock), "crowd-%u", crowd);
	for (unsigned i = 1; i <= crowd; i++)
		if (!queue_up(i))
			return 0;
	pump_until(pawl_remote_now() + 300 * NS_PER_MS); /* what they are told meanwhile is not counted */
	before = server_count(target->server);
	for (unsigned i = 1; i <= HANDOFFS; i++)
		if (!hand_on(i))
			return 0;
	return (double)(server_count(target->server) - before) / HANDOFFS;
}

static bool a_crowd_is_no_herd(void)
{
	double few, many;

	CHECK(open_host(&a, LONG) && open_host(&b, LONG));
	few = cost_among(FEW);
	CHECK(few > 0);
	many = cost_among(MANY);
	CHECK(many > 0);
	tap_note("requests for each hand-off: %.1f among %d, %.1f among %d", few, FEW, many, MANY);
	CHECK(many <= 2 * few + 5);
	return true;
}

const struct conform_case conform_crowd[] = {
	{ "herd", a_crowd_is_no_herd, "a thousand wait: a hand-off costs the server no more requests than among twenty" },
	{ NULL, NULL, NULL },
};
