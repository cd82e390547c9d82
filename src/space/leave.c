/* SPDX-License-Identifier: BSD-2-Clause */
/** leave.c: leaving a segment, removing it, and noticing that somebody else has removed it.
 *
 * Who can lock the file exclusively is the last member and removes it, unless it still has something to say. Two that leave
 * together would block each other's conversion for ever, so who cannot convert drops the shared lock first and tries once
 * more. An attacher that waits for the lock meanwhile finds that the name is gone, and begins again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cancel.h"
#include "core/point.h"
#include "space/file.h"
#include "space/member.h"
#include "space/segment.h"
#include "space/table.h"

/* ---- leave ---- */

/* True if a name was removed. Caller has the exclusive lock on `fd`. */
static bool remove_name(const char *path, int fd)
{
	char side[PATH_MAX];
	struct stat a, b;

	if (fstat(fd, &a) != 0 || a.st_nlink == 0 || stat(path, &b) != 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return false;
	if (snprintf(side, sizeof(side), "%s+linger", path) < (int)sizeof(side))
		unlink(side);
	PAWL__POINT("segment/side-removed");
	return unlink(path) == 0;
}

/* Is there a death that nobody has been told of yet, or a lock that waits to be reset? Then the file has to stay: what the
 * lock protects may be on a disk, and half changed. We are alone, so an owner can only be a dead one. */
static bool has_bad_news(const struct pawl_space *space)
{
	const struct pawl__place *place;

	for (uint32_t i = 0; (place = pawl__place_from(space, &i)); i++) {
		pawl__word_kind_t kind = pawl__word_kind(PAWL_LOAD(&place->lock.word, RELAXED)); /* relaxed: alone */

		if (kind != PAWL__FREE && kind != PAWL__TURN && pawl__gen_is_ready(pawl__table_gen(place)))
			return true;
	}
	return false;
}

void pawl__segment_leave(struct pawl_space *space)
{
	int fd = pawl__file_fd(space);

	if (fd < 0)
		return;
	if (space->path[0] &&
		(pawl__file_lock_alone(fd) || (pawl__file_lock(fd, F_UNLCK) == 0 && pawl__file_lock_alone(fd)))) {
		PAWL__POINT("segment/alone");
		if (!(PAWL_LOAD(&space->header->flags, RELAXED) & PAWL__PERSISTENT) && /* relaxed: constant */
			!pawl__linger_any(space->path) && !has_bad_news(space)) {
			pawl__floor_raise(space);
			PAWL__POINT("segment/floor-raised");
			remove_name(space->path, fd);
			PAWL__POINT("segment/removed");
		}
	}
	space->fd = -1;
	close(fd); /* whoever waited for the lock finds that the name is gone and begins again */
}

int pawl__segment_remove(const char *path, uint32_t gid)
{
	struct pawl_space space = { .fd = -1 };
	struct stat st;
	int rc;

	snprintf(space.path, sizeof(space.path), "%s", path);
	space.fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (space.fd < 0)
		return pawl__file_refuse(path, errno);
	rc = fstat(space.fd, &st) != 0 ? pawl__file_refuse(path, errno) : pawl__file_check(path, &st, gid);
	if (rc == 0 && !pawl__file_lock_alone(space.fd))
		rc = pawl__refuse(EBUSY, "%s: in use: `fuser %s` shows by whom", path, path);
	if (rc == 0 && pawl__linger_any(path))
		rc = pawl__refuse(EBUSY,
			"%s: a command started by `pawl run` still holds it: `fuser %s+linger` shows which", path, path);
	if (rc == 0) {
		bool reborn;

		if (pawl__segment_check_stamp(&space, (uint64_t)st.st_size, &reborn) == 0 &&
			pawl__segment_map(&space, (uint64_t)st.st_size) == 0)
			pawl__floor_raise(&space);
		remove_name(path, space.fd);
	}
	pawl__segment_unmap(&space);
	return rc;
}

/* ---- is it still there? ---- */

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
