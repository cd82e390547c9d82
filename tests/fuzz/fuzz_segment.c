/* SPDX-License-Identifier: BSD-2-Clause */
/** fuzz_segment.c: all that can be done with a space, while a peer writes into it at any byte, at any labelled point: errors, wrong
 * answers, locks that nobody gets; no crash, and no wait that does not end. Left alone, it is within its bounds.
 *
 * Beside the thread that does as the input says there may be one that takes and gives locks all the while.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include <pawl/lock.h>
#include <pawl/remote.h>

#include "hostile.h"

enum { STEPS = 48, NAMES = 8, HANDLES = 4 };

static pawl_space_t *space;
static pawl_lock_t *handles[HANDLES];
static uint32_t peer_ends;

static int ignored_open(const pawl_remote_config_t *config, void **backend, unsigned *flags, char *reason, size_t size)
{
	(void)config, (void)backend, (void)flags, (void)reason, (void)size;
	return EINVAL;
}

static int no_submit(void *backend, const pawl_remote_op_t *op)
{
	(void)backend, (void)op;
	return ENOTCONN;
}

static void no_poll(void *backend, int64_t until, int wake)
{
	(void)backend, (void)until, (void)wake;
}

static void no_close(void *backend, bool last)
{
	(void)backend, (void)last;
}

/* Nobody becomes the keeper: that is fuzz_keeper.c's. */
static const pawl_backend_t backend = {
	.version = PAWL_REMOTE_VERSION, .scheme = "fuzz", .open = ignored_open, .submit = no_submit, .poll = no_poll, .close = no_close
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fuzz_must(pawl_backend_register(&backend) == 0);
	hostile_prepare("fuzz://x");
	return 0;
}

static const char *name_of(uint8_t n)
{
	static const char *const names[NAMES - 1] = { "a", "b", "c", "d", "new", "newer",
		"a/name/of/sixty-four/bytes/or/more/that/needs/a/record,/since/no/place/has/room" };
	static char long_name[201];

	memset(long_name, 'L', 200);
	return n % NAMES < NAMES - 1 ? names[n % NAMES] : long_name;
}

static void open_space(void)
{
	const pawl_space_options_t options = { .existing = true, .looks_only = true, .deadline = 1 };

	if (!space && pawl_space_open(&space, HOSTILE_SPACE, &options) != 0)
		space = NULL;
}

static int look_at(const pawl_lock_info_t *info, void *arg)
{
	*(size_t *)arg += strlen(info->name) + strnlen(info->command, sizeof(info->command));
	fuzz_must(memchr(info->name, '\0', sizeof(info->name)) && memchr(info->command, '\0', sizeof(info->command)));
	fuzz_must(strcmp(pawl_lock_state_name(info->state), "?") != 0);
	return 0;
}

static void look(uint8_t n)
{
	pawl_space_stats_t stats;
	pawl_remote_info_t remote;
	pawl_lock_info_t info;
	size_t bytes = 0;

	switch (n % 5) {
	case 0:
		pawl_space_check(space);
		break;
	case 1:
		pawl_space_stats(space, &stats);
		break;
	case 2:
		pawl_lock_list(space, look_at, &bytes);
		break;
	case 3:
		pawl_space_remote(space, &remote);
		fuzz_must(memchr(remote.url, '\0', sizeof(remote.url)) && memchr(remote.host, '\0', sizeof(remote.host)));
		break;
	default:
		if (pawl_lock_peek(space, name_of(n), &info) == 0)
			look_at(&info, &bytes);
	}
}

static void use(pawl_lock_t **lock, uint8_t what)
{
	const pawl_lock_bounds_t bounds = { .max_tenure_ns = 1000000 };
	pawl_grant_t grant;

	switch (what % 8) {
	case 0:
		(void)!pawl_lock_acquire(*lock, PAWL_TRY, &grant);
		break;
	case 1:
		(void)!pawl_lock_acquire(*lock, pawl_in_ns(20000), &grant);
		break;
	case 2:
	case 3:
		pawl_lock_release(*lock);
		break;
	case 4:
		pawl_lock_consistent(*lock);
		break;
	case 5:
		pawl_lock_reset(*lock);
		break;
	case 6:
		pawl_lock_set_bounds(*lock, &bounds);
		(void)pawl_lock_valid(*lock);
		break;
	default:
		if (pawl_lock_close(*lock) == 0)
			*lock = NULL;
	}
}

static void step(struct fuzz *f)
{
	uint8_t what = fuzz_byte(f), n = what >> 3;
	pawl_lock_t **lock = &handles[n % HANDLES];

	switch (what & 7) {
	case 0:
		hostile_write(f);
		return;
	case 1:
		hostile_write_later(f, n);
		return;
	default:
		break;
	}
	open_space();
	if (!space)
		return;
	switch (what & 7) {
	case 2:
		look(n);
		break;
	case 3:
		if (!*lock && pawl_lock_open(space, name_of(n >> 2),
				      fuzz_byte(f) & (PAWL_RECURSIVE | PAWL_AUTO_RECOVER | PAWL_TIMESTAMP), lock))
			*lock = NULL;
		break;
	case 4:
	case 5:
	case 6:
		if (*lock)
			use(lock, fuzz_byte(f));
		break;
	default:
		memset(handles, 0, sizeof(handles));
		space = NULL;
		hostile_end();
		hostile_be_peer(n & 1);
	}
}

/* ---- the peer ---- */

static void *take_and_give(void *arg)
{
	pawl_lock_t *lock;

	for (uint8_t n = 0; !PAWL_LOAD(&peer_ends, ACQUIRE); n++) { /* joined afterwards */
		if (pawl_lock_open(arg, name_of(n), 0, &lock))
			continue;
		if (pawl_acquired(pawl_lock_acquire(lock, pawl_in_ns(10000), NULL)))
			pawl_lock_release(lock);
		pawl_lock_close(lock);
	}
	return NULL;
}

static void run_beside_peer(struct fuzz *f)
{
	pthread_t peer;

	open_space();
	if (!space)
		return;
	PAWL_STORE(&peer_ends, 0u, RELAXED); /* relaxed: before it begins */
	fuzz_must(pthread_create(&peer, NULL, take_and_give, space) == 0);
	for (int i = 0; i < STEPS && f->left > 0 && space; i++) {
		if ((*f->at & 7) == 7)
			break; /* it stays open while the peer is there */
		step(f);
	}
	PAWL_STORE(&peer_ends, 1u, RELEASE); /* joined below */
	pthread_join(peer, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct fuzz f = { bytes, n };
	uint8_t how = fuzz_byte(&f);

	memset(handles, 0, sizeof(handles));
	space = NULL;
	hostile_begin(&f, how & 1);
	hostile_be_peer(how & 2);
	if ((how & 0x3c) == 0x3c)
		run_beside_peer(&f);
	for (int i = 0; i < STEPS && f.left > 0; i++)
		step(&f);

	if (space && hostile_is_honest())
		fuzz_must(pawl_space_check(space) == 0);
	hostile_end();
	return 0;
}
