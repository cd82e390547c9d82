/* SPDX-License-Identifier: BSD-2-Clause */
/** service.c: see service.h. */
#include "service.h"

#include <poll.h>
#include <string.h>

#include <pawl/lock.h>

enum { STEPS = 64, NAMES = 4 };

#define TTL INT64_C(10000000000)

int64_t service_now;

static struct {
	const pawl_backend_t *backend;
	void *opened;
	unsigned flags;
	struct fuzz *input;
	uint8_t saved[PAWL_REMOTE_SAVED];
	pawl_remote_config_t config;
	unsigned events;
} s;

static char long_name[PAWL_NAME_MAX + 1];

/* ---- the world ---- */

int64_t __wrap_pawl_remote_now(void);
int64_t __wrap_pawl_remote_now(void)
{
	return service_now += 1000;
}

/* All can be read, but for the keeper's bell; what was waited for is over. */
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *t, const void *signals);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *t, const void *signals)
{
	int ready = 0;

	(void)signals;
	if (t)
		service_now += (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
	for (nfds_t i = 0; i < n; i++) {
		fds[i].revents = (short)(i > 0 && fds[i].fd >= 0 && s.input->left > 0 ? fds[i].events : 0);
		ready += fds[i].revents != 0;
	}
	return ready;
}

long __wrap_getrandom(void *to, size_t n, unsigned flags);
long __wrap_getrandom(void *to, size_t n, unsigned flags)
{
	(void)flags;
	memset(to, 0x11, n);
	return (long)n;
}

/* ---- events ---- */

static void check_reason(const char *reason)
{
	if (!reason)
		return;
	fuzz_must(*reason && strlen(reason) < 600);
	if (strstr(s.config.url, SERVICE_SECRET)) /* else it is a word of the server's, like any */
		fuzz_must(!strstr(reason, SERVICE_SECRET));
	for (const char *c = reason; *c; c++)
		fuzz_must((unsigned char)*c >= ' ');
}

static void check_grant(const pawl_remote_event_t *e)
{
	fuzz_must(e->req != 0 && e->req >> 53 == 0);
	fuzz_must((s.flags & PAWL_REMOTE_FENCES) == 0 || e->hi != 0);
	fuzz_must(e->hi <= UINT64_C(1) << 62);
	/* that of a session ends when it does; the next ALIVE says when */
	fuzz_must((s.flags & PAWL_REMOTE_ONE_LEASE) || e->deadline_ns <= service_now + TTL);
}

static const char *name_of(uint8_t n)
{
	static const char *const names[] = { "a", "b/c d\n", "%41", long_name };

	return names[n % NAMES];
}

static void submit(uint8_t what)
{
	static const pawl_remote_kind_t kinds[] = { PAWL_REMOTE_ACQUIRE, PAWL_REMOTE_RENEW, PAWL_REMOTE_RELEASE,
		PAWL_REMOTE_CANCEL };
	uint8_t more = fuzz_byte(s.input);
	bool place = (what & 0x20) != 0 && !(s.flags & PAWL_REMOTE_ONE_PLACE);
	pawl_remote_op_t op = { .kind = kinds[what & 3],
		.name = name_of(what >> 2 & 3),
		.place = place ? "2a" : "",
		.req = 1 + (more & 7),
		.hi = more >> 3 & 15,
		.floor = more >> 3,
		.ttl_ns = TTL,
		.wait_ns = TTL,
		.clean = more >> 7 };

	s.backend->submit(s.opened, &op);
}

static void hear(void *arg, const pawl_remote_event_t *e)
{
	(void)arg;
	s.events++;
	fuzz_must(e->what >= PAWL_REMOTE_GRANTED && e->what <= PAWL_REMOTE_SESSION);
	check_reason(e->reason);
	if (e->what == PAWL_REMOTE_SESSION) {
		fuzz_must(e->state >= PAWL_REMOTE_DOWN && e->state <= PAWL_REMOTE_ALIVE && e->delay_ns >= 0);
		return;
	}
	fuzz_must(e->name && *e->name && strlen(e->name) <= PAWL_NAME_MAX);
	fuzz_must(!e->place || strlen(e->place) <= 6);
	fuzz_must(e->what != PAWL_REMOTE_QUEUED || e->hint_ns > 0);
	if (e->what == PAWL_REMOTE_GRANTED)
		check_grant(e);
	if (s.input->left && (*s.input->at & 0xc0) == 0xc0) /* a keeper may, while it listens */
		submit(fuzz_byte(s.input));
}

/* ---- the keeper ---- */

static bool begin(const char *url)
{
	char reason[200] = "";

	s.config = (pawl_remote_config_t){
		.url = url, .host = SERVICE_HOST, .term = s.config.term + 1, .ttl_ns = TTL, .saved = s.saved, .event = hear
	};
	s.flags = 0;
	return s.backend->open(&s.config, &s.opened, &s.flags, reason, sizeof(reason)) == 0;
}

static void end(bool last)
{
	s.backend->close(s.opened, last);
	fuzz_must(!memmem(s.saved, sizeof(s.saved), SERVICE_SECRET, strlen(SERVICE_SECRET)));
}

static bool step(const char *url)
{
	uint8_t what = fuzz_byte(s.input);

	if (what < 0x80) {
		submit(what);
	} else if (what < 0xf8) {
		service_now += (int64_t)(what & 0x0f) * (what & 0x40 ? 1000000000 : 10000000);
		s.backend->poll(s.opened, service_now, -1);
	} else {
		end(what & 1);
		return begin(url);
	}
	return true;
}

void service_run(const pawl_backend_t *backend, const char *const urls[], struct fuzz *input)
{
	unsigned n = 0;
	const char *url;
	bool open;

	while (urls[n])
		n++;
	memset(&s, 0, sizeof(s));
	memset(long_name, 'L', PAWL_NAME_MAX);
	s.backend = backend;
	s.input = input;
	service_now = INT64_C(1000000000000);
	url = urls[fuzz_byte(input) % n];
	open = begin(url);
	fuzz_must(open);
	for (int i = 0; open && i < STEPS && input->left > 0; i++)
		open = step(url);
	if (open)
		end(true);
}
