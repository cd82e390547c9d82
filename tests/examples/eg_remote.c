/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_remote.c: a lock service of one's own, in its smallest form, and a lock that it stands behind.
 *
 * The service knows one host, so whoever asks has the lease; a real one would send what submit() is given, and say in poll()
 * what has come back. tests/remote/directory.c is one that several hosts share; pawl/remote.h has the rules.
 *
 * Prints: one lease for three grants, and good to the end
 */
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pawl/lock.h>
#include <pawl/remote.h>

/* ---- the backend ---- */

struct service {
	const pawl_remote_config_t *config;
	bool up;
	uint64_t grants;              /* the fence */
	char name[PAWL_NAME_MAX + 1]; /* of the one request that waits for its answer */
	pawl_remote_event_t answer;
};

static int service_open(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size)
{
	struct service *s = calloc(1, sizeof(*s));

	if (!s) {
		snprintf(reason, size, "out of memory");
		return ENOMEM;
	}
	s->config = config;
	*backend = s;
	*flags = PAWL_REMOTE_FENCES;
	return 0;
}

static int service_submit(void *backend, const pawl_remote_op_t *op)
{
	struct service *s = backend;

	if (s->answer.what != 0)
		return EAGAIN; /* busy: the keeper comes again */
	snprintf(s->name, sizeof(s->name), "%s", op->name);
	s->answer = (pawl_remote_event_t){ .what = PAWL_REMOTE_RELEASED, .name = s->name, .req = op->req };
	if (op->kind == PAWL_REMOTE_ACQUIRE || op->kind == PAWL_REMOTE_RENEW) {
		s->answer.what = PAWL_REMOTE_GRANTED;
		s->answer.hi = op->kind == PAWL_REMOTE_ACQUIRE ? ++s->grants : op->hi;
		s->answer.deadline_ns = pawl_remote_deadline(pawl_remote_now(), op->ttl_ns); /* from before it is sent */
	}
	return 0;
}

static void service_poll(void *backend, int64_t until_ns, int wake_fd)
{
	struct service *s = backend;
	struct pollfd wake = { .fd = wake_fd, .events = POLLIN };
	pawl_remote_event_t event = s->answer;
	int64_t ms = (until_ns - pawl_remote_now()) / 1000000 + 1;

	s->answer.what = 0; /* before it is told: the answer may be the next request */
	if (!s->up)
		event = (pawl_remote_event_t){ .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_UP };
	s->up = true;
	if (event.what != 0)
		s->config->event(s->config->arg, &event);
	else
		poll(&wake, 1, ms < 0 ? 0 : ms > 1000 ? 1000 : (int)ms);
}

static void service_close(void *backend, bool last)
{
	(void)last;
	free(backend);
}

static const pawl_backend_t service = { PAWL_REMOTE_VERSION, "mine", service_open, service_submit, service_poll,
	service_close };

/* ---- and a lock ---- */

int main(void)
{
	pawl_space_options_t options = { .remote = "mine://here" };
	pawl_fence_t first = { 0, 0 };
	pawl_space_t *host;
	pawl_lock_t *order;
	int rc = pawl_backend_register(&service);

	if (rc != 0 || pawl_space_open(&host, "exchange-of-many", &options) != 0) {
		fprintf(stderr, "%s\n", pawl_space_reason());
		return 1;
	}
	rc = pawl_lock_open(host, "orders/42", PAWL_AUTO_RECOVER, &order);
	for (int i = 0; i < 3 && rc == 0; i++) {
		pawl_grant_t grant;

		rc = pawl_lock_acquire(order, pawl_in_ms(5000), &grant);
		if (rc != 0)
			break;
		if (i == 0)
			first = grant.fence;
		assert(grant.remote && grant.fence.hi == first.hi); /* asked for once, handed on at local speed */
		assert(grant.fence.lo == first.lo + (uint64_t)i);
		assert(pawl_lock_valid(order));
		rc = pawl_lock_release(order); /* ESTALE: the lease was lost, and what we did needs its token checked */
	}
	if (rc != 0)
		fprintf(stderr, "%s\n", pawl_strerror(rc));
	else
		printf("one lease for three grants, and good to the end\n");
	pawl_lock_close(order);
	return rc != 0 ? 1 : pawl_space_close(host);
}
