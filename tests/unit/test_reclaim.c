/* SPDX-License-Identifier: BSD-2-Clause */
/** test_reclaim.c: a place that goes from one name to another while its lease is asked for, granted, or given back: no name is
 * ever locked under the lease of another, whoever has the place next is served, and requests of a name go on counting wherever
 * it lives.
 *
 * The service is in this process, for one host: it grants what is asked for at once, and remembers what is finished.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pawl/pawl.h>
#include <pawl/remote.h>

#include "core/point.h"

#include "../lib/kids.h"

enum { PLACES = 64, NAMES = 80, EVENTS = 256 };

/* ---- the service ---- */

static struct {
	pthread_mutex_t lock;
	const pawl_remote_config_t *config;
	bool up;
	struct {
		char name[16];
		uint64_t req, done, hi; /* granted, 0: not; finished up to; the last token */
	} names[NAMES];
	struct {
		pawl_remote_event_t event;
		char name[16];
	} events[EVENTS];
	unsigned first, end;
	unsigned lost; /* requests that came with a number that was finished */
} service = { .lock = PTHREAD_MUTEX_INITIALIZER };

static unsigned entry_of(const char *name)
{
	unsigned i = 0;

	while (service.names[i].name[0] && strcmp(service.names[i].name, name) != 0)
		i++;
	assert_in_range(i, 0, NAMES - 2);
	snprintf(service.names[i].name, sizeof(service.names[i].name), "%s", name);
	return i;
}

static bool is_granted(const char *name)
{
	bool granted;

	pthread_mutex_lock(&service.lock);
	granted = service.names[entry_of(name)].req != 0;
	pthread_mutex_unlock(&service.lock);
	return granted;
}

static int service_open(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size)
{
	(void)reason, (void)size;
	service.config = config;
	service.up = false;
	service.first = service.end = 0;
	*backend = &service;
	*flags = PAWL_REMOTE_FENCES;
	return 0;
}

static pawl_remote_event_t carry_out(const pawl_remote_op_t *op)
{
	unsigned i = entry_of(op->name);
	pawl_remote_event_t e = { .req = op->req, .hi = op->hi };

	if (op->kind == PAWL_REMOTE_RELEASE || op->kind == PAWL_REMOTE_CANCEL) {
		if (service.names[i].req == op->req)
			service.names[i].req = 0;
		if (service.names[i].done < op->req)
			service.names[i].done = op->req;
		e.what = PAWL_REMOTE_RELEASED;
		return e;
	}
	if (op->req <= service.names[i].done) {
		service.lost++;
		e.what = PAWL_REMOTE_LOST;
		return e;
	}
	if (service.names[i].req != op->req)
		service.names[i].hi++;
	service.names[i].req = op->req;
	service.names[i].done = op->req - 1;
	e.what = PAWL_REMOTE_GRANTED;
	e.hi = service.names[i].hi;
	e.deadline_ns = pawl_remote_deadline(pawl_remote_now(), op->ttl_ns);
	return e;
}

static int service_submit(void *backend, const pawl_remote_op_t *op)
{
	unsigned n = service.end++ % EVENTS;

	(void)backend;
	pthread_mutex_lock(&service.lock);
	service.events[n].event = carry_out(op);
	snprintf(service.events[n].name, sizeof(service.events[n].name), "%s", op->name);
	pthread_mutex_unlock(&service.lock);
	return 0;
}

static bool say_next(void)
{
	pawl_remote_event_t e = { .what = PAWL_REMOTE_SESSION, .state = PAWL_REMOTE_UP };
	char name[16];

	if (service.up && service.first == service.end)
		return false;
	if (service.up) {
		e = service.events[service.first % EVENTS].event;
		memcpy(name, service.events[service.first++ % EVENTS].name, sizeof(name));
		e.name = name;
	}
	service.up = true;
	service.config->event(service.config->arg, &e);
	return true;
}

static void service_poll(void *backend, int64_t until_ns, int wake_fd)
{
	struct pollfd fd = { .fd = wake_fd, .events = POLLIN };
	int64_t left = until_ns - pawl_remote_now();
	struct timespec t = { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };

	(void)backend;
	if (!say_next() && left > 0)
		ppoll(&fd, 1, &t, NULL);
}

static void service_close(void *backend, bool last)
{
	(void)backend, (void)last;
}

static const pawl_backend_t backend = {
	.version = PAWL_REMOTE_VERSION,
	.scheme = "here",
	.open = service_open,
	.submit = service_submit,
	.poll = service_poll,
	.close = service_close,
};

/* ---- a space of which every place is in use ---- */

static pawl_space_t *space;
static pawl_lock_t *old, *other[PLACES]; /* `old` has the only place that can be given away */

static pawl_lock_t *open_lock(const char *name)
{
	pawl_lock_t *lock;

	assert_int_equal(pawl_lock_open(space, name, 0, &lock), 0);
	return lock;
}

static void take(pawl_lock_t *lock) PAWL_NO_ANALYSIS
{
	assert_int_equal(pawl_lock_acquire(lock, pawl_in_ms(KIDS_PATIENCE_MS), NULL), 0);
}

static void give(pawl_lock_t *lock) PAWL_NO_ANALYSIS
{
	assert_int_equal(pawl_lock_release(lock), 0);
}

static bool has(pawl_lock_t *lock, pawl_tenure_t tenure)
{
	static _Thread_local pawl_lock_info_t info;

	return pawl_lock_info(lock, &info) == 0 && info.tenure == tenure;
}

static void until(pawl_lock_t *lock, pawl_tenure_t tenure)
{
	for (int ms = 0; ms < KIDS_PATIENCE_MS && !has(lock, tenure); ms++)
		kids_nap_us(1000);
	assert_true(has(lock, tenure));
}

static int begin(void **state)
{
	pawl_space_options_t options = { .capacity = PLACES, .remote = "here://", .idle_keep_ns = 20000000 };
	char name[16];

	(void)state;
	memset(service.names, 0, sizeof(service.names));
	service.lost = 0;
	if (pawl_backend_register(&backend) || pawl_space_open(&space, NULL, &options))
		return -1;
	for (int i = 1; i < PLACES; i++) {
		snprintf(name, sizeof(name), "other/%d", i);
		other[i] = open_lock(name);
		take(other[i]);
	}
	old = open_lock("old");
	return 0;
}

static int end(void **state)
{
	(void)state;
	pawl__point_arm(NULL, 0, PAWL__POINT_NOTHING);
	for (int i = 1; i < PLACES; i++)
		if (other[i])
			give(other[i]);
	return pawl_space_close(space);
}

/* ---- a request that is written down while the place is given away ---- */

static sem_t asked, go_on;
static uint32_t reclaiming;

static void *ask(void *unused)
{
	(void)unused;
	assert_int_equal(pawl_lock_acquire(old, pawl_in_ms(KIDS_PATIENCE_MS), NULL), ECANCELED);
	return NULL;
}

static void *open_new(void *unused)
{
	(void)unused;
	return open_lock("new");
}

static void stop_keeper(const char *label)
{
	if (strcmp(label, "seat/written") == 0) { /* it has seen who asks, and nothing shows yet */
		sem_post(&asked);
		sem_wait(&go_on);
		return;
	}
	PAWL_STORE(&reclaiming, 1u, RELEASE); /* the place was found to be idle */
	until(old, PAWL_TENURE_HELD);
}

/* The keeper asks the service for `old` after its only asker has gone, and somebody has taken its place; at `stop_at` that one
 * waits until the lease has been granted. */
static pawl_lock_t *reclaim(const char *stop_at)
{
	pthread_t asker, opener;
	void *opened;

	take(old); /* the seat knows its name */
	give(old);
	until(old, PAWL_TENURE_NONE);
	sem_init(&asked, 0, 0);
	sem_init(&go_on, 0, 0);
	pawl__point_hook = stop_keeper;
	pawl__point_arm("seat/written", 1, PAWL__POINT_CALL);
	pthread_create(&asker, NULL, ask, NULL);
	sem_wait(&asked);
	pawl_lock_interrupt(old);
	pthread_join(asker, NULL);
	PAWL_STORE(&reclaiming, 0u, RELAXED);
	pawl__point_arm(stop_at, 1, stop_at ? PAWL__POINT_CALL : PAWL__POINT_NOTHING);
	pthread_create(&opener, NULL, open_new, NULL);
	if (stop_at)
		assert_true(kids_until(&reclaiming, 1));
	else
		pthread_join(opener, &opened);
	sem_post(&go_on);
	if (stop_at)
		pthread_join(opener, &opened);
	pawl__point_arm(NULL, 0, PAWL__POINT_NOTHING);
	return opened;
}

static void the_next_name_is_served(void **state)
{
	pawl_lock_t *new = reclaim(NULL);

	(void)state;
	take(new);
	assert_true(is_granted("new"));
	assert_false(is_granted("old"));
	give(new);
}

static void a_lease_is_good_for_its_own_name(void **state)
{
	pawl_lock_t *new = reclaim("table/floor-raised");

	(void)state;
	take(new);
	assert_true(is_granted("new"));
	give(new);
}

/* ---- a name that comes back ---- */

static void requests_go_on_counting_elsewhere(void **state)
{
	pawl_lock_t *new;

	(void)state;
	for (int i = 0; i < 5; i++) {
		take(old);
		give(old);
		until(old, PAWL_TENURE_NONE);
	}
	new = open_lock("new"); /* has the place now, */
	take(new);
	give(other[7]); /* and there is another one, of which less was asked */
	until(other[7], PAWL_TENURE_NONE);
	other[7] = NULL;
	take(old);
	assert_true(is_granted("old"));
	assert_int_equal(service.lost, 0);
	give(old);
	give(new);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_next_name_is_served),
		TEST(a_lease_is_good_for_its_own_name),
		TEST(requests_go_on_counting_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
