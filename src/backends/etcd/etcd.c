/* SPDX-License-Identifier: BSD-2-Clause */
/** etcd.c: the backend's four functions (pawl/remote.h), for etcd 3.4 and newer, over its JSON gateway. What the rules of that file are
 * to etcd:
 *
 *   requests    transactions that find out there what has happened before (txn.h); values say whose key it is, of which request
 *   finished    the largest number is a key of the asker's, compared by `enter`. It has our lease, and goes after ten times to live
 *   deaths      OWNER of a lock is written before a grant is told, and goes with a clean end
 *   places      keys of their own, LEASE.PLACE; refused unless protocol=queue
 *   wait_ns     a place lasts as long as the lease, which lives as long as there is a keeper
 *   fences      hi is the revision in which our key was created: it grows, but cannot be raised
 *   session     the lease
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/etcd/etcd.h"

void say(struct etcd *e, const pawl_remote_event_t *event)
{
	e->said = true;
	e->config->event(e->config->arg, event);
}

void say_of(struct etcd *e, const struct ask *a, pawl_remote_what_t what, uint64_t req)
{
	say(e, &(pawl_remote_event_t){ .what = what, .name = a->head.name, .place = a->head.place, .req = req });
}

static int etcd_open(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size)
{
	struct etcd *e = calloc(1, sizeof(*e));
	int rc = e ? 0 : ENOMEM;

	_Static_assert(sizeof(struct saved) <= PAWL_REMOTE_SAVED, "what is saved fits");
	if (e && !options_read(&e->options, config->url, config->ttl_ns, reason, size))
		rc = EINVAL;
	if (rc == 0)
		rc = http_open(&e->http, &e->options, e);
	if (rc != 0) {
		free(e);
		return rc;
	}
	e->config = config;
	session_begin(e);
	*backend = e;
	*flags = PAWL_REMOTE_FENCES | PAWL_REMOTE_ONE_LEASE | (e->options.blind ? PAWL_REMOTE_BLIND : 0) |
		 (e->options.protocol == QUEUE ? 0 : PAWL_REMOTE_ONE_PLACE);
	return 0;
}

static int etcd_submit(void *backend, const pawl_remote_op_t *op)
{
	const char *place = op->place ? op->place : "";
	struct etcd *e = backend;
	struct ask *a;

	if (!e->up)
		return ENOTCONN;
	if (op->floor >> 62 || op->req == 0 || op->req >> 53 || op->hi > INT64_MAX || strlen(op->name) > 1015)
		return EINVAL;
	if (*place && e->options.protocol != QUEUE)
		return EINVAL; /* there is no order of places: of v3lock, the server gives a lease one */
	a = ask_get(e, op->name, place);
	return a && ask_push(e, a, (struct job){ .kind = (int)op->kind, .req = op->req, .hi = op->hi, .clean = op->clean })
		       ? 0
		       : ENOMEM;
}

/* In milliseconds, rounded up: curl counts in them. */
static int left(int64_t until)
{
	int64_t ms = (until - pawl_remote_now() + 999999) / 1000000;

	return ms < 0 ? 0 : ms > 60000 ? 60000 : (int)ms;
}

static void etcd_poll(void *backend, int64_t until_ns, int wake_fd)
{
	struct etcd *e = backend;
	int64_t next;

	for (e->said = false;;) {
		next = session_tick(e);
		ask_work(e);
		while (!e->said && http_work(&e->http)) {
			watch_read(e);
			ask_work(e);
		}
		watch_read(e);
		ask_work(e);
		if (e->said)
			break;
		if (next > until_ns)
			next = until_ns;
		if (http_wait(&e->http, left(next), wake_fd) || pawl_remote_now() >= until_ns)
			break;
	}
}

static void free_all(struct etcd *e)
{
	http_close(&e->http);
	ask_drop_all(e);
	json_decref(e->found);
	free(e);
}

static void etcd_close(void *backend, bool last)
{
	struct etcd *e = backend;

	if (last)
		session_end(e);
	free_all(e);
}

const PAWL_API pawl_backend_t pawl_backend_etcd = {
	.version = PAWL_REMOTE_VERSION,
	.scheme = "etcd",
	.open = etcd_open,
	.submit = etcd_submit,
	.poll = etcd_poll,
	.close = etcd_close,
};
