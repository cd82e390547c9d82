/* SPDX-License-Identifier: BSD-2-Clause */
/** flock.c: flock(2), the lock that shell scripts know. */
#include <errno.h>
#include <sys/file.h>
#include <unistd.h>

#include "file.h"

static int parents = -1, own = -1;

#define BENCH_PREPARE (void)mem;
#define BENCH_TAKE    (flock(own, LOCK_EX) == 0 ? 0 : errno)
#define BENCH_GIVE    (flock(own, LOCK_UN) == 0 ? 0 : errno)
#include "../loop.h"

static int open_file(void *mem)
{
	(void)mem;
	return bench_file_open(&parents);
}

static int enter(void *mem)
{
	(void)mem;
	own = bench_file_reopen(parents);
	return own < 0 ? errno : 0;
}

static void shut(void *mem)
{
	(void)mem;
	close(parents);
}

const bench_row_t bench_flock = {
	.name = "flock",
	.what = "flock(2) on a file in memory",
	.traits = BENCH_SURVIVES,
	.spin_ns = -1,
	.open = open_file,
	.enter = enter,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = shut,
};
