/* SPDX-License-Identifier: BSD-2-Clause */
/** fuzz_keeper.c: a keeper at work (term.c and all it calls) in a segment that a peer writes into, with a service that says what the
 * input says: any event, any number in it, of any request. The input is what poll() does.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <pawl/lock.h>
#include <pawl/remote.h>

#include "hostile.h"
#include "remote/term.h"

enum { TURNS = 64 };

static struct fuzz *said;
static struct pawl__term_end term_end;
static pawl_remote_config_t the_config;
static uint64_t last_req[4];
static unsigned turns;

static int open_it(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size)
{
	(void)reason, (void)size;
	the_config = *config;
	*backend = &the_config;
	*flags = fuzz_byte(said) & 15u;
	fuzz_must(strlen(config->host) == 32);
	return 0;
}

static unsigned number_of(const char *name)
{
	return (unsigned char)*name & 3;
}

static int submit(void *backend, const pawl_remote_op_t *op)
{
	(void)backend;
	fuzz_must(*op->name && strlen(op->name) <= PAWL_NAME_MAX && op->place && strlen(op->place) <= PAWL_NAME_MAX);
	fuzz_must(op->kind >= PAWL_REMOTE_ACQUIRE && op->kind <= PAWL_REMOTE_CANCEL);
	last_req[number_of(op->name)] = op->req;
	return fuzz_byte(said) & 0x80 ? ENOTCONN : 0;
}

static void say(void)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	uint8_t how = fuzz_byte(said), more = fuzz_byte(said);
	const char *name = names[how & 3];
	pawl_remote_event_t e = { .what = 1 + (how >> 2) % PAWL_REMOTE_SESSION,
		.name = name,
		.place = more & 1 ? "2a" : "",
		.req = more & 2 ? fuzz_number(said, 8) : last_req[number_of(name)],
		.hi = more & 4 ? fuzz_number(said, 8) : how,
		.deadline_ns = more & 8 ? (int64_t)fuzz_number(said, 8) : pawl_remote_now() + INT64_C(10000000000),
		.hint_ns = more & 16 ? (int64_t)fuzz_number(said, 6) : 1000,
		.contended = more & 32,
		.owner_died = more & 64,
		.state = 1 + (more >> 3 & 3),
		.reason = more & 128 ? "a reason" : NULL };

	if (e.what == PAWL_REMOTE_SESSION)
		e.name = NULL;
	the_config.event(the_config.arg, &e);
}

static void ring(uint8_t place)
{
	uint64_t bells = fuzz_byte(said);

	(void)place;
	PAWL_FETCH_OR((uint64_t *)(void *)((char *)pawl__spaces->header + PAWL__BELLS_OFF), bells | bells << place % 56,
		RELEASE);
}

/* One thing happens each time; then the keeper has its turn. */
static void poll_it(void *backend, int64_t until, int wake)
{
	uint8_t what = fuzz_byte(said);

	(void)backend, (void)until, (void)wake;
	if (said->left == 0 || ++turns > TURNS)
		PAWL_STORE(&term_end.asked, 1u, RELAXED); /* the same thread reads it */
	switch (what & 3) {
	case 0:
		hostile_write(said);
		break;
	case 1:
		hostile_write_later(said, what >> 3);
		break;
	case 2:
		ring(what >> 2);
		break;
	default:
		say();
	}
}

static void close_it(void *backend, bool last)
{
	(void)backend, (void)last;
}

static const pawl_backend_t backend = {
	.version = PAWL_REMOTE_VERSION, .scheme = "fuzz", .open = open_it, .submit = submit, .poll = poll_it, .close = close_it
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fuzz_must(pawl_backend_register(&backend) == 0);
	hostile_prepare("fuzz://x");
	return 0;
}

/* Linked with --wrap: the keeper's second thread would only move a descriptor. */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*body)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*body)(void *), void *arg)
{
	(void)attr, (void)body, (void)arg;
	*thread = pthread_self();
	return 0;
}

int __wrap_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result)
{
	(void)thread, (void)result;
	return 0;
}

/* As if `fuzz://x` were what this process was given, and its candidate had the role. */
static void serve(pawl_space_t *space)
{
	static char url[] = "fuzz://x";

	space->url = url;
	space->bell = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	term_end = (struct pawl__term_end){ .within_ns = 1000000 };
	pawl__term_serve(space, &term_end);
	space->url = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const pawl_space_options_t options = { .existing = true, .looks_only = true, .deadline = 1 };
	struct fuzz f = { bytes, n };
	pawl_space_t *space;
	uint8_t writes;

	said = &f;
	turns = 0;
	memset(last_req, 0, sizeof(last_req));
	hostile_begin(&f, true);
	hostile_be_peer(fuzz_byte(&f) & 1);
	writes = fuzz_byte(&f) & 3;
	for (uint8_t i = 0; i < writes; i++)
		hostile_write(&f);
	if (pawl_space_open(&space, HOSTILE_SPACE, &options) == 0 && space->office)
		serve(space);
	hostile_end();
	return 0;
}
