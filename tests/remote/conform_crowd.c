/* SPDX-License-Identifier: BSD-2-Clause */
/** conform_crowd.c: many who wait for one lock, as a case (conform.h): a hand-off costs the server no more requests than among few. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conform_kit.h"

enum { FEW = 20, MANY = 1000, AT_ONCE = 12, HANDOFFS = 15 };

static struct host *host_of(unsigned waiter)
{
	return waiter % 2 ? &a : &b;
}

static const char *place_of(unsigned waiter)
{
	static char text[16];

	snprintf(text, sizeof(text), "%x", waiter);
	return text;
}

static bool is_queued[MANY + 1];

static const struct host_event *hears(pawl_remote_what_t what, struct host **who)
{
	const struct host_event *e = host_take(*who = &a, what, case_lock, 1);

	return e ? e : host_take(*who = &b, what, case_lock, 1);
}

static void submit_all(unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++) {
		struct host *h = host_of(i);
		pawl_remote_op_t op;

		h->place = place_of(i);
		op = op_of(h, PAWL_REMOTE_ACQUIRE, case_lock, 1, 0);
		if (!is_queued[i])
			h->backend->submit(h->open, &op);
	}
}

static bool all_queued(unsigned first, unsigned last)
{
	const struct host_event *e;
	struct host *who;

	while ((e = hears(PAWL_REMOTE_QUEUED, &who)))
		is_queued[strtoul(e->place, NULL, 16)] = true;
	while (first <= last && is_queued[first])
		first++;
	return first > last;
}

/* These all ask at once, and once more where there was no answer. */
static bool queue_up(unsigned first, unsigned last)
{
	int64_t end = pawl_remote_now() + 2 * PATIENCE, again = 0;

	while (!all_queued(first, last) && pawl_remote_now() < end) {
		if (pawl_remote_now() >= again) {
			submit_all(first, last);
			again = pawl_remote_now() + PATIENCE / 6;
		}
		pump();
	}
	return all_queued(first, last);
}

/* A renewal says the same token once more, and may say so when it has been handed on. */
static const struct host_event *hears_of_another(struct host **owner)
{
	const struct host_event *e;

	do
		e = hears(PAWL_REMOTE_GRANTED, owner);
	while (e && held.hi && e->event.hi <= held.hi);
	return e;
}

/* Whoever has it gives it to whoever is next. */
static bool hand_on(struct host **owner, char place[8])
{
	int64_t end = pawl_remote_now() + PATIENCE;
	const struct host_event *e;

	(*owner)->place = place;
	CHECK(is_over(release(*owner, 1, held.hi)));
	while (!(e = hears_of_another(owner)) && pawl_remote_now() < end)
		pump();
	CHECK(e);
	CHECK(is_after(e->event.hi, held.hi));
	held.hi = e->event.hi;
	strcpy(place, e->place);
	return true;
}

/* Requests for each hand-off among so many; 0: something went wrong. */
static double cost_among(unsigned crowd)
{
	struct host *owner = host_of(1);
	char place[8];
	unsigned long before;

	snprintf(case_lock, sizeof(case_lock), "crowd-%u", crowd);
	strcpy(place, place_of(1));
	owner->place = place;
	held.hi = acquire(owner, 1).hi;
	memset(is_queued, 0, sizeof(is_queued));
	for (unsigned i = 2; i <= crowd; i += AT_ONCE)
		if (!queue_up(i, i + AT_ONCE - 1 < crowd ? i + AT_ONCE - 1 : crowd))
			return 0;
	pump_until(pawl_remote_now() + 300 * NS_PER_MS); /* what they are told meanwhile is not counted */
	before = server_count(target->server);
	for (unsigned i = 1; i <= HANDOFFS; i++)
		if (!hand_on(&owner, place))
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
