/* SPDX-License-Identifier: BSD-2-Clause */
/** proxy.c: the process in between (proxy.h): one loop over all its connections. Its parent speaks to it over a socket pair: rules
 * go in, the counts so far come back.
 */
#include "proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "port.h"

enum { LINKS = 256, ROOM = 65536 };

#define HELD INT64_MAX

struct piece {
	struct piece *next;
	int64_t due;
	size_t size, sent;
	char bytes[];
};

/* One way of a connection. */
struct lane {
	struct piece *first, **last;
	bool ended; /* nothing more comes in */
	bool over;  /* and nothing more goes out */
};

struct link {
	int fd[2]; /* where pieces of that way come from: the client's, the server's; -1: no such connection */
	struct lane lane[2];
	unsigned brought; /* bytes, to the client, since the rules were made */
};

struct message {
	bool is_rule;
	struct proxy_rules rules;
};

static int listener = -1, control, port, server_port;
static struct link links[LINKS];
static struct proxy_rules rules;
static struct proxy_counts counts;

/* ---- sockets ---- */

static struct sockaddr_in loopback(int at)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)at)
	};
}

static int listen_at(int at)
{
	struct sockaddr_in address = loopback(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 128) == 0)
		return fd;
	close(fd);
	return -1;
}

static int connect_to(int at)
{
	struct sockaddr_in address = loopback(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* ---- connections ---- */

static void drop(struct link *l)
{
	for (int way = 0; way < 2; way++) {
		for (struct piece *p = l->lane[way].first, *next; p; p = next) {
			next = p->next;
			free(p);
		}
		close(l->fd[way]);
		l->fd[way] = -1;
	}
}

static void cut(struct link *l)
{
	counts.cuts++;
	drop(l);
}

static void welcome(void)
{
	int yes = 1, client = accept4(listener, NULL, NULL, SOCK_CLOEXEC), server = connect_to(server_port);
	struct link *l = links;

	while (l < links + LINKS - 1 && l->fd[0] >= 0)
		l++;
	if (client < 0 || server < 0 || l->fd[0] >= 0) {
		close(client);
		close(server);
		return;
	}
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	*l = (struct link){ .fd = { client, server } };
	l->lane[0].last = &l->lane[0].first;
	l->lane[1].last = &l->lane[1].first;
	counts.connections++;
}

static bool is_cut_here(enum proxy_way way)
{
	unsigned any = ++counts.pieces[way] + counts.pieces[!way];

	return any == rules.cut_at_any || counts.pieces[way] == rules.cut_at[way];
}

static int64_t due(const char *bytes, size_t n, enum proxy_way way)
{
	if (way == TO_CLIENT || !*rules.hold || !memmem(bytes, n, rules.hold, strlen(rules.hold)))
		return now_ns() + rules.delay_ns[way];
	counts.held++;
	return HELD;
}

static void let_go(struct link *l)
{
	for (int way = 0; way < 2; way++)
		for (struct piece *p = l->lane[way].first; p; p = p->next)
			if (p->due == HELD)
				p->due = now_ns();
}

static void take_in(struct link *l, enum proxy_way way)
{
	static char bytes[ROOM];
	ssize_t n = recv(l->fd[way], bytes, sizeof(bytes), MSG_DONTWAIT);
	struct piece *p;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		l->lane[way].ended = true;
		return;
	}
	counts.bytes[way] += (unsigned long)n;
	if (is_cut_here(way)) {
		cut(l);
		return;
	}
	if (rules.swallow[way])
		return;
	p = malloc(sizeof(*p) + (size_t)n);
	*p = (struct piece){ .due = due(bytes, (size_t)n, way), .size = (size_t)n };
	memcpy(p->bytes, bytes, p->size);
	*l->lane[way].last = p;
	l->lane[way].last = &p->next;
}

/* True: the connection ends behind what may still go to the client. */
static bool ends_here(const struct link *l, enum proxy_way way, size_t *n)
{
	if (way == TO_SERVER || !rules.cut_after || counts.cuts || l->brought + *n < rules.cut_after)
		return false;
	*n = l->brought < rules.cut_after ? rules.cut_after - l->brought : 0; /* or it has, before that was the rule */
	return true;
}

static void pass_on(struct link *l, enum proxy_way way)
{
	struct lane *lane = &l->lane[way];
	struct piece *p = lane->first;
	size_t n = p->size - p->sent;
	bool ends = ends_here(l, way, &n);
	ssize_t sent = send(l->fd[!way], p->bytes + p->sent, n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && errno != EAGAIN)
		sent = (ssize_t)n; /* nobody reads it any more */
	if (sent > 0) {
		p->sent += (size_t)sent;
		l->brought += way == TO_CLIENT ? (unsigned)sent : 0;
	}
	if (ends && sent >= (ssize_t)n) {
		cut(l);
		return;
	}
	if (p->sent < p->size)
		return;
	lane->first = p->next;
	if (!lane->first)
		lane->last = &lane->first;
	free(p);
}

/* What came is on its way to the other side, and so is the news that nothing more comes, unless it is swallowed. */
static void go_on(struct link *l, enum proxy_way way)
{
	struct lane *lane = &l->lane[way];

	if (lane->first && lane->first->due <= now_ns())
		pass_on(l, way);
	if (l->fd[0] < 0 || lane->first || !lane->ended || lane->over || rules.swallow[way])
		return;
	lane->over = true;
	shutdown(l->fd[!way], SHUT_WR);
	if (l->lane[!way].over || way == TO_SERVER) /* a client that has closed reads no answers */
		drop(l);
}

/* ---- its parent ---- */

static void refuse(void)
{
	if (listener >= 0)
		close(listener);
	listener = -1;
	for (struct link *l = links; l < links + LINKS; l++)
		if (l->fd[0] >= 0)
			drop(l);
}

static void obey(void)
{
	struct message m;

	if (recv(control, &m, sizeof(m), 0) != sizeof(m))
		_exit(0);
	if (m.is_rule) {
		rules = m.rules;
		counts = (struct proxy_counts){ 0 };
		for (struct link *l = links; l < links + LINKS; l++) {
			l->brought = 0;
			if (l->fd[0] >= 0)
				let_go(l);
		}
		if (rules.refuse)
			refuse();
		while (listener < 0 && !rules.refuse)
			listener = listen_at(port);
	}
	send(control, &counts, sizeof(counts), MSG_NOSIGNAL);
}

/* ---- the loop ---- */

static int until_due(int least, const struct piece *p)
{
	int64_t left = p ? (p->due - now_ns() + NS_PER_MS - 1) / NS_PER_MS : 1000;

	return left < 0 ? 0 : left < least ? (int)left : least;
}

static bool is_due(const struct piece *p)
{
	return p && p->due <= now_ns();
}

static void turn(void)
{
	static struct pollfd fds[2 * LINKS + 2];
	int wait = 1000;

	fds[0] = (struct pollfd){ .fd = control, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (int i = 0; i < 2 * LINKS; i++) {
		const struct link *l = &links[i / 2];
		int way = i % 2;

		fds[i + 2] = (struct pollfd){ .fd = l->fd[way], .events = l->lane[way].ended ? 0 : POLLIN };
		if (l->fd[way] >= 0 && is_due(l->lane[!way].first))
			fds[i + 2].events |= POLLOUT;
		else if (l->fd[way] >= 0)
			wait = until_due(wait, l->lane[!way].first);
		if (!fds[i + 2].events) /* or its end would be told over and over */
			fds[i + 2].fd = -1;
	}
	poll(fds, 2 * LINKS + 2, wait);
	for (int i = 0; i < 2 * LINKS; i++) {
		struct link *l = &links[i / 2];

		if (l->fd[0] >= 0 && !l->lane[i % 2].ended && fds[i + 2].revents & ~POLLOUT)
			take_in(l, i % 2);
		if (l->fd[0] >= 0)
			go_on(l, i % 2);
	}
	if (fds[1].revents)
		welcome();
	if (fds[0].revents)
		obey();
}

static void run(void *unused)
{
	(void)unused;
	control = dup2(control, 4);
	listener = dup2(listener, 3);
	close_range(5, ~0u, 0); /* or connections of the test's would outlive their end */
	for (struct link *l = links; l < links + LINKS; l++)
		l->fd[0] = l->fd[1] = -1;
	for (;;)
		turn();
}

/* ---- from outside ---- */

bool proxy_start(struct proxy *p, int server)
{
	int pair[2], first;

	*p = (struct proxy){ .held = -1 };
	p->port = port_hold(&p->held);
	first = listen_at(p->port);
	listener = fcntl(first, F_DUPFD_CLOEXEC, 10);
	close(first);
	if (listener < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		tap_note("no proxy: %s", strerror(errno));
		return false;
	}
	server_port = server;
	port = p->port;
	control = fcntl(pair[1], F_DUPFD_CLOEXEC, 10);
	p->control = pair[0];
	snprintf(p->authority, sizeof(p->authority), "127.0.0.1:%d", port);
	p->pid = spawn(run, NULL);
	close(listener);
	close(pair[1]);
	close(control);
	return p->pid > 0;
}

static struct proxy_counts tell(const struct proxy *p, struct message m)
{
	struct proxy_counts answer = { 0 };

	if (send(p->control, &m, sizeof(m), MSG_NOSIGNAL) != sizeof(m) ||
		recv(p->control, &answer, sizeof(answer), 0) != sizeof(answer))
		tap_note("the proxy does not answer");
	return answer;
}

void proxy_rule(const struct proxy *p, struct proxy_rules r)
{
	tell(p, (struct message){ .is_rule = true, .rules = r });
}

struct proxy_counts proxy_counts(const struct proxy *p)
{
	return tell(p, (struct message){ .is_rule = false });
}

void proxy_end(struct proxy *p)
{
	if (p->pid > 0)
		kill_child(p->pid);
	if (p->pid > 0) {
		close(p->control);
		close(p->held);
	}
	*p = (struct proxy){ 0 };
}
