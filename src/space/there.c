/* SPDX-License-Identifier: BSD-2-Clause */
/** there.c: noticing that a segment has lost its name (rm, logind's RemoveIPC), or this process its descriptor.
 *
 * A segment without a name cannot get it back, and the next one to attach makes another: two owners of one lock. So members
 * look wherever a slow path enters the kernel anyway, and tell each other by a flag.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cancel.h"
#include "core/point.h"
#include "space/file.h"
#include "space/segment.h"

/* A child whose parent had no descriptor to spare for it, at the time of the fork; or the program has closed ours. */
static int rejoin_locked(struct pawl_space *space)
{
	struct stat st;
	int fd;

	if (pawl__file_fd(space) >= 0)
		return 0; /* another thread was faster */
	fd = open(space->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? EIDRM : errno;
	if (pawl__file_lock_shared(fd, pawl_in_ms(2000)) != 0 || fstat(fd, &st) != 0 || st.st_nlink == 0 ||
		st.st_dev != space->dev || st.st_ino != space->ino) {
		close(fd);
		return EIDRM;
	}
	space->fd = fd;
	pawl__segment_map_again(space);
	return 0;
}

static int rejoin(struct pawl_space *space)
{
	int cancel = pawl__cancel_off(), rc;

	pthread_mutex_lock(&pawl__registry);
	rc = rejoin_locked(space);
	pthread_mutex_unlock(&pawl__registry);
	pawl__cancel_back(cancel);
	return rc;
}

int pawl__segment_is_there(const struct pawl_space *space)
{
	struct stat st;

	if (pawl__segment_is_removed(space))
		return EIDRM;
	if (space->path[0] == '\0')
		return 0;
	if (pawl__file_fd(space) < 0)
		return rejoin((struct pawl_space *)(uintptr_t)space);
	if (fstat(space->fd, &st) != 0 || st.st_nlink != 0)
		return 0;
	PAWL_FETCH_OR(&space->header->flags, PAWL__REMOVED, RELAXED); /* relaxed: a flag that only rises */
	PAWL__POINT("segment/seen-removed");
	return EIDRM;
}
