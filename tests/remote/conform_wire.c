/* SPDX-License-Identifier: BSD-2-Clause */
/** conform_wire.c: what may happen between a host and its service, as cases (conform.h): the proxy's doing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conform_kit.h"

/* Longer than any request is under way by itself. */
#define DELAY (150 * NS_PER_MS)

static bool far_and_near(int64_t ttl_ns)
{
	return open_host(&far, ttl_ns) && open_host(&b, ttl_ns);
}

static bool was_cut(void)
{
	unsigned cuts = proxy_counts(&wire).cuts;

	rule((struct proxy_rules){ 0 });
	return cuts == 1;
}

/* ---- replies that are lost ---- */

static bool a_grant_whose_reply_is_lost_is_one_grant(void)
{
	pawl_remote_event_t e, next;

	CHECK(far_and_near(LONG));
	rule((struct proxy_rules){ .cut_at[TO_CLIENT] = 1 });
	e = acquire(&far, 1);
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(was_cut());
	CHECK(still_has(&far, 1, e.hi));
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(is_over(release(&far, 1, e.hi)));
	next = wait_grant(&b, 1).event;
	CHECK(next.what == PAWL_REMOTE_GRANTED && is_after(next.hi, e.hi));
	return true;
}

static bool a_release_whose_reply_is_lost_is_one_release(void)
{
	pawl_remote_event_t e, next;

	CHECK(far_and_near(LONG));
	e = acquire(&far, 1);
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	rule((struct proxy_rules){ .cut_at[TO_CLIENT] = 1 });
	CHECK(is_over(release(&far, 1, e.hi)));
	CHECK(was_cut());
	next = wait_grant(&b, 1).event;
	CHECK(next.what == PAWL_REMOTE_GRANTED && is_after(next.hi, e.hi));
	CHECK(is_over(release(&far, 1, e.hi)));
	CHECK(still_has(&b, 1, next.hi));
	return true;
}

/* One of each request there is, and a waiter whose turn it is in between. */
static bool a_round(void)
{
	pawl_remote_event_t e = acquire(&far, 1), next;

	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(&b, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(!renews() || ask(&far, PAWL_REMOTE_RENEW, 1, e.hi).hi == e.hi);
	CHECK(is_over(release(&far, 1, e.hi)));
	next = wait_grant(&b, 1).event;
	CHECK(next.what == PAWL_REMOTE_GRANTED && is_after(next.hi, e.hi));
	CHECK(acquire(&far, 2).what == PAWL_REMOTE_QUEUED);
	CHECK(is_over(ask(&far, PAWL_REMOTE_CANCEL, 2, 0).what));
	CHECK(acquire(&far, 3).what == PAWL_REMOTE_QUEUED);
	CHECK(still_has(&b, 1, next.hi));
	CHECK(is_over(release(&b, 1, next.hi)));
	e = wait_grant(&far, 3).event;
	CHECK(e.what == PAWL_REMOTE_GRANTED && is_after(e.hi, next.hi));
	CHECK(is_over(release(&far, 3, e.hi)));
	CHECK(acquire(&b, 2).what == PAWL_REMOTE_GRANTED);
	return is_over(release(&b, 2, 0));
}

/* Rounds with the connection cut at its first piece, its second, and so on, until one passes uncut. */
static bool a_round_may_be_cut_anywhere(void)
{
	unsigned cuts = 1;

	CHECK(far_and_near(LONG));
	for (unsigned at = 1; cuts; at++) {
		CHECK(at < 500);
		snprintf(case_lock, sizeof(case_lock), "cut-%u", at);
		rule((struct proxy_rules){ .cut_at_any = at });
		if (!a_round()) {
			tap_note("cut at piece %u", at);
			return false;
		}
		cuts = proxy_counts(&wire).cuts;
		if (!cuts)
			tap_note("a round has %u pieces", at - 1);
	}
	return true;
}

static bool a_reply_may_end_anywhere(void)
{
	CHECK(far_and_near(LONG));
	for (unsigned bytes = 1; bytes < 2000; bytes += bytes / 2 + 1) {
		snprintf(case_lock, sizeof(case_lock), "bytes-%u", bytes);
		rule((struct proxy_rules){ .cut_after = bytes });
		if (!a_round()) {
			tap_note("cut after %u bytes", bytes);
			return false;
		}
	}
	return true;
}

/* ---- late ones ---- */

/* Its connection is closed meanwhile, and its keeper another one, to whom the service is near. */
static bool a_request_that_comes_late_from_a_dead_keeper_does_nothing(void)
{
	pawl_remote_op_t op;
	pawl_remote_event_t e;

	CHECK(far_and_near(LONG));
	rule((struct proxy_rules){ .delay_ns[TO_SERVER] = 2 * DELAY });
	op = op_of(&far, PAWL_REMOTE_ACQUIRE, case_lock, 1, 0);
	CHECK(far.backend->submit(far.open, &op) == 0);
	for (int i = 0; i < 10; i++) /* it is written, and not there yet */
		pump();
	host_close(&far, false);
	far.config.url = target->url;
	CHECK(host_open(&far));
	e = acquire(&far, 1);
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(is_over(release(&far, 1, e.hi)));
	pump_until(pawl_remote_now() + 3 * DELAY);
	e = wait_grant(&b, 1).event;
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	pump_until(pawl_remote_now() + DELAY);
	CHECK(still_has(&b, 1, e.hi));
	return true;
}

static bool a_request_is_cancelled_while_it_is_under_way(void)
{
	pawl_remote_op_t op;
	pawl_remote_event_t e;

	CHECK(far_and_near(LONG));
	rule((struct proxy_rules){ .delay_ns = { DELAY / 3, DELAY / 3 } });
	op = op_of(&far, PAWL_REMOTE_ACQUIRE, case_lock, 1, 0);
	CHECK(far.backend->submit(far.open, &op) == 0);
	CHECK(is_over(ask(&far, PAWL_REMOTE_CANCEL, 1, 0).what));
	CHECK(is_over(ask(&far, PAWL_REMOTE_CANCEL, 1, 0).what));
	e = wait_grant(&b, 1).event;
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(&far, 1).what == PAWL_REMOTE_LOST);
	CHECK(still_has(&b, 1, e.hi));
	return true;
}

/* The grant is on its way when the cancel leaves. */
static bool a_request_is_cancelled_while_its_grant_is_under_way(void)
{
	pawl_remote_event_t e;

	CHECK(far_and_near(LONG) && open_host(&c, LONG));
	e = acquire(&b, 1);
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(&far, 1).what == PAWL_REMOTE_QUEUED);
	CHECK(acquire(&c, 1).what == PAWL_REMOTE_QUEUED);
	rule((struct proxy_rules){ .delay_ns[TO_CLIENT] = DELAY });
	CHECK(is_over(release(&b, 1, e.hi)));
	CHECK(is_over(ask(&far, PAWL_REMOTE_CANCEL, 1, 0).what));
	e = wait_grant(&c, 1).event;
	CHECK(e.what == PAWL_REMOTE_GRANTED);
	CHECK(acquire(&far, 1).what == PAWL_REMOTE_LOST);
	CHECK(still_has(&c, 1, e.hi));
	return true;
}

/* A grant counts from before its request left, however long the answer took; and is renewed in time. */
static bool a_slow_service_is_a_service(void)
{
	CHECK(open_host(&far, brief()) && open_host(&b, brief()));
	rule((struct proxy_rules){ .delay_ns = { DELAY / 2, DELAY / 2 } });
	CHECK(one_has_it(&far, &b));
	CHECK(held.deadline <= pawl_remote_deadline(pawl_remote_now() - DELAY, ttl_of(&far)));
	CHECK(let_pass(3 * brief()));
	CHECK(!held.over);
	CHECK(the_other_gets_it());
	CHECK(is_after(wanted.grant.event.hi, held.hi));
	return true;
}

/* ---- connections that are dead ---- */

static bool comes(const bool *up, bool wanted_up)
{
	int64_t end = pawl_remote_now() + PATIENCE;

	while (*up != wanted_up && pawl_remote_now() < end)
		pump();
	return *up == wanted_up;
}

/* Nothing is answered, and no connection is cut: it is for the host to find out. */
static bool a_silent_service_is_away(void)
{
	CHECK(far_and_near(brief()));
	CHECK(acquire(&far, 1).what == PAWL_REMOTE_GRANTED);
	rule((struct proxy_rules){ .swallow = { true, true } });
	CHECK(comes(&far.up, false));
	CHECK(strstr(far.why, wire.authority));
	rule((struct proxy_rules){ 0 });
	CHECK(comes(&far.up, true));
	CHECK(acquire(&far, 2).what != 0);
	return true;
}

static bool an_answer_that_does_not_come_is_no_answer(void)
{
	pawl_remote_op_t op;
	int64_t end = pawl_remote_now() + PATIENCE;
	bool told = false;

	CHECK(far_and_near(brief()));
	rule((struct proxy_rules){ .swallow[TO_CLIENT] = true });
	op = op_of(&far, PAWL_REMOTE_ACQUIRE, case_lock, 1, 0);
	CHECK(far.backend->submit(far.open, &op) == 0);
	while (!told && pawl_remote_now() < end) {
		pump();
		told = host_take(&far, PAWL_REMOTE_UNKNOWN, case_lock, 1) || !far.up;
		CHECK(!host_take(&far, PAWL_REMOTE_GRANTED, case_lock, 1));
	}
	CHECK(told);
	rule((struct proxy_rules){ 0 });
	CHECK(acquire(&far, 1).what == PAWL_REMOTE_GRANTED);
	return true;
}

static bool a_service_that_refuses_is_away(void)
{
	pawl_remote_op_t op;
	int rc;

	CHECK(far_and_near(LONG));
	rule((struct proxy_rules){ .refuse = true });
	CHECK(comes(&far.up, false));
	CHECK(strstr(far.why, wire.authority));
	op = op_of(&far, PAWL_REMOTE_ACQUIRE, case_lock, 1, 0);
	rc = far.backend->submit(far.open, &op);
	CHECK(rc == 0 || rc == ENOTCONN);
	pump_until(pawl_remote_now() + DELAY);
	rule((struct proxy_rules){ 0 });
	CHECK(comes(&far.up, true));
	CHECK(acquire(&far, 1).what == PAWL_REMOTE_GRANTED);
	return true;
}

/* A keeper begins before its service does. */
static bool a_service_may_come_later(void)
{
	int64_t end = pawl_remote_now() + PATIENCE;

	CHECK(open_host(&far, LONG));
	host_close(&far, true);
	rule((struct proxy_rules){ .refuse = true });
	far.why[0] = '\0';
	far.wake = a.wake = -1;
	CHECK(far.backend->open(&far.config, &far.open, &far.flags, far.reason, sizeof(far.reason)) == 0);
	while (!far.why[0] && pawl_remote_now() < end)
		pump();
	CHECK(!far.up || far.why[0]);
	CHECK(strstr(far.why, wire.authority));
	rule((struct proxy_rules){ 0 });
	CHECK(comes(&far.up, true));
	CHECK(acquire(&far, 1).what == PAWL_REMOTE_GRANTED);
	return true;
}

const struct conform_case conform_wire[] = {
	{ "lost-reply", a_grant_whose_reply_is_lost_is_one_grant,
		"a grant whose reply is lost is one grant when it is asked for again" },
	{ "lost-release", a_release_whose_reply_is_lost_is_one_release, "a release whose reply is lost is one release" },
	{ "cut", a_round_may_be_cut_anywhere,
		"the connection is cut at each request and each reply: no double owner, nothing is left over" },
	{ "cut-short", a_reply_may_end_anywhere, "a reply may end after any byte" },
	{ "late", a_request_that_comes_late_from_a_dead_keeper_does_nothing,
		"a request that comes late, from the closed connection of the last keeper, does nothing" },
	{ "cancel-way", a_request_is_cancelled_while_it_is_under_way, "a request is cancelled while it is under way" },
	{ "cancel-grant", a_request_is_cancelled_while_its_grant_is_under_way,
		"a request is cancelled while its grant is under way" },
	{ "slow", a_slow_service_is_a_service,
		"a slow service: deadlines count from before the request, leases are renewed in time" },
	{ "half-open", a_silent_service_is_away, "a connection that is half open is found to be, and made anew" },
	{ "no-answer", an_answer_that_does_not_come_is_no_answer, "an answer that does not come is said to be unknown" },
	{ "refused", a_service_that_refuses_is_away, "a service that refuses connections is away until it takes them" },
	{ "later", a_service_may_come_later, "a service may come up after its hosts" },
	{ NULL, NULL, NULL },
};
