/* SPDX-License-Identifier: BSD-2-Clause */
/** yes.c: the service of yes.h: there is one host, so whoever asks has the lease. Events wait in a list for poll(). */
#include "yes.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pawl/remote.h>

enum { ROOM = 64 };

typedef struct yes {
	const pawl_remote_config_t *config;
	bool said_up;
	uint64_t hi;
	unsigned n;
	struct answer {
		pawl_remote_event_t event;
		char name[64];
	} answer[ROOM];
} yes_t;

static int yes_open(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size)
{
	yes_t *y = calloc(1, sizeof(*y));

	(void)reason;
	(void)size;
	if (!y)
		return ENOMEM;
	y->config = config;
	*backend = y;
	*flags = 0;
	return 0;
}

static int yes_submit(void *backend, const pawl_remote_op_t *op)
{
	yes_t *y = backend;
	struct answer *a = &y->answer[y->n];

	if (y->n == ROOM)
		return EAGAIN;
	y->n++;
	snprintf(a->name, sizeof(a->name), "%s", op->name);
	a->event = (pawl_remote_event_t){ .what = PAWL_REMOTE_RELEASED, .name = a->name, .req = op->req };
	if (op->kind == PAWL_REMOTE_ACQUIRE || op->kind == PAWL_REMOTE_RENEW) {
		a->event.what = PAWL_REMOTE_GRANTED;
		a->event.hi = op->kind == PAWL_REMOTE_ACQUIRE ? ++y->hi : op->hi;
		a->event.deadline_ns = pawl_remote_deadline(pawl_remote_now(), op->ttl_ns);
	}
	return 0;
}

static void say_up(yes_t *y)
{
	pawl_remote_event_t up = { .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_UP };

	y->said_up = true;
	y->config->event(y->config->arg, &up);
}

static void yes_poll(void *backend, int64_t until_ns, int wake_fd)
{
	yes_t *y = backend;
	struct pollfd wake = { .fd = wake_fd, .events = POLLIN };
	int64_t left = (until_ns - pawl_remote_now()) / 1000000 + 1;

	if (!y->said_up) {
		say_up(y);
		return;
	}
	if (y->n == 0)
		poll(&wake, 1, left < 0 ? 0 : left > 1000 ? 1000 : (int)left);
	while (y->n > 0) { /* the last first: their order means nothing here */
		struct answer a = y->answer[--y->n];

		a.event.name = a.name;
		y->config->event(y->config->arg, &a.event);
	}
}

static void yes_close(void *backend, bool last)
{
	(void)last;
	free(backend);
}

int bench_yes_register(void)
{
	static const pawl_backend_t yes = { .version = PAWL_REMOTE_VERSION,
		.scheme = "yes",
		.open = yes_open,
		.submit = yes_submit,
		.poll = yes_poll,
		.close = yes_close };

	return pawl_backend_register(&yes);
}
