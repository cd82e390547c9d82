/* SPDX-License-Identifier: BSD-2-Clause */
/** leave.c: leaving a segment, removing it, letting go of its memory.
 *
 * Who can lock the file exclusively is the last member and removes it, unless it still has something to say. Two that leave
 * together would block each other's conversion for ever, so who cannot convert drops the shared lock first and tries once
 * more. An attacher that waits for the lock meanwhile finds that the name is gone, and begins again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/point.h"
#include "space/file.h"
#include "space/handle.h"
#include "space/segment.h"

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
		uint32_t word = PAWL_LOAD(&place->lock.word, RELAXED); /* relaxed: alone */
		pawl__word_kind_t kind = pawl__word_kind(word);
		const struct pawl__seat *seat = pawl__seat_at(space, i);

		if (seat && kind == PAWL__OWNED && pawl__seat_is_asking(seat, pawl__word_id(word)))
			continue; /* it died waiting for a lease */
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

/* ---- and letting go of it ---- */

void pawl__space_free(struct pawl_space *space)
{
	if (space->header)
		munmap(space->header, space->size);
	if (space->fd >= 0)
		close(space->fd);
	if (space->bell >= 0)
		close(space->bell);
	free(space->url);
	free(space);
}

void pawl__space_end(struct pawl_space *space)
{
	struct pawl_space **p;

	for (p = &pawl__spaces; *p != space;)
		p = &(*p)->next;
	*p = space->next;
	pawl__segment_leave(space);
	pawl__handles_destroy(space);
	pawl__space_free(space);
}
