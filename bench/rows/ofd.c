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

#define ROW       ofd
#define WHAT      "fcntl(2) F_OFD_SETLKW on a file in memory"
#define TRAITS    (BENCH_SHARED | BENCH_SURVIVES)
#define TYPE      void
#define INIT(l)   bench_file_open(&parents)
#define ENTER(l)  ((own = bench_file_reopen(parents)) < 0 ? errno : 0)
#define LOCK(l)   set(F_WRLCK)
#define UNLOCK(l) set(F_UNLCK)
#define SHUT(l)   close(parents)
#include "../lockrow.h"
