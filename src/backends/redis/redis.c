/* SPDX-License-Identifier: BSD-2-Clause */
/** redis.c: locks in a Redis server: redis://HOST (settings.c has the URL, protocol.c the protocols, session.c the connection).
 *
 * Nothing is remembered here of locks: what a host has, or waits for, is in the server, under the host's name, and is found
 * there by whichever keeper asks next.
 */
#include "backends/redis/redis.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define S INT64_C(1000000000)

#define LONGEST_LEASE (365 * 86400 * S)

/* ---- what all files say ---- */

void redis_say(struct redis *r, const pawl_remote_event_t *event)
{
	r->said = true;
	r->config->event(r->config->arg, event);
}

const char *redis_where(const struct redis *r)
{
	return r->settings.where[r->at];
}

void redis_break(struct redis *r, const char *format, ...)
{
	char text[330];
	va_list args;

	if (r->broken)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(r->reason, sizeof(r->reason), "%.170s: %s", redis_where(r), text);
	r->broken = true;
}

const char *redis_quote(const struct redis *r, const char *said, char text[160])
{
	if (r->settings.password && strstr(said, r->settings.password))
		said = "(it says something with our password in it)";
	snprintf(text, 160, "%s", said);
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return text;
}

/* ---- open, close ---- */

static struct redis *set_up(const pawl_remote_config_t *config, char *reason, size_t size, int *rc)
{
	struct redis *r = calloc(1, sizeof(*r));

	*rc = ENOMEM;
	if (!r)
		return NULL;
	r->config = config;
	if (!settings_read(&r->settings, config->url, config->ttl_ns, reason, size)) {
		*rc = EINVAL;
		free(r);
		return NULL;
	}
	r->protocol = protocol_of(&r->settings);
	r->script = protocol_script(r->protocol);
	if (r->script)
		return r;
	free(r);
	return NULL;
}

static int redis_open(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size)
{
	int rc;
	struct redis *r = set_up(config, reason, size, &rc);

	if (!r)
		return rc;
	*backend = r;
	*flags = protocol_flags(&r->settings);
	return 0;
}

/* The next keeper finds all there is in the server; nothing there is a session of ours. */
static void redis_close(void *backend, bool last)
{
	struct redis *r = backend;

	(void)last;
	link_close(&r->commands, NULL);
	link_close(&r->hints, NULL);
	calls_free(&r->asked);
	calls_free(&r->gathered);
	names_drop_all(&r->queued);
	free(r->script);
	free(r);
}

/* ---- submit ---- */

/* Of several places of one host the first is first: that takes a queue. */
static bool is_sound(const struct redis *r, const pawl_remote_op_t *op)
{
	size_t name = op->name ? strlen(op->name) : 0;

	return name > 0 && name <= 1015 && (!op->place || strlen(op->place) <= (r->protocol->plain ? 0 : 6)) &&
	       op->req > 0 && op->req >> 53 == 0 && op->floor <= UINT64_C(1) << 62 && op->hi <= INT64_MAX &&
	       op->ttl_ns > 0 && op->ttl_ns >= 2 * r->settings.clock_slack && op->ttl_ns < LONGEST_LEASE &&
	       op->wait_ns < LONGEST_LEASE;
}

/* What is submitted before not_before could be granted though somebody has it: only what ends something is taken. */
static int redis_submit(void *backend, const pawl_remote_op_t *op)
{
	struct redis *r = backend;
	struct call *call;
	int rc;

	if (op->kind < PAWL_REMOTE_ACQUIRE || op->kind > PAWL_REMOTE_CANCEL || !is_sound(r, op))
		return EINVAL;
	if (!r->up || r->broken)
		return ENOTCONN;
	if (op->kind == PAWL_REMOTE_ACQUIRE && pawl_remote_now() < r->not_before)
		return EAGAIN;
	call = call_new(request_answer, op);
	rc = call ? request_send(r, call) : ENOMEM;
	if (rc == 0 && op->kind == PAWL_REMOTE_RELEASE) /* who waits for it would wait for all that the keeper has yet to do */
		session_hurry(r);
	return rc;
}

/* ---- poll ---- */

static struct pollfd interest(const struct link *l)
{
	return (struct pollfd){ .fd = l->c ? l->c->fd : -1, .events = (short)(POLLIN | (l->unsent ? POLLOUT : 0)) };
}

/* False when it is time to return. */
static bool wait_for_more(struct redis *r, int64_t until, int wake_fd)
{
	struct pollfd fds[3] = { { .fd = wake_fd, .events = POLLIN }, interest(&r->commands), interest(&r->hints) };
	int64_t now = pawl_remote_now(), date = session_date(r), left = (date < until ? date : until) - now;
	struct timespec t = { .tv_sec = left / S, .tv_nsec = left % S };
	int n = ppoll(fds, 3, left > 0 ? &t : &(struct timespec){ 0 }, NULL);

	r->commands.ready = n > 0 && fds[1].revents & ~POLLOUT;
	r->hints.ready = n > 0 && fds[2].revents & ~POLLOUT;
	return (n <= 0 || !fds[0].revents) && (now < until || (n > 0 && (fds[1].revents || fds[2].revents)));
}

static void redis_poll(void *backend, int64_t until_ns, int wake_fd)
{
	struct redis *r = backend;

	r->said = false;
	do {
		session_begin(r);
		session_work(r);
	} while (!r->said && wait_for_more(r, until_ns, wake_fd));
}

PAWL_API const pawl_backend_t pawl_backend_redis;
const pawl_backend_t pawl_backend_redis = {
	.version = PAWL_REMOTE_VERSION,
	.scheme = "redis",
	.open = redis_open,
	.submit = redis_submit,
	.poll = redis_poll,
	.close = redis_close,
};
