/* SPDX-License-Identifier: BSD-2-Clause */
/** row_pawl.c: a named lock of pawl, in a space with a remote; each side is a host with a PAWL_DIR of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pawl/pawl.h>

#include "pair.h"

struct host {
	char dir[64];
	pawl_space_t *space;
	pawl_lock_t *lock;
};

static void *begin(const char *url, int side)
{
	struct host *h = calloc(1, sizeof(*h));
	/* Each host gives the lock up as soon as the other one wants it: a hand-off is what is measured. */
	pawl_space_options_t options = { .capacity = 64, .remote = url, .ttl_ns = INT64_C(10000000000), .no_handoffs = true };

	(void)side;
	if (!h)
		pair_fail("out of memory");
	snprintf(h->dir, sizeof(h->dir), "/dev/shm/pawl-bench.XXXXXX");
	if (!mkdtemp(h->dir) || setenv("PAWL_DIR", h->dir, 1))
		pair_fail("%s cannot be made", h->dir);
	if (pawl_space_open(&h->space, "bench", &options) || pawl_lock_open(h->space, "handoff", 0, &h->lock))
		pair_fail("%s", pawl_space_reason());
	return h;
}

static void take(void *side)
{
	struct host *h = side;
	int rc = pawl_lock_acquire(h->lock, PAWL_FOREVER, NULL);

	if (rc)
		pair_fail("pawl_lock_acquire: %s", pawl_strerror(rc));
}

static void give(void *side)
{
	struct host *h = side;
	int rc = pawl_lock_release(h->lock);

	if (rc)
		pair_fail("pawl_lock_release: %s", pawl_strerror(rc));
}

static void end(void *side)
{
	struct host *h = side;
	char command[96];

	pawl_lock_close(h->lock);
	pawl_space_close(h->space);
	snprintf(command, sizeof(command), "rm -rf %s", h->dir);
	if (system(command) != 0)
		fprintf(stderr, "%s stays\n", h->dir);
	free(h);
}

const struct handoff_row handoff_pawl = { .name = "pawl",
	.what = "pawl_lock_release here until pawl_lock_acquire returns there",
	.begin = begin,
	.take = take,
	.give = give,
	.end = end };
