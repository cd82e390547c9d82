/* SPDX-License-Identifier: BSD-2-Clause */
/** redis_plain.c: see redis_plain.h. Commands go inline, as by telnet. */
#include "redis_plain.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int plain_connect(int port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Without its end; "" when the connection is gone. */
static void read_line(int fd, char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && read(fd, line + n, 1) == 1 && line[n] != '\n')
		n++;
	line[n] = '\0';
}

int64_t plain_say(int fd, const char *format, ...)
{
	char text[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text) - 2, format, args);
	va_end(args);
	memcpy(text + n, "\r\n", 2);
	if (send(fd, text, (size_t)n + 2, MSG_NOSIGNAL) != n + 2)
		return INT64_MIN;
	read_line(fd, text, sizeof(text));
	if (*text == ':')
		return atoll(text + 1);
	if (*text == '$' && atoi(text + 1) >= 0) {
		read_line(fd, text, sizeof(text));
		return atoll(text);
	}
	return *text == '$' || *text == '+' ? 0 : INT64_MIN;
}

static int64_t wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool plain_setnx(int fd, const char *key, int64_t ttl_ms, int64_t *stamp)
{
	*stamp = wall_ms() + ttl_ms;
	if (plain_say(fd, "SETNX %s plain", key) != 1)
		return false;
	plain_say(fd, "PEXPIRE %s %lld", key, (long long)ttl_ms);
	return true;
}

bool plain_getset(int fd, const char *key, int64_t ttl_ms, int64_t *stamp)
{
	*stamp = wall_ms() + ttl_ms + 1;
	if (plain_say(fd, "SETNX %s %lld", key, (long long)*stamp) == 1)
		return true;
	if (plain_say(fd, "GET %s", key) >= wall_ms())
		return false;
	*stamp = wall_ms() + ttl_ms + 1;
	return plain_say(fd, "GETSET %s %lld", key, (long long)*stamp) < wall_ms();
}

void plain_delete(int fd, const char *key, int64_t stamp)
{
	if (wall_ms() < stamp)
		plain_say(fd, "DEL %s", key);
}
