/* SPDX-License-Identifier: BSD-2-Clause */
/** floor.c: I6 across the removal and re-creation of a segment: token counters never go back.
 *
 * A counter begins at the segment's epoch, nanoseconds of CLOCK_REALTIME, and a grant takes more than a nanosecond: so a
 * counter never overtakes the clock, and a later segment begins higher, unless the clock was set back. Against that, the
 * last one out writes the highest token of the segment into a small file beside the segments, and a creator begins above
 * it. The file is never removed. Where it cannot be written, and where a segment is removed behind its users' backs, the
 * clock is all there is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/point.h"
#include "space/segment.h"

/* pawl.1000.orders -> pawl.1000+floor: one per owner and folder. */
static int open_floor(const char *segment_path, int flags)
{
	const char *base = strrchr(segment_path, '/'), *dot;
	char path[PATH_MAX];
	struct stat st;
	int fd;

	base = base ? base + 1 : segment_path;
	dot = strchr(base + strlen("pawl."), '.');
	if (!dot || snprintf(path, sizeof(path), "%.*s+floor", (int)(dot - segment_path), segment_path) >= (int)sizeof(path))
		return -1;
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT && (flags & O_ACCMODE) == O_RDWR)
		fd = open(path, flags | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (st.st_uid != geteuid() && st.st_uid != 0))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int64_t read_floor(int fd)
{
	int64_t floor = 0;

	/* A floor far beyond any clock would use the counters up: garbage, not a floor. The year 2200 is enough. */
	if (pread(fd, &floor, sizeof(floor), 0) != sizeof(floor) || floor < 0 || floor > 7258118400000000000)
		return 0;
	return floor;
}

/* Blocks for the microseconds in which another one reads and writes eight bytes; bounded, should that one be stopped. */
static bool lock_floor(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };

	for (int tries = 0; tries < 200; tries++) {
		struct timespec t = { .tv_nsec = 500000 };

		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return true;
		nanosleep(&t, NULL);
	}
	return false;
}

int64_t pawl__floor_epoch(const char *segment_path)
{
	int64_t epoch = pawl__now_real(), floor = 0;
	int fd = open_floor(segment_path, O_RDONLY);

	if (fd >= 0) {
		lock_floor(fd, F_RDLCK);
		floor = read_floor(fd);
		close(fd);
	}
	return epoch > floor ? epoch : floor + 1;
}

/* A creator may be stopped between reading the clock and naming its segment, while another one of that name comes, grants and
 * goes. So everybody who attaches lifts the floor to the clock of that moment, before it adds a name: the segment had its
 * name by then, and any that had it before was gone. */
void pawl__floor_lift(const struct pawl_space *space)
{
	uint64_t floor = PAWL_LOAD(&space->header->floor, RELAXED), now = (uint64_t)pawl__now_real(); /* relaxed: a maximum */

	while (floor < now && !PAWL_CAS(&space->header->floor, &floor, now, RELAXED)) /* relaxed: as above */
		;
}

/* The highest token of the segment: of names that were reclaimed, and of those that are there. We are alone in it. */
static int64_t highest_token(const struct pawl_space *space)
{
	uint64_t highest = PAWL_LOAD(&space->header->floor, RELAXED); /* relaxed: alone */
	const struct pawl__place *place;

	for (uint32_t i = 0; (place = pawl__place_from(space, &i)); i++)
		if (PAWL_LOAD(&place->lock.grant, RELAXED) > highest) /* relaxed: alone */
			highest = place->lock.grant;
	return highest < INT64_MAX ? (int64_t)highest : INT64_MAX;
}

void pawl__floor_raise(const struct pawl_space *space)
{
	int64_t floor = highest_token(space);
	int fd = open_floor(space->path, O_RDWR);

	if (fd < 0)
		return;
	if (lock_floor(fd, F_WRLCK) && read_floor(fd) < floor) {
		if (pwrite(fd, &floor, sizeof(floor), 0) != sizeof(floor)) {
			/* Disk full: the clock is all there is. */
		}
		PAWL__POINT("floor/raised");
	}
	close(fd);
}
