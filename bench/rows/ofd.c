/* SPDX-License-Identifier: BSD-2-Clause */
/** ofd.c: fcntl(2)'s open-file-description lock on one byte. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "file.h"

static int parents = -1, own = -1;

static inline int set(short type)
{
	struct flock byte = { .l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };

	return fcntl(own, F_OFD_SETLKW, &byte) == 0 ? 0 : errno;
}

#define BENCH_PREPARE (void)mem;
#define BENCH_TAKE    set(F_WRLCK)
#define BENCH_GIVE    set(F_UNLCK)
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

const bench_row_t bench_ofd = {
	.name = "ofd",
	.what = "fcntl(2) F_OFD_SETLKW on a file in memory",
	.traits = BENCH_SURVIVES,
	.spin_ns = -1,
	.open = open_file,
	.enter = enter,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = shut,
};
