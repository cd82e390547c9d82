/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_zookeeper.c: the ZooKeeper backend keeps the rules of pawl/remote.h, with a real server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "remote/registry.h"

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "conform.h"
#include "server.h"

#define BRIEF (400 * NS_PER_MS)

static struct server server;

static void end_server(void)
{
	server_end(&server);
}

int main(void)
{
	const pawl_backend_t *zk;
	char url[100], dir[PATH_MAX] = "", *end;

	watchdog(240);
	if (readlink("/proc/self/exe", dir, sizeof(dir) - 32) > 0 && (end = strstr(dir, "/tests/remote/"))) {
		strcpy(end, "/backends");
		setenv("PAWL_BACKEND_DIR", dir, 1);
	}
	atexit(end_server);
	if (!tap_ok(server_start(&server, "zookeeper", NULL), "a server"))
		return tap_done();
	snprintf(url, sizeof(url), "zk://%s", server.authority);
	if (!tap_ok(pawl__backend_find(url, &zk) == 0, "the backend is there"))
		return tap_done();
	conform_run(&(struct conform){ .backend = zk, .url = url, .ttl_ns = BRIEF });
	return tap_done();
}
