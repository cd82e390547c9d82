/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_etcd.c: the etcd backend keeps the rules of pawl/remote.h with protocol=queue, against the real server. */
#include <stdio.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "conform.h"
#include "etcd.h"

static const struct conform_exception queue[] = {
	{ "floor", CONFORM_DIFFERS, "a token is etcd's revision, which nobody can raise" },
	{ "forgets-tokens", CONFORM_DIFFERS, "a token is etcd's revision, which begins anew" },
	{ "clock", CONFORM_UNTESTED,
		"etcd asks the kernel for the time past the C library: its clock cannot be set for it alone" },
	{ 0 },
};

int main(void)
{
	struct server s;
	struct conform target = {
		.column = "etcd queue", .backend = etcd_backend(), .server = &s, .ttl_ns = ETCD_BRIEF, .exceptions = queue
	};

	watchdog(290);
	if (!tap_ok(target.backend, "libpawl-etcd.so is there") ||
		!tap_ok(server_start(&s, "etcd", ETCD_UNSYNCED), "a server starts"))
		return tap_done();
	target.url = etcd_url(&s, "");
	conform_run(&target);
	server_end(&s);
	return tap_done();
}
