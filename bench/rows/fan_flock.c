/* SPDX-License-Identifier: BSD-2-Clause */
/** fan_flock.c: flock(2) on as many files, which each worker has opened beforehand. */
#include <errno.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../fan.h"
#include "file.h"

typedef struct files {
	int fd[BENCH_NAMES_MOST];
} files_t;

static files_t own;

/* As many descriptors as we may have; it says EMFILE if that is too few. */
static void allow_many(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int make(files_t *l)
{
	int rc = 0;

	allow_many();
	for (unsigned i = 0; i < BENCH_NAMES_MOST && !rc; i++)
		rc = bench_file_open(&l->fd[i]);
	return rc;
}

/* One for one, so that a worker has no more of them than its parent. */
static int reopen(files_t *l)
{
	for (unsigned i = 0; i < BENCH_NAMES_MOST; i++) {
		own.fd[i] = bench_file_reopen(l->fd[i]);
		if (own.fd[i] < 0)
			return errno;
		close(l->fd[i]);
	}
	return 0;
}

static void close_all(files_t *l)
{
	for (unsigned i = 0; i < BENCH_NAMES_MOST; i++)
		close(l->fd[i]);
}

#define ROW          flock
#define WHAT         "flock(2) on as many files in memory, opened beforehand"
#define TRAITS       BENCH_SURVIVES
#define TYPE         files_t
#define INIT(l)      make(l)
#define ENTER(l)     reopen(l)
#define LOCK(l, i)   (flock(own.fd[i], LOCK_EX) == 0 ? 0 : errno)
#define UNLOCK(l, i) (flock(own.fd[i], LOCK_UN) == 0 ? 0 : errno)
#define SHUT(l)      close_all(l)
#include "../fanrow.h"
