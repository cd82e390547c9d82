/* SPDX-License-Identifier: BSD-2-Clause */
/** server.h: the real lock services, each started on loopback for a test, with a folder and ports of its own, and gone when the test
 * is, however that ends.
 */
#ifndef PAWL_TESTS_SERVER_H
#define PAWL_TESTS_SERVER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct server {
	const struct server_kind *kind;
	char dir[64];       /* its data; below it data/, log, and what it needs of its own */
	char authority[32]; /* 127.0.0.1:PORT */
	int port, peer_port;
	int held[2];         /* sockets that keep these for it, also while it is away */
	const char *options; /* more of them for its command line, or lines for its file; NULL. Kept */
	pid_t pid;           /* 0: it is not running */
	bool own_clock;      /* of its next start: a wall clock for itself alone */
};

/** Start one, "redis", "etcd" or "zookeeper", and wait until it answers. False, and a note says why: it is not installed, or it
 * ended, and the end of its log. `options` as above. */
bool server_start(struct server *s, const char *kind, const char *options);
/** Start it again, with the data it had; on the same port. */
bool server_again(struct server *s);
/** The same in steps, for servers that need each other: a folder and ports; beginning; until it answers. */
bool server_make(struct server *s, const char *kind, const char *options);
void server_launch(struct server *s);
bool server_wait(struct server *s);
/** SIGKILL, SIGSTOP, SIGCONT. */
void server_kill(struct server *s);
void server_stop(struct server *s);
void server_go_on(struct server *s);
/** Remove its data, while it is not running. */
void server_forget(struct server *s);
/** Set its wall clock, if it was started with one of its own, so many seconds off ours. */
void server_set_clock(struct server *s, int64_t seconds);
/** Does it look at that clock? */
bool server_has_own_clock(const struct server *s);
/** How many requests it has worked on; 0: it does not say. */
unsigned long server_count(const struct server *s);
/** Kill it, remove its folder. */
void server_end(struct server *s);

/** Run a shell command in which $PORT is its port; what that prints, without the last newline, good until the next call. */
const char *server_ask(const struct server *s, const char *command);

#endif
