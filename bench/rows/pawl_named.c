/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl_named.c: pawl's named lock, by a handle that is open already. */
#include <pawl/lock.h>

static pawl_space_t *home;
static pawl_lock_t *handle, *aside;

#define BENCH_PREPARE                                                                                                  \
	pawl_lock_t *const lock = handle;                                                                              \
	(void)mem;
#define BENCH_TAKE pawl_lock_acquire(lock, PAWL_FOREVER, NULL)
#define BENCH_GIVE pawl_lock_release(lock)
#include "../loop.h"

static int open_space(void *mem)
{
	int rc = pawl_space_open(&home, NULL, NULL);

	(void)mem;
	if (!rc)
		rc = pawl_lock_open(home, "bench", 0, &handle);
	return rc ? rc : pawl_lock_open(home, "bench/aside", PAWL_AUTO_RECOVER, &aside);
}

/* Join the space: the first call of a thread is the dear one. By another name: the measured one may be held. */
static int enter(void *mem)
{
	int rc = pawl_lock_acquire(aside, PAWL_FOREVER, NULL);

	(void)mem;
	return rc ? rc : pawl_lock_release(aside);
}

static int mend(void *mem)
{
	(void)mem;
	return pawl_lock_consistent(handle);
}

static void shut(void *mem)
{
	(void)mem;
	pawl_space_close(home);
}

const bench_row_t bench_pawl_named = {
	.name = "pawl_named",
	.what = "pawl_lock_acquire, pawl_lock_release by a handle",
	.traits = BENCH_SURVIVES,
	.spin_ns = -1,
	.open = open_space,
	.enter = enter,
	.run = run_lock,
	.take = take_lock,
	.mend = mend,
	.give = give_lock,
	.shut = shut,
};
