/* SPDX-License-Identifier: BSD-2-Clause */
/** session.c: the session of this host, through one connection after the other, and the turns of poll() that drive it.
 *
 *   no handle --retry_at--> connecting --> live: it has a session --> greeted (greet.c): UP or NEW
 *       ^                       |              |                          |
 *       +--- lost, refused -----+--------------+--------------------------+       DOWN
 *
 * A handle is one connection: a new one has no watches, no pending calls, nothing to be told apart from what comes. Its session
 * is the one in `saved`, or a new one if there is none, or that has expired. A session is ended by zookeeper_close() of a
 * handle that is connected, for all who share it; to leave it, the connection is cut first.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "backends/zookeeper/zk.h"

#define MOST_READS     256 /* messages, before others have a turn */
#define LEAST_PATIENCE (500 * ZK_MS)
#define MOST_PATIENCE  (4000 * ZK_MS)

/* In config->saved. A word of it that is torn by a killed writer makes a session that does not exist. */
struct saved {
	int64_t id; /* 0: none */
	char password[16];
	int64_t told;       /* the one of which event(NEW) has returned */
	int64_t lasts;      /* until then it does, if the server does not forget it */
	int64_t seen;       /* the largest zxid */
	int64_t not_before; /* the server had forgotten what others may believe in until then */
};

static struct saved read_saved(const struct zk *z)
{
	struct saved s;

	memcpy(&s, z->config->saved, sizeof(s));
	return s;
}

static void write_saved(struct zk *z, const struct saved *s)
{
	memcpy(z->config->saved, s, sizeof(*s));
}

/* ---- giving a connection up ---- */

void zk_lose(struct zk *z, const char *format, ...)
{
	va_list args;

	if (!z->lost) {
		va_start(args, format);
		vsnprintf(z->reason, sizeof(z->reason), format, args);
		va_end(args);
	}
	z->lost = true;
}

bool zk_called(struct zk *z, int rc)
{
	if (rc != ZOK)
		zk_lose(z, "%s: the client library refuses: %s", z->where, zerror(rc));
	return rc == ZOK;
}

static const char *explain(int rc)
{
	switch (rc) {
	case ZCONNECTIONLOSS:
		return "the connection was lost";
	case ZOPERATIONTIMEOUT:
		return "it has not answered for long: is it stopped, or cut off?";
	default:
		return zerror(rc);
	}
}

bool zk_is_void(struct zk *z, int rc)
{
	switch (rc) {
	case ZSYSTEMERROR:
	case ZRUNTIMEINCONSISTENCY:
	case ZCONNECTIONLOSS:
	case ZMARSHALLINGERROR:
	case ZOPERATIONTIMEOUT:
	case ZINVALIDSTATE:
	case ZSESSIONEXPIRED:
	case ZAUTHFAILED:
	case ZCLOSING:
	case ZSESSIONMOVED:
		zk_lose(z, "%s: %s", z->where, explain(rc));
		return true;
	default:
		return z->lost;
	}
}

/* Cut it, and let the library see that: then there is nothing through which it could end the session. */
static void leave(struct zk *z)
{
	int rc = ZOK;

	z->lost = true;
	if (z->fd >= 0)
		shutdown(z->fd, SHUT_RDWR);
	for (int i = 0; i < MOST_READS && rc == ZOK && zoo_state(z->handle) == ZOO_CONNECTED_STATE; i++)
		rc = zookeeper_process(z->handle, ZOOKEEPER_READ);
	if (zoo_state(z->handle) != ZOO_CONNECTED_STATE)
		zookeeper_close(z->handle);
	else if (z->fd >= 0) /* never touched again */
		close(z->fd);
}

/* `end`: its session as well. */
static void drop_handle(struct zk *z, bool end)
{
	if (!z->handle)
		return;
	z->lost = true; /* what is called back has no meaning */
	if (end)
		zookeeper_close(z->handle);
	else
		leave(z);
	z->handle = NULL;
	z->fd = -1;
	z->live = false;
}

static void forget_session(struct zk *z)
{
	struct saved s = read_saved(z);

	s.id = s.told = s.lasts = 0;
	write_saved(z, &s);
}

/* Nothing is asked for until all leases are over that it may have forgotten. */
static void distrust(struct zk *z)
{
	struct saved s = read_saved(z);
	int64_t span = z->timeout > z->config->ttl_ns ? z->timeout : z->config->ttl_ns;

	s.not_before = pawl_remote_now() + span;
	write_saved(z, &s);
}

/* Sooner than it may. */
static void hear_of_expiry(struct zk *z)
{
	if (pawl_remote_now() < read_saved(z).lasts)
		distrust(z);
	forget_session(z);
}

void zk_session_lasts(struct zk *z)
{
	struct saved s = read_saved(z);

	s.lasts = z->since + z->timeout;
	write_saved(z, &s);
}

void zk_session_saw(struct zk *z, int64_t zxid)
{
	struct saved s = read_saved(z);

	if (zxid > s.seen) {
		s.seen = zxid;
		write_saved(z, &s);
	}
}

/* Transactions are counted, and never backwards. */
static void compare(struct zk *z, int64_t zxid)
{
	struct saved s = read_saved(z);

	if (zxid >= s.seen)
		return;
	distrust(z);
	s = read_saved(z);
	s.seen = zxid;
	write_saved(z, &s);
}

/* Hosts are tried one after the other; when all were, not at once again, but while there is something left of the leases. */
static void retry_later(struct zk *z)
{
	int64_t wait, most = backoff_jitter(z->config->ttl_ns / 8);

	if (z->stopped)
		z->retry_at = INT64_MAX;
	else if (++z->failures % z->hosts == 0) {
		wait = backoff_next(&z->backoff);
		z->retry_at = pawl_remote_now() + (wait < most ? wait : most);
	}
}

static void say_down(struct zk *z)
{
	bool was_up = z->up;

	z->up = false;
	if (strcmp(z->told, z->reason) != 0) {
		strcpy(z->told, z->reason);
		zk_say(z, &(pawl_remote_event_t){
				  .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_DOWN, .reason = z->reason });
	}
	if (was_up)
		zk_asks_down(z);
}

static void give_up(struct zk *z)
{
	drop_handle(z, false);
	zk_walk_end(z);
	retry_later(z);
	say_down(z);
}

/* ---- getting one ---- */

static void be_silent(const char *message)
{
	(void)message; /* what there is to say is said in events */
}

static void be_told(zhandle_t *handle, int type, int state, const char *path, void *arg)
{
	struct zk *z = arg;

	(void)handle;
	(void)state;
	if (type != ZOO_SESSION_EVENT && path && !z->lost)
		zk_asks_watched(z, path);
}

static int timeout_ms(const struct zk *z)
{
	int64_t ms = z->config->ttl_ns / ZK_MS;

	return ms < 1 ? 1 : ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static void make_handle(struct zk *z)
{
	struct saved s = read_saved(z);
	clientid_t id = { .client_id = s.id };

	memcpy(id.passwd, s.password, sizeof(id.passwd));
	z->lost = false;
	z->ending = s.id != 0 && s.told != s.id;
	snprintf(z->where, sizeof(z->where), "%.70s", z->servers);
	z->handle = zookeeper_init2(z->servers, be_told, timeout_ms(z), s.id ? &id : NULL, z, ZOO_NO_LOG_CLIENTENV, be_silent);
	if (!z->handle) {
		zk_lose(z, "%.200s: %s: check the names of the hosts, and the name server", z->servers,
			errno == ENOMEM ? strerror(errno) : "not one of them can be resolved");
		give_up(z);
		return;
	}
	zoo_set_servers_resolution_delay(z->handle, -1); /* or it would ask the name server in each turn */
	if (z->auth[0])
		zk_called(z, zoo_add_auth(z->handle, "digest", z->auth, (int)strlen(z->auth), NULL, NULL));
}

/* Written down before anything is done in it. */
static void save_session(struct zk *z)
{
	const clientid_t *id = zoo_client_id(z->handle);
	struct saved s = read_saved(z);

	z->session = id->client_id;
	z->taken_up = s.id == id->client_id;
	if (z->taken_up)
		return;
	z->fresh = true;
	s.id = id->client_id;
	memcpy(s.password, id->passwd, sizeof(s.password));
	s.told = 0;
	write_saved(z, &s);
}

static void be_live(struct zk *z)
{
	z->live = true;
	snprintf(z->where, sizeof(z->where), "%.70s", zoo_get_current_server(z->handle));
	if (z->ending) {
		drop_handle(z, true);
		forget_session(z);
		return;
	}
	if (zoo_client_id(z->handle)->client_id == 0 || zoo_recv_timeout(z->handle) <= 0) {
		zk_lose(z, "%s: it offers no session: is that ZooKeeper?", z->where);
		return;
	}
	save_session(z);
	zk_alive_begin(z, z->since_asked, zoo_recv_timeout(z->handle));
	zk_session_lasts(z);
	z->greetings = 0;
	zk_greet(z);
}

static int64_t delay(const struct saved *s)
{
	int64_t left = s->not_before - pawl_remote_now();

	return left > 0 ? left : 0;
}

void zk_session_up(struct zk *z, int64_t zxid)
{
	struct saved s;
	bool new;

	compare(z, zxid);
	zk_session_saw(z, zxid);
	s = read_saved(z);
	new = s.told != s.id;

	z->up = true;
	z->told[0] = '\0';
	z->failures = z->mutes = 0;
	z->backoff = (struct backoff){ 0 };
	zk_asks_up(z, new);
	zk_say(z, &(pawl_remote_event_t){ .what = PAWL_REMOTE_SESSION,
			  .state = new ? PAWL_REMOTE_NEW : PAWL_REMOTE_UP,
			  .delay_ns = delay(&s) });
	s = read_saved(z);
	if (new) {
		s.told = s.id;
		write_saved(z, &s);
		return;
	}
	zk_alive_say(z);
	if (!z->fresh)
		zk_walk_begin(z);
}

/* ---- a turn ---- */

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
		drop_handle(z, false);
		hear_of_expiry(z);
		retry_later(z);
	} else if (state == ZOO_AUTH_FAILED_STATE) {
		zk_lose(z, "%s: it refuses this user: check user and password in the URL", z->where);
	} else if (z->live && state != ZOO_CONNECTED_STATE) {
		zk_lose(z, "%s: %s", z->where, explain(rc == ZOPERATIONTIMEOUT ? rc : ZCONNECTIONLOSS));
	} else if (!z->live && state == ZOO_CONNECTED_STATE) {
		be_live(z);
	} else if (!z->live && rc < 0 && rc != ZNOTHING) {
		snprintf(z->reason, sizeof(z->reason), "%.200s: %s: is ZooKeeper running there, and does it serve?",
			z->servers,
			error == EHOSTDOWN ? "it closes the connection"
			: error            ? strerror(error)
					   : zerror(rc));
		z->fd = -1;
		retry_later(z);
		if (z->failures % z->hosts == 0) /* all of them were tried */
			say_down(z);
	} else if (is_mute(z)) {
		z->mutes++;
		zk_lose(z, "%s: it takes the connection and does not answer: is ZooKeeper running there, and does it serve?",
			z->where);
	}
	if (z->lost && z->handle)
		give_up(z);
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

/* Until when to wait for this connection; with it, what for. */
static int64_t prepare(struct zk *z, struct pollfd *poll, int64_t until)
{
	struct wish w = { .poll = poll, .end = until };

	if (pawl_remote_now() < z->retry_at)
		w.end = z->retry_at;
	else if (!z->handle)
		make_handle(z);
	else if (z->up)
		w.end = zk_alive_turn(z);
	if (w.end > until)
		w.end = until;
	if (z->handle && pawl_remote_now() >= z->retry_at)
		call(z, ask_interest, &w);
	return z->handle && !z->said ? w.end : w.end < z->retry_at ? w.end : 0;
}

void zk_session_turn(struct zk *z, int64_t until, int wake_fd, bool *woken)
{
	struct pollfd fds[2] = { { .fd = wake_fd, .events = POLLIN }, { .fd = -1 } };
	int64_t left = prepare(z, &fds[1], until) - pawl_remote_now();
	struct timespec t = { .tv_sec = left / (1000 * ZK_MS), .tv_nsec = left % (1000 * ZK_MS) };
	int n = ppoll(fds, 2, left > 0 ? &t : &(struct timespec){ 0 }, NULL);

	*woken = n > 0 && fds[0].revents;
	if (z->handle && n > 0 && fds[1].revents)
		call(z, process, &fds[1]);
}

void zk_session_leave(struct zk *z, bool last)
{
	drop_handle(z, last && z->up && zk_alive_is_prompt(z));
	if (last)
		forget_session(z);
}
