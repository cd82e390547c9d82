/* SPDX-License-Identifier: BSD-2-Clause */
/** conform_server.c: what may happen to the server itself, as cases (conform.h): it is stopped, killed, loses its data, or its clock
 * is set. One host has the lock, another waits, and gets it in the end: never before the first must have stopped believing in it.
 */
#include <stdio.h>

#include "conform_kit.h"

/* What a service that writes once a second has written by then. */
#define WRITTEN (1500 * NS_PER_MS)

static bool two_of_them(int64_t ttl_ns)
{
	return open_host(&a, ttl_ns) && open_host(&b, ttl_ns) && one_has_it(&a, &b);
}

/* With a time to live that is longer than a server needs to start again. */
static bool two_with_time(void)
{
	int64_t begin = now_ns();

	return fresh_server() && two_of_them(brief() + 3 * NS_PER_S + 3 * (now_ns() - begin));
}

static bool two_in_haste(void)
{
	return fresh_server() && two_of_them(brief());
}

static bool a_restart_keeps_leases(void)
{
	CHECK(two_with_time());
	CHECK(let_pass(WRITTEN));
	server_kill(target->server);
	CHECK(server_again(target->server));
	CHECK(has_settled());
	CHECK(!held.over);
	CHECK(the_other_gets_it());
	CHECK(is_after(wanted.grant.event.hi, held.hi));
	return true;
}

static bool a_short_stop_costs_nothing(void)
{
	CHECK(two_with_time());
	server_stop(target->server);
	CHECK(let_pass(ttl_of(&a) / 3));
	server_go_on(target->server);
	CHECK(has_settled());
	CHECK(!held.over);
	CHECK(the_other_gets_it());
	CHECK(is_after(wanted.grant.event.hi, held.hi));
	return true;
}

/* Nobody can renew: the owner finds out by its own clock. */
static bool a_long_stop_costs_the_lease(void)
{
	CHECK(two_in_haste());
	server_stop(target->server);
	CHECK(let_pass(brief() + brief() / 2));
	CHECK(held.over);
	server_go_on(target->server);
	CHECK(the_other_gets_it());
	CHECK(is_after(wanted.grant.event.hi, held.hi));
	return true;
}

/* And nobody knows that it has. */
static bool forgotten(void)
{
	server_kill(target->server);
	server_forget(target->server);
	return server_again(target->server);
}

/* It does not hear that anything has happened, and goes on to its deadline. */
static bool a_server_that_forgets_gives_nothing_away(void)
{
	CHECK(two_with_time());
	a.asleep = true;
	CHECK(forgotten());
	while (!held.over)
		CHECK(let_pass(NS_PER_MS));
	a.asleep = false;
	CHECK(the_other_gets_it());
	return true;
}

/* The host that asks has seen the last of them. */
static bool a_server_that_forgets_goes_on_with_larger_tokens(void)
{
	pawl_remote_op_t op;
	pawl_remote_event_t e;

	CHECK(fresh_server() && open_host(&a, brief()));
	for (uint64_t req = 1; req <= 5; req++) {
		e = acquire(&a, req);
		CHECK(e.what == PAWL_REMOTE_GRANTED && is_over(release(&a, req, e.hi)));
	}
	CHECK(a.flags & PAWL_REMOTE_FENCES);
	CHECK(forgotten());
	op = op_of(&a, PAWL_REMOTE_ACQUIRE, case_lock, 6, 0);
	op.floor = e.hi;
	CHECK(ask_op(&a, op).what == PAWL_REMOTE_GRANTED);
	e = acquire(&a, 6);
	CHECK(e.what == PAWL_REMOTE_GRANTED && e.hi > op.floor);
	return true;
}

static bool a_clock_that_is_set_ends_no_lease(void)
{
	bool good;

	server_kill(target->server);
	target->server->own_clock = true;
	server_set_clock(target->server, 0);
	good = two_with_time();
	target->server->own_clock = false;
	CHECK(good && server_has_own_clock(target->server));
	a.asleep = true;
	server_set_clock(target->server, 3600);
	while (!held.over)
		CHECK(let_pass(NS_PER_MS));
	a.asleep = false;
	server_set_clock(target->server, -3600);
	CHECK(the_other_gets_it());
	CHECK(is_after(wanted.grant.event.hi, held.hi));
	return true;
}

const struct conform_case conform_server[] = {
	{ "restart", a_restart_keeps_leases, "the server is restarted: the lease goes on, and so does the queue" },
	{ "stop-short", a_short_stop_costs_nothing, "the server is stopped for less than a time to live: the lease goes on" },
	{ "stop-long", a_long_stop_costs_the_lease,
		"the server is stopped for longer: the lease is over by its owner's clock, and then the next one's" },
	{ "forgets", a_server_that_forgets_gives_nothing_away,
		"the server loses its data: no lease is granted before those it forgot are over" },
	{ "forgets-tokens", a_server_that_forgets_goes_on_with_larger_tokens,
		"and tokens still grow, for whoever has seen the last" },
	{ "clock", a_clock_that_is_set_ends_no_lease,
		"the server's wall clock is set an hour on: no lease ends before its deadline" },
	{ NULL, NULL, NULL },
};
