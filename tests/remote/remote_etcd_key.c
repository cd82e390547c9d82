/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_etcd_key.c: the etcd backend keeps the rules of pawl/remote.h with protocol=key, against the real server. */
#include <stdio.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "conform.h"
#include "etcd.h"

#define NO_QUEUE "there is no queue: whoever is quickest when the key has gone has it"

static const struct conform_exception key[] = {
	{ "floor", CONFORM_DIFFERS, "a token is etcd's revision, which nobody can raise" },
	{ "forgets-tokens", CONFORM_DIFFERS, "a token is etcd's revision, which begins anew" },
	{ "clock", CONFORM_UNTESTED,
		"etcd asks the kernel for the time past the C library: its clock cannot be set for it alone" },
	{ "contended", CONFORM_REFUSED, "plain clients are not to be seen waiting: each lease is given back soon" },
	{ "order", CONFORM_MAY, NO_QUEUE },
	{ "new-place", CONFORM_MAY, NO_QUEUE },
	{ "next-keeper", CONFORM_MAY, NO_QUEUE },
	{ "larger", CONFORM_MAY, NO_QUEUE },
	{ "herd", CONFORM_UNTESTED, "it is one: all who watch the key try to put it; and the crowd is made of places" },
	{ "places", CONFORM_REFUSED, "the first of several places of a host is first only where there is a queue" },
	{ 0 },
};

int main(void)
{
	struct server s;
	struct conform target = {
		.column = "etcd key", .backend = etcd_backend(), .server = &s, .ttl_ns = ETCD_BRIEF, .exceptions = key
	};

	watchdog(290);
	if (!tap_ok(target.backend, "libpawl-etcd.so is there") ||
		!tap_ok(server_start(&s, "etcd", ETCD_UNSYNCED), "a server starts"))
		return tap_done();
	target.url = etcd_url(&s, "?protocol=key");
	conform_run(&target);
	server_end(&s);
	return tap_done();
}
