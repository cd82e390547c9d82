/* SPDX-License-Identifier: BSD-2-Clause */
/** turn.c: a turn of poll(): the client library is asked what it waits for, that and the bell are waited for, and it is let work. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "backends/zookeeper/zk.h"

#define MOST_READS     256 /* messages, before others have a turn */
#define LEAST_PATIENCE (500 * ZK_MS)
#define MOST_PATIENCE  (4000 * ZK_MS)

/* A server that has only just begun may take a connection and forget to answer. Longer each time: it may be a slow one. */
static bool is_mute(const struct zk *z)
{
	int64_t patience = z->config->ttl_ns / 6;

	patience = patience < LEAST_PATIENCE ? LEAST_PATIENCE : patience > MOST_PATIENCE ? MOST_PATIENCE : patience;
	return z->fd >= 0 && !z->live && pawl_remote_now() - z->tried_at > patience * (1 + z->mutes);
}

/* What the last call has come to. */
static void look_after(struct zk *z, int rc, int error)
{
	int state = zoo_state(z->handle);

	if (state == ZOO_EXPIRED_SESSION_STATE) {
		zk_session_expired(z);
	} else if (state == ZOO_AUTH_FAILED_STATE) {
		zk_lose(z, "%s: it refuses this user: check user and password in the URL", z->where);
	} else if (z->live && state != ZOO_CONNECTED_STATE) {
		zk_is_void(z, rc == ZOPERATIONTIMEOUT ? rc : ZCONNECTIONLOSS);
	} else if (!z->live && state == ZOO_CONNECTED_STATE) {
		zk_session_live(z);
	} else if (!z->live && rc < 0 && rc != ZNOTHING) {
		zk_session_refused(z, error == EHOSTDOWN ? "it closes the connection"
				      : error            ? strerror(error)
							 : zerror(rc));
	} else if (is_mute(z)) {
		z->mutes++;
		zk_lose(z, "%s: it takes the connection and does not answer: is it ZooKeeper, serving?", z->where);
	}
	if (z->lost && z->handle)
		zk_session_give_up(z);
}

static bool is_asking(const struct zk *z)
{
	int state = zoo_state(z->handle);

	return state == ZOO_ASSOCIATING_STATE || state == ZOO_CONNECTED_STATE;
}

/* A call of the library, which may be the one that asks for the session: leases count from before it. */
static void call(struct zk *z, int (*what)(struct zk *, void *), void *arg)
{
	int rc;

	if (!is_asking(z))
		z->since_asked = pawl_remote_now();
	errno = 0;
	rc = what(z, arg);
	look_after(z, rc, errno);
}

struct wish {
	struct pollfd *poll;
	int64_t end;
};

static int ask_interest(struct zk *z, void *arg)
{
	struct wish *w = arg;
	struct timeval tv = { 0 };
	bool had = z->fd >= 0;
	int interest = 0, rc = zookeeper_interest(z->handle, &z->fd, &interest, &tv);
	int64_t end = pawl_remote_now() + (tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1) * ZK_MS;

	if (rc != ZOK || z->fd < 0) {
		z->fd = -1;
		return rc;
	}
	if (!had) {
		z->tried_at = pawl_remote_now();
		fcntl(z->fd, F_SETFD, FD_CLOEXEC); /* Debian's library does not */
	}
	w->poll->fd = z->fd;
	w->poll->events = (short)((interest & ZOOKEEPER_READ ? POLLIN : 0) | (interest & ZOOKEEPER_WRITE ? POLLOUT : 0));
	if (end < w->end)
		w->end = end;
	return ZOK;
}

static int process(struct zk *z, void *arg)
{
	const struct pollfd *p = arg;
	int events = (p->revents & (POLLIN | POLLERR | POLLHUP) ? ZOOKEEPER_READ : 0) |
		     (p->revents & p->events & POLLOUT ? ZOOKEEPER_WRITE : 0);
	int rc = zookeeper_process(z->handle, events);

	for (int i = 0; i < MOST_READS && rc == ZOK && !z->lost && (events & ZOOKEEPER_READ); i++)
		rc = zookeeper_process(z->handle, ZOOKEEPER_READ);
	return rc;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Until when to wait, and on this connection for what. */
static int64_t prepare(struct zk *z, struct pollfd *poll, int64_t until)
{
	struct wish w = { .poll = poll, .end = until };

	if (pawl_remote_now() < z->retry_at)
		return sooner(z->retry_at, until);
	if (!z->handle)
		zk_session_begin(z);
	if (z->up)
		w.end = sooner(until, zk_alive_turn(z));
	if (z->handle)
		call(z, ask_interest, &w);
	return z->handle && !z->said && pawl_remote_now() >= z->retry_at ? w.end : 0;
}

void zk_turn(struct zk *z, int64_t until, int wake_fd, bool *woken)
{
	struct pollfd fds[2] = { { .fd = wake_fd, .events = POLLIN }, { .fd = -1 } };
	int64_t left = prepare(z, &fds[1], until) - pawl_remote_now();
	struct timespec t = { .tv_sec = left / (1000 * ZK_MS), .tv_nsec = left % (1000 * ZK_MS) };
	int n = ppoll(fds, 2, left > 0 ? &t : &(struct timespec){ 0 }, NULL);

	*woken = n > 0 && fds[0].revents;
	if (z->handle && n > 0 && fds[1].revents)
		call(z, process, &fds[1]);
}
