/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_proxy.c: the proxy (proxy.h) does to connections what it says: in front of a server that says each byte back. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "port.h"
#include "proxy.h"

enum { PATIENCE_MS = 20000, A_WHILE_MS = 100 };

static struct proxy proxy;
static unsigned *served; /* bytes that have come to the server */

/* ---- the server ---- */

static int bound(int *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 16) != 0)
		return -1;
	getsockname(fd, (struct sockaddr *)&at, &size);
	*port = ntohs(at.sin_port);
	return fd;
}

static void echo(struct pollfd *p)
{
	char bytes[4096];
	ssize_t n = read(p->fd, bytes, sizeof(bytes));

	if (n > 0)
		__atomic_fetch_add(served, (unsigned)n, __ATOMIC_SEQ_CST);
	if (n > 0 && send(p->fd, bytes, (size_t)n, MSG_NOSIGNAL) == n)
		return;
	close(p->fd);
	p->fd = -1;
}

static void serve(void *listener)
{
	struct pollfd p[64];
	int n = 1;

	p[0] = (struct pollfd){ .fd = *(int *)listener, .events = POLLIN };
	for (;;) {
		poll(p, (nfds_t)n, -1);
		for (int i = 1; i < n; i++)
			if (p[i].revents)
				echo(&p[i]);
		if (p[0].revents && n < 64)
			p[n++] = (struct pollfd){ .fd = accept(p[0].fd, NULL, NULL), .events = POLLIN };
	}
}

/* ---- its clients ---- */

static int client(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)proxy.port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool says(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* What comes back, up to so many bytes or the end: "" for a connection that was cut, NULL for one on which nothing comes. */
static const char *hears(int fd, size_t size, int patience_ms)
{
	static char bytes[4096];
	size_t n = 0;
	ssize_t more;

	while (n < size) {
		if (poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, patience_ms) != 1)
			return NULL;
		more = read(fd, bytes + n, size - n);
		if (more <= 0)
			break;
		n += (size_t)more;
	}
	bytes[n] = '\0';
	return bytes;
}

static bool echoes(int fd, const char *text)
{
	const char *back = says(fd, text) ? hears(fd, strlen(text), PATIENCE_MS) : NULL;

	return back && strcmp(back, text) == 0;
}

static bool is_cut(int fd)
{
	const char *back = hears(fd, 1, PATIENCE_MS);

	return back && !*back;
}

/* ---- each rule ---- */

static void passing(void)
{
	int one, two;
	struct proxy_counts n;

	proxy_rule(&proxy, (struct proxy_rules){ 0 });
	one = client();
	two = client();
	tap_ok(echoes(one, "hello") && echoes(two, "world") && echoes(one, "again"), "everything passes");
	n = proxy_counts(&proxy);
	tap_ok(n.pieces[TO_SERVER] == 3 && n.pieces[TO_CLIENT] == 3 && n.connections == 2 && n.cuts == 0,
		"and is counted");
	close(one);
	tap_ok(echoes(two, "still"), "one connection ends, another goes on");
	close(two);
}

static void delaying(void)
{
	int fd = client();
	int64_t before;

	proxy_rule(&proxy, (struct proxy_rules){ .delay_ns = { 40 * NS_PER_MS, 60 * NS_PER_MS } });
	before = now_ns();
	tap_ok(echoes(fd, "slow") && now_ns() - before >= 100 * NS_PER_MS, "a delay is one, each way");
	close(fd);
}

static void late(void)
{
	int fd = client();
	unsigned before = __atomic_load_n(served, __ATOMIC_SEQ_CST);
	int64_t end = now_ns() + PATIENCE_MS * NS_PER_MS;

	proxy_rule(&proxy, (struct proxy_rules){ .delay_ns[TO_SERVER] = 50 * NS_PER_MS });
	if (!says(fd, "posthumous"))
		tap_note("it was not sent");
	close(fd);
	while (__atomic_load_n(served, __ATOMIC_SEQ_CST) < before + 10 && now_ns() < end)
		nap_us(1000);
	tap_ok(now_ns() < end, "what was sent arrives, also when its connection is closed meanwhile");
}

/* By what is in a piece; what follows does not overtake it. */
static void holding_back(void)
{
	int one = client(), two = client();
	const char *back;

	proxy_rule(&proxy, (struct proxy_rules){ .hold = "wait" });
	tap_ok(says(one, "do wait a bit") && !hears(one, 1, A_WHILE_MS) && says(one, ", and so on") &&
			!hears(one, 1, A_WHILE_MS) && echoes(two, "pass") && proxy_counts(&proxy).held == 1,
		"a piece is held, and what follows it; another connection is not");
	proxy_rule(&proxy, (struct proxy_rules){ 0 });
	back = hears(one, 24, PATIENCE_MS);
	tap_ok(back && strcmp(back, "do wait a bit, and so on") == 0, "until there are other rules");
	close(one);
	close(two);
}

static void swallowing(void)
{
	int fd = client();
	unsigned before;

	proxy_rule(&proxy, (struct proxy_rules){ 0 });
	echoes(fd, "first");
	proxy_rule(&proxy, (struct proxy_rules){ .swallow[TO_CLIENT] = true });
	before = __atomic_load_n(served, __ATOMIC_SEQ_CST);
	says(fd, "question");
	tap_ok(!hears(fd, 1, A_WHILE_MS) && __atomic_load_n(served, __ATOMIC_SEQ_CST) == before + 8,
		"an answer is swallowed: the question has arrived, and nobody is told");
	proxy_rule(&proxy, (struct proxy_rules){ .swallow[TO_SERVER] = true });
	says(fd, "question");
	tap_ok(!hears(fd, 1, A_WHILE_MS) && __atomic_load_n(served, __ATOMIC_SEQ_CST) == before + 8, "or the question");
	close(fd);
}

static void cutting(void)
{
	int one, two;
	unsigned before = __atomic_load_n(served, __ATOMIC_SEQ_CST);
	const char *back;

	proxy_rule(&proxy, (struct proxy_rules){ .cut_at[TO_CLIENT] = 2 });
	one = client();
	two = client();
	tap_ok(echoes(one, "a") && says(two, "bc") && is_cut(two) && __atomic_load_n(served, __ATOMIC_SEQ_CST) == before + 3,
		"the connection of the second answer is cut: it was asked, and is not told");
	tap_ok(echoes(one, "d") && proxy_counts(&proxy).cuts == 1, "that one alone, and once");
	proxy_rule(&proxy, (struct proxy_rules){ .cut_at_any = 3 });
	close(two);
	two = client();
	tap_ok(echoes(one, "e") && says(one, "f") && is_cut(one) && __atomic_load_n(served, __ATOMIC_SEQ_CST) == before + 5,
		"or that of the third piece either way: a question that does not arrive");
	close(one);
	proxy_rule(&proxy, (struct proxy_rules){ 0 });
	echoes(two, "what was before");
	proxy_rule(&proxy, (struct proxy_rules){ .cut_after = 7 });
	back = echoes(two, "012") && says(two, "3456789") ? hears(two, 10, PATIENCE_MS) : NULL;
	tap_ok(back && strcmp(back, "3456") == 0, "or behind seven bytes");
	close(two);
}

/* By somebody who is given a port, or has one of his own. */
static bool can_be_taken(int port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool taken = bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;

	close(fd);
	return taken;
}

/* A server that is away: its port is its own. */
static void holding(void)
{
	int held, port = port_hold(&held);

	tap_ok(port && !can_be_taken(port), "a port that is held is nobody else's, though nobody listens");
	close(held);
	tap_ok(can_be_taken(port), "until it is let go");
}

static void refusing(void)
{
	int fd = client();

	proxy_rule(&proxy, (struct proxy_rules){ 0 });
	echoes(fd, "x");
	proxy_rule(&proxy, (struct proxy_rules){ .refuse = true });
	tap_ok(is_cut(fd) && client() < 0, "all is refused: connections are cut, and no new ones taken");
	tap_ok(!can_be_taken(proxy.port), "and nobody else gets its port meanwhile");
	close(fd);
	proxy_rule(&proxy, (struct proxy_rules){ 0 });
	fd = client();
	tap_ok(echoes(fd, "back"), "until they are");
	close(fd);
}

int main(void)
{
	int port = 0, listener;
	pid_t server;

	watchdog(120);
	served = shared_alloc(sizeof(*served));
	listener = bound(&port);
	server = spawn(serve, &listener);
	close(listener);
	if (tap_ok(proxy_start(&proxy, port), "it starts")) {
		passing();
		delaying();
		late();
		holding_back();
		swallowing();
		cutting();
		refusing();
		proxy_end(&proxy);
		tap_ok(client() < 0, "it ends");
		holding();
	}
	kill_child(server);
	return tap_done();
}
