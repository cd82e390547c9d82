/* SPDX-License-Identifier: BSD-2-Clause */
/** flock.c: flock(2), the lock that shell scripts know. */
#include <errno.h>
#include <sys/file.h>
#include <unistd.h>

#include "file.h"

static int parents = -1, own = -1;

#define ROW       flock
#define WHAT      "flock(2) on a file in memory"
#define TRAITS    (BENCH_SHARED | BENCH_SURVIVES)
#define TYPE      void
#define INIT(l)   bench_file_open(&parents)
#define ENTER(l)  ((own = bench_file_reopen(parents)) < 0 ? errno : 0)
#define LOCK(l)   (flock(own, LOCK_EX) == 0 ? 0 : errno)
#define UNLOCK(l) (flock(own, LOCK_UN) == 0 ? 0 : errno)
#define SHUT(l)   close(parents)
#include "../lockrow.h"
