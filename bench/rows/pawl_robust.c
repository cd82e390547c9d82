/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl_robust.c: pawl's robust mutex in the caller's own shared memory. */
#include <pawl/space.h>

static pawl_space_t *home;

#define BENCH_PREPARE                                                                                                  \
	pawl_robust_t *const m = mem;                                                                                  \
	pawl_space_t *const space = home;
#define BENCH_TAKE pawl_robust_lock(space, m, PAWL_FOREVER)
#define BENCH_GIVE pawl_robust_unlock(space, m)
#include "../loop.h"

static int open_space(void *mem)
{
	int rc = pawl_space_open(&home, NULL, NULL);

	return rc ? rc : pawl_robust_init(mem, 0);
}

/* Join the space: the first call of a thread is the dear one. On a mutex of the worker's own: the other may be held. */
static int enter(void *mem)
{
	static pawl_robust_t mine;
	int rc = pawl_robust_lock(home, &mine, PAWL_FOREVER);

	(void)mem;
	return rc ? rc : pawl_robust_unlock(home, &mine);
}

static int mend(void *mem)
{
	return pawl_robust_consistent(home, mem);
}

static void shut(void *mem)
{
	(void)mem;
	pawl_space_close(home);
}

const bench_row_t bench_pawl_robust = {
	.name = "pawl_robust",
	.what = "pawl_robust_lock, pawl_robust_unlock",
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
