/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_etcd_v3lock.c: the etcd backend keeps the rules of pawl/remote.h with protocol=v3lock, against the real server. */
#include <stdio.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "conform.h"
#include "etcd.h"

static const struct conform_exception v3lock[] = {
	{ "floor", CONFORM_DIFFERS, "a token is etcd's revision, which nobody can raise" },
	{ "forgets-tokens", CONFORM_DIFFERS, "a token is etcd's revision, which begins anew" },
	{ "clock", CONFORM_UNTESTED,
		"etcd asks the kernel for the time past the C library: its clock cannot be set for it alone" },
	{ "next-keeper", CONFORM_MAY, "the server takes its place from a caller whose connection ends" },
	{ "herd", CONFORM_UNTESTED, "the crowd is made of places" },
	{ "places", CONFORM_REFUSED, "the server gives a lease one place in a lock's queue" },
	{ 0 },
};

/* Whoever had the lock wants it back, and may take a while to be seen. */
static void who_waited_takes_turns(const struct server *s)
{
	struct host a, b;
	const struct host_event *e;
	pawl_remote_event_t had;
	uint64_t hi = 0;

	etcd_host(&a, etcd_url(s, "?protocol=v3lock"), ETCD_LONG, 1);
	etcd_host(&b, etcd_url(s, "?protocol=v3lock"), ETCD_LONG, 2);
	had = etcd_acquire(&a, "turns", 1);
	tap_ok(had.what == PAWL_REMOTE_GRANTED && !had.contended &&
			etcd_ask(&b, PAWL_REMOTE_ACQUIRE, "turns", 1, 0).what == PAWL_REMOTE_QUEUED,
		"one has the lock, which nobody else wants, until another comes");
	etcd_submit(&a, PAWL_REMOTE_RELEASE, "turns", 1, had.hi);
	if ((e = etcd_wait2(&b, &a, PAWL_REMOTE_GRANTED, "turns", 1)))
		hi = e->event.hi;
	tap_ok(e && e->event.contended, "who waited for it is to give it back soon, though nobody is seen to wait");
	etcd_ask(&b, PAWL_REMOTE_RELEASE, "turns", 1, hi);
	had = etcd_acquire(&b, "turns", 2);
	tap_ok(had.what == PAWL_REMOTE_GRANTED && !had.contended,
		"and may keep it the next time, when nobody has come");
	host_close(&a, true);
	host_close(&b, true);
}

int main(void)
{
	struct server s;
	struct conform target = {
		.column = "etcd v3lock", .backend = etcd_backend(), .server = &s, .ttl_ns = ETCD_BRIEF, .exceptions = v3lock
	};

	watchdog(290);
	if (!tap_ok(target.backend, "libpawl-etcd.so is there") ||
		!tap_ok(server_start(&s, "etcd", ETCD_UNSYNCED), "a server starts"))
		return tap_done();
	who_waited_takes_turns(&s);
	target.url = etcd_url(&s, "?protocol=v3lock");
	conform_run(&target);
	server_end(&s);
	return tap_done();
}
