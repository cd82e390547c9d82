/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_zookeeper.c: the ZooKeeper backend keeps the rules of pawl/remote.h, against the real server. */
#include <signal.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "conform.h"
#include "zookeeper.h"

#define BRIEF (500 * NS_PER_MS)

static const struct conform_exception exceptions[] = {
	{ "floor", CONFORM_DIFFERS, "a czxid is what it is" },
	{ "forgets-tokens", CONFORM_DIFFERS, "czxids begin anew when the data of the servers is lost" },
	{ 0 },
};

int main(void)
{
	struct server s;
	struct conform target = {
		.column = "zookeeper", .backend = zookeeper_backend(), .ttl_ns = BRIEF, .exceptions = exceptions, .server = &s
	};

	watchdog(280);
	signal(SIGPIPE, SIG_IGN); /* as in the keeper's thread */
	if (!tap_ok(target.backend, "libpawl-zk.so is there") ||
		!tap_ok(server_start(&s, "zookeeper", ZOOKEEPER_UNSYNCED), "a server starts"))
		return tap_done();
	target.url = zookeeper_url(&s, "");
	conform_run(&target);
	server_end(&s);
	return tap_done();
}
