/* SPDX-License-Identifier: BSD-2-Clause */
/** file.c: the file under the file locks (file.h). A memfd: nothing is left behind however we end. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

int bench_file_open(int *fd)
{
	*fd = memfd_create("bench", MFD_CLOEXEC);
	return *fd < 0 ? errno : 0;
}

int bench_file_reopen(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDWR | O_CLOEXEC);
}
