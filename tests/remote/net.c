/* SPDX-License-Identifier: BSD-2-Clause */
/** net.c: namespaces and pairs of virtual devices, by ip(8) (net.h). All are gone with the last process that is in them. */
#include "net.h"

#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../lib/harness.h"

enum { MOST = 4 };

static int homes[MOST]; /* descriptors of the hosts' namespaces */

__attribute__((format(printf, 1, 2))) static bool ip(const char *format, ...)
{
	char command[256] = "ip ";
	va_list args;

	va_start(args, format);
	vsnprintf(command + 3, sizeof(command) - 16, format, args);
	va_end(args);
	return system(command) == 0;
}

/* What a host is made of: a namespace with one device, "wire", the other end of which is our "host0" and so on. */
static void be_host(void *ready)
{
	if (unshare(CLONE_NEWNET) == 0)
		word_bump(ready);
	pause();
}

static bool lay_wire(int h, pid_t there)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)there);
	homes[h] = open(path, O_RDONLY | O_CLOEXEC);
	return homes[h] >= 0 && ip("link add host%d type veth peer name wire netns %d", h, (int)there) &&
	       ip("addr add 10.78.%d.1/24 dev host%d", h, h) && ip("link set host%d up", h);
}

/* The rest is done from inside, and by a child: we stay where we are. */
static void settle(void *host)
{
	int h = *(int *)host;

	_exit(net_enter(h) && ip("link set lo up") && ip("addr add 10.78.%d.2/24 dev wire", h) && ip("link set wire up")
			? 0
			: 1);
}

static bool make_host(int h)
{
	uint32_t *ready = shared_alloc(sizeof(*ready));
	pid_t there = spawn(be_host, ready);
	bool good = word_wait(ready, 0, 5 * NS_PER_S) && lay_wire(h, there) && reap(spawn(settle, &h)) == 0;

	kill_child(there); /* our descriptor keeps its namespace */
	return good;
}

bool net_begin(int n)
{
	bool good = geteuid() == 0 && unshare(CLONE_NEWNET) == 0 && ip("link set lo up");

	for (int h = 0; h < n && good; h++)
		good = make_host(h);
	return good;
}

bool net_enter(int h)
{
	return setns(homes[h], CLONE_NEWNET) == 0;
}

const char *net_address(int h)
{
	static char address[16];

	snprintf(address, sizeof(address), "10.78.%d.1", h);
	return address;
}

void net_plug(int h, bool in)
{
	if (!ip("link set host%d %s", h, in ? "up" : "down"))
		perror("ip");
}
