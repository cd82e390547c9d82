/* SPDX-License-Identifier: BSD-2-Clause */
/** linger.c: the side file: one byte per place, locked by whoever was started under that place's lock.
 *
 * A named lock held by `pawl run` must last as long as the command, even if `pawl` itself is killed first. The command and
 * its descendants inherit a descriptor of the side file through which the byte of the lock's place is locked; the kernel
 * drops that when the last of them has closed it. An OFD lock, because those belong to the open file, not to a process. A
 * file of its own, because commands write to descriptors they do not know.
 *
 * Only a member of the segment makes the side file, and only the last member removes it, with no byte locked: so nobody can
 * make a second one while a first one is in use.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/point.h"
#include "space/linger.h"
#include "space/segment.h"

#define LOOK_FIRST_NS 1000000
#define LOOK_LAST_NS  20000000

static int side_path(const char *segment_path, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s+linger", segment_path) < PATH_MAX ? 0 : ENAMETOOLONG;
}

/* Whoever may write the segment may have made it: its owner, or, of a space of a group, one of that group. Nobody else: a stranger
 * who shares a group with us could keep our locks by it. */
static bool is_of(const struct stat *side, const struct stat *segment)
{
	return S_ISREG(side->st_mode) &&
	       (side->st_uid == segment->st_uid || ((segment->st_mode & S_IWGRP) && side->st_gid == segment->st_gid));
}

/* Returns the descriptor, or -1 and errno. The side file has the rights of the segment. */
static int open_side(const char *segment_path, int segment_fd, int flags)
{
	char path[PATH_MAX];
	struct stat st, seg;
	int fd;

	if (side_path(segment_path, path) != 0)
		return errno = ENAMETOOLONG, -1;
	fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | (flags & O_CLOEXEC));
	if (fd < 0 && errno == ENOENT && (flags & O_CREAT)) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | (flags & O_CLOEXEC), 0600);
		if (fd < 0 && errno == EEXIST) /* somebody was faster */
			fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | (flags & O_CLOEXEC));
		else if (fd >= 0 && fstat(segment_fd, &seg) == 0 &&
			 (fchown(fd, (uid_t)-1, seg.st_gid) != 0 || fchmod(fd, seg.st_mode & 0660) != 0)) {
			close(fd);
			return -1;
		}
	}
	if (fd >= 0 && (fstat(fd, &st) != 0 || (segment_fd >= 0 && (fstat(segment_fd, &seg) != 0 || !is_of(&st, &seg))))) {
		close(fd);
		return errno = EPROTO, -1;
	}
	return fd;
}

/* Would an exclusive lock on these bytes be refused? Who cannot look, for want of a descriptor say, knows nothing, and must
 * not take that for nobody: then *held, and the errno. */
static int look(const char *segment_path, int segment_fd, off_t start, off_t len, bool *held)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
	int fd = open_side(segment_path, segment_fd, O_CLOEXEC), rc = 0;

	if (fd < 0) {
		*held = errno != ENOENT;
		return *held ? errno : 0;
	}
	if (fcntl(fd, F_OFD_GETLK, &lock) != 0)
		rc = errno;
	*held = rc != 0 || lock.l_type != F_UNLCK;
	close(fd);
	return rc;
}

bool pawl__linger_any(const char *segment_path)
{
	bool any;

	look(segment_path, -1, 0, 0, &any);
	return any;
}

bool pawl__linger_is_held(struct pawl_space *space, uint32_t place)
{
	bool held;

	look(space->path, space->fd, (off_t)place, 1, &held);
	return held;
}

int pawl__linger_hold(struct pawl_space *space, uint32_t place, int *out)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)place, .l_len = 1 };
	int fd;

	if (space->path[0] == '\0')
		return ENOTSUP;
	fd = open_side(space->path, space->fd, O_CREAT);
	if (fd < 0)
		return errno;
	PAWL__POINT("linger/opened");
	if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
		int rc = errno == EAGAIN || errno == EACCES ? EBUSY : errno;

		close(fd);
		return rc;
	}
	*out = fd;
	return 0;
}

int pawl__linger_outlast(struct pawl_space *space, uint32_t place, pawl_deadline_t deadline)
{
	struct timespec t = { .tv_nsec = LOOK_FIRST_NS };

	for (;;) {
		bool held;
		int rc = look(space->path, space->fd, (off_t)place, 1, &held);

		if (!held || rc != 0)
			return rc;
		rc = pawl__segment_is_there(space);
		if (rc != 0)
			return rc;
		if (deadline == PAWL_TRY)
			return EBUSY;
		if (pawl__now() >= deadline)
			return ETIMEDOUT;
		nanosleep(&t, NULL); /* there is nobody who could wake us: the kernel drops the byte */
		t.tv_nsec = t.tv_nsec * 2 < LOOK_LAST_NS ? t.tv_nsec * 2 : LOOK_LAST_NS;
	}
}
