/* SPDX-License-Identifier: BSD-2-Clause */
/** redis_fake.c: see redis_fake.h. One thread, as many connections as come; commands are arrays of texts, whole or not. */
#include "redis_fake.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 16, ROOM = 1 << 16 };

struct client {
	int fd;
	size_t n;
	char said[ROOM];
};

static void say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return; /* it has gone */
}

/* What a real one answers; no boot is young. */
static const struct {
	const char *command, *answer;
} answers[] = {
	{ "AUTH", "+OK\r\n" },
	{ "SELECT", "+OK\r\n" },
	{ "CLIENT", ":7\r\n" },
	{ "SCRIPT", "$40\r\n0123456789012345678901234567890123456789\r\n" },
	{ "INFO", "$84\r\nrole:master\r\nrun_id:0123456789012345678901234567890123456789\r\nuptime_in_seconds:"
		  "99\r\n\r\n" },
	{ "EVAL", "*3\r\n:99999999\r\n:1\r\n$4\r\nr:-1\r\n" },
	{ "SUBSCRIBE", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n" },
	{ "PING", "+PONG\r\n" },
	{ "WAIT", ":0\r\n" },
};

static void answer(const struct redis_fake *f, int fd, const char *command, size_t n)
{
	if (!*f->to || (strlen(f->to) == n && strncmp(command, f->to, n) == 0)) {
		say(fd, f->payload);
		return;
	}
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		if (strlen(answers[i].command) == n && strncmp(command, answers[i].command, n) == 0)
			say(fd, answers[i].answer);
}

/* The length of the first command, 0 if it is not whole; its first word. */
static size_t read_command(const char *text, const char **word, size_t *length)
{
	const char *at = strchr(text, '\n');
	int words = atoi(text + 1);

	for (int i = 0; i < words && at; i++) {
		size_t n = strtoul(at + 2, NULL, 10);

		at = at[1] ? strchr(at + 1, '\n') : NULL;
		if (!at || strlen(at + 1) < n + 2)
			return 0;
		if (i == 0) {
			*word = at + 1;
			*length = n;
		}
		at += n + 2;
	}
	return at ? (size_t)(at + 1 - text) : 0;
}

static bool listen_to(const struct redis_fake *f, struct client *c)
{
	ssize_t more = read(c->fd, c->said + c->n, ROOM - 1 - c->n);
	const char *word = "";
	size_t used, length = 0;

	if (more <= 0)
		return false;
	c->n += (size_t)more;
	c->said[c->n] = '\0';
	while ((used = read_command(c->said, &word, &length)) > 0) {
		answer(f, c->fd, word, length);
		c->n -= used;
		memmove(c->said, c->said + used, c->n + 1);
	}
	return true;
}

static void *serve(void *arg)
{
	const struct redis_fake *f = arg;
	static struct client clients[CLIENTS];
	struct pollfd fds[2 + CLIENTS] = { { .fd = f->ended[0], .events = POLLIN }, { .fd = f->listener, .events = POLLIN } };

	for (int i = 0; i < CLIENTS; i++)
		fds[2 + i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	while (poll(fds, 2 + CLIENTS, -1) > 0 && !fds[0].revents)
		for (int i = 0; i < CLIENTS; i++) {
			struct pollfd *p = &fds[2 + i];

			if (p->fd < 0 && fds[1].revents) {
				p->fd = clients[i].fd = accept(f->listener, NULL, NULL);
				clients[i].n = 0;
				fds[1].revents = p->revents = 0;
			} else if (p->fd >= 0 && p->revents && !listen_to(f, &clients[i])) {
				close(p->fd);
				p->fd = -1;
			}
		}
	for (int i = 0; i < CLIENTS; i++)
		if (fds[2 + i].fd >= 0)
			close(fds[2 + i].fd);
	return NULL;
}

void redis_fake_start(struct redis_fake *f, const char *to, const char *payload)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);

	*f = (struct redis_fake){ .to = to, .payload = payload, .listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	if (bind(f->listener, (struct sockaddr *)&at, size) || listen(f->listener, CLIENTS) ||
		getsockname(f->listener, (struct sockaddr *)&at, &size) || pipe(f->ended) ||
		pthread_create(&f->thread, NULL, serve, f)) {
		perror("redis_fake");
		exit(2);
	}
	f->port = ntohs(at.sin_port);
}

void redis_fake_end(struct redis_fake *f)
{
	close(f->ended[1]);
	pthread_join(f->thread, NULL);
	close(f->ended[0]);
	close(f->listener);
}
