/* SPDX-License-Identifier: BSD-2-Clause */
/** session.c: the session of this host, through one connection after the other.
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
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/zookeeper/zk.h"

#define MOST_READS 256 /* messages, until it is seen that a connection is cut */

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

void zk_session_give_up(struct zk *z)
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

/* Short: a space keeps 95 bytes of a reason. */
static void name_servers(struct zk *z)
{
	size_t first = strcspn(z->servers, ",/");
	char more[24] = "";

	if (z->hosts > 1)
		snprintf(more, sizeof(more), " and %u more", z->hosts - 1);
	snprintf(z->where, sizeof(z->where), "%.*s%s", (int)(first < 50 ? first : 50), z->servers, more);
}

void zk_session_begin(struct zk *z)
{
	clientid_t id;
	bool there = zk_saved_session(z, &id);

	z->lost = false;
	z->ending = there && !zk_saved_is_told(z);
	name_servers(z);
	z->handle = zookeeper_init2(
		z->servers, be_told, timeout_ms(z), there ? &id : NULL, z, ZOO_NO_LOG_CLIENTENV, be_silent);
	if (!z->handle) {
		zk_lose(z, errno == ENOMEM ? "%s: no memory" : "%s: no such hosts: check their names in the URL", z->where);
		zk_session_give_up(z);
		return;
	}
	zoo_set_servers_resolution_delay(z->handle, -1); /* or it would ask the name server in each turn */
	if (z->auth[0])
		zk_called(z, zoo_add_auth(z->handle, "digest", z->auth, (int)strlen(z->auth), NULL, NULL));
}

void zk_session_live(struct zk *z)
{
	z->live = true;
	snprintf(z->where, sizeof(z->where), "%.70s", zoo_get_current_server(z->handle));
	if (z->ending) {
		drop_handle(z, true);
		zk_saved_forget(z);
		return;
	}
	if (zoo_client_id(z->handle)->client_id == 0 || zoo_recv_timeout(z->handle) <= 0) {
		zk_lose(z, "%s: it offers no session: is that ZooKeeper?", z->where);
		return;
	}
	z->session = zoo_client_id(z->handle)->client_id;
	z->fresh |= zk_saved_begin(z, zoo_client_id(z->handle));
	zk_alive_begin(z, z->since_asked, zoo_recv_timeout(z->handle));
	z->greetings = 0;
	zk_greet(z);
}

void zk_session_up(struct zk *z, int64_t zxid)
{
	bool new = !zk_saved_is_told(z);

	zk_saved_compare(z, zxid);
	z->up = true;
	z->told[0] = '\0';
	z->failures = z->mutes = 0;
	z->backoff = (struct backoff){ 0 };
	zk_asks_up(z, new);
	zk_say(z, &(pawl_remote_event_t){ .what = PAWL_REMOTE_SESSION,
			  .state = new ? PAWL_REMOTE_NEW : PAWL_REMOTE_UP,
			  .delay_ns = zk_saved_delay(z) });
	if (new) {
		zk_saved_be_told(z);
		return;
	}
	zk_alive_say(z);
	if (!z->fresh)
		zk_walk_begin(z);
}

/* ---- and when there is none ---- */

void zk_session_expired(struct zk *z)
{
	drop_handle(z, false);
	zk_saved_expired(z);
	retry_later(z);
}

void zk_session_refused(struct zk *z, const char *why)
{
	name_servers(z);
	snprintf(z->reason, sizeof(z->reason), "%s: %s: is it running, and serving?", z->where, why);
	z->fd = -1;
	retry_later(z);
	if (z->failures % z->hosts == 0) /* all of them were tried */
		say_down(z);
}

void zk_session_leave(struct zk *z, bool last)
{
	drop_handle(z, last && z->up && zk_alive_is_prompt(z));
	if (last)
		zk_saved_forget(z);
}
