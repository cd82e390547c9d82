/* SPDX-License-Identifier: BSD-2-Clause */
/** segment.c: the file behind a space: published whole, joined by a lock, removed by the last to leave.
 *
 * Nobody ever sees a half-made segment: it is an unnamed file until it is complete, and a creator that is killed leaves
 * nothing. Membership is a shared OFD lock on byte 0, which the kernel drops with the process.
 *
 *   attach   open; if there is none, make one and link() it under the name, or begin again if somebody was faster
 *            lock shared; if the name means another file by now (the last one out removed ours), begin again
 *            if the lock can be had exclusively, we are alone with what others left behind: adopt it
 *   leave    lock exclusively: we are the last, remove the file, unless it still has something to say. Two that leave together would block each other's
 *            conversion for ever, so who cannot convert drops the shared lock first and tries once more.
 *
 * Not POSIX locks: closing any descriptor of the file would drop them. Not flock: its conversion is not atomic.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/point.h"
#include "space/live.h"
#include "space/reserve.h"
#include "space/segment.h"

/* ---- names ---- */

const char *pawl__segment_dir(void)
{
	const char *dir = secure_getenv("PAWL_DIR");

	return dir && dir[0] ? dir : "/dev/shm";
}

void pawl__segment_prefix(uint32_t gid, char *prefix, size_t size)
{
	if (gid != 0)
		snprintf(prefix, size, "pawl.g%u.", gid);
	else
		snprintf(prefix, size, "pawl.%u.", (unsigned)geteuid());
}

static bool is_good_name(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

	return name[n] == '\0' && n >= 1 && n <= 200 && name[0] != '.';
}

int pawl__segment_path(const char *name, uint32_t gid, char path[PATH_MAX])
{
	char prefix[32];

	if (!is_good_name(name))
		return pawl__refuse(EINVAL,
			"'%.200s' cannot name a space: use 1 to 200 letters, digits and ._-, no dot in front", name);
	pawl__segment_prefix(gid, prefix, sizeof(prefix));
	/* 16: room for the side file's ending */
	if (snprintf(path, PATH_MAX, "%s/%s%s", pawl__segment_dir(), prefix, name) >= PATH_MAX - 16)
		return pawl__refuse(ENAMETOOLONG, "the path in PAWL_DIR is too long: %.200s...", path);
	return 0;
}

/* ---- locks on byte 0 ---- */

static int set_lock(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };

	while (fcntl(fd, F_OFD_SETLK, &lock) != 0)
		if (errno != EINTR)
			return errno == EACCES ? EAGAIN : errno;
	return 0;
}

/* Two members that look at the same time must not both give way for ever, so the pauses differ. */
static void back_off(unsigned *times)
{
	struct timespec t = { .tv_nsec = 50000 + (long)((unsigned)getpid() * 7919u % 50000) };

	if (*times < 6)
		(*times)++;
	t.tv_nsec <<= *times;
	nanosleep(&t, NULL);
}

static int lock_shared(int fd, int64_t deadline)
{
	unsigned times = 0;
	int rc;

	while ((rc = set_lock(fd, F_RDLCK)) == EAGAIN) {
		if (pawl__now() >= deadline)
			return ETIMEDOUT;
		back_off(&times);
	}
	return rc;
}

/* True if we are the only member: then we have the exclusive lock; else, still or again, the shared one or none. */
static bool lock_alone(int fd)
{
	return set_lock(fd, F_WRLCK) == 0;
}

int pawl__segment_again(const struct pawl_space *space)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", space->fd);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0 && set_lock(fd, F_RDLCK) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- refusing what is not ours ---- */

static int refuse_errno(const char *path, int rc)
{
	switch (rc) {
	case ELOOP:
		return pawl__refuse(EPROTO, "%s: a symbolic link, which pawl does not follow: remove it", path);
	case EACCES:
		return pawl__refuse(EACCES, "%s: permission denied: it belongs to somebody else, or the folder is closed to you",
			path);
	case ENXIO:
	case EISDIR:
		return pawl__refuse(EPROTO, "%s: not a regular file: remove it, or choose another name", path);
	case ENOENT:
		return pawl__refuse(ENOENT, "%s: no such space", path);
	case EMFILE:
	case ENFILE:
		return pawl__refuse(rc, "%s: too many open files: raise the limit (ulimit -n) or close some", path);
	case ENOSPC:
	case EDQUOT:
		return pawl__refuse(ENOSPC, "%s: no space left on its file system", path);
	case EOPNOTSUPP:
		return pawl__refuse(rc, "%s: this file system cannot reserve memory or make unnamed files: set PAWL_DIR to a "
			"folder on tmpfs, ext4, xfs or btrfs", path);
	case ETIMEDOUT:
		return pawl__refuse(rc, "%s: a process that was alone in it has been removing or mending it for too long: is it "
			"stopped? (see `fuser %s`)", path, path);
	default:
		return pawl__refuse(rc, "%s: %s", path, strerror(rc));
	}
}

static int check_file(const char *path, const struct stat *st, uint32_t gid)
{
	uint32_t allowed = gid != 0 ? 0660 : 0600;

	if (!S_ISREG(st->st_mode))
		return pawl__refuse(EPROTO, "%s: not a regular file: remove it, or choose another name", path);
	if (gid == 0 && st->st_uid != geteuid())
		return pawl__refuse(EPROTO, "%s: belongs to user %u, not to you (%u): do not use it; ask its owner to remove it",
			path, (unsigned)st->st_uid, (unsigned)geteuid());
	if (gid != 0 && st->st_gid != gid)
		return pawl__refuse(EPROTO, "%s: belongs to group %u, not to the agreed %u: do not use it", path,
			(unsigned)st->st_gid, gid);
	if ((st->st_mode & 07777 & ~allowed) != 0)
		return pawl__refuse(EPROTO, "%s: its mode %04o is wider than %04o: others may have written to it; remove it", path,
			(unsigned)st->st_mode & 07777, allowed);
	return 0;
}

/* ---- attach ---- */

static int map(struct pawl_space *space, uint64_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, space->fd, 0);

	if (p == MAP_FAILED)
		return refuse_errno(space->path[0] ? space->path : "(anonymous)", errno);
	space->header = p;
	space->size = size;
	return 0;
}

static void unmap(struct pawl_space *space)
{
	if (space->header)
		munmap(space->header, space->size);
	space->header = NULL;
	if (space->fd >= 0)
		close(space->fd);
	space->fd = -1;
}

/* The stamp is read, not mapped: a file that lies about its length cannot fault that way, and what was checked is what is
 * used from then on (I7): a peer cannot move our bounds afterwards. */
static int check_stamp(struct pawl_space *space, uint64_t size, bool *reborn)
{
	union {
		struct pawl__header header;
		char bytes[PAWL__SLOTS_OFF];
	} copy;
	int rc;

	if (pread(space->fd, &copy, sizeof(copy), 0) != sizeof(copy))
		return pawl__refuse(EPROTO, "%s: too short to be a segment: remove it", space->path);
	rc = pawl__stamp_check(space->path, &copy.header, size, reborn);
	if (rc != 0)
		return rc;
	space->capacity = copy.header.capacity;
	space->token_off = copy.header.token_off;
	return 0;
}

/* The file is open and we are a member. EAGAIN: it is not the one by that name any more. */
static int check_opened(struct pawl_space *space, const pawl_space_options_t *options, bool *reborn)
{
	struct stat a, b;
	int rc;

	if (fstat(space->fd, &a) != 0)
		return refuse_errno(space->path, errno);
	if (a.st_nlink == 0 || stat(space->path, &b) != 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return EAGAIN;
	rc = check_file(space->path, &a, options->gid);
	if (rc != 0)
		return rc;
	space->dev = a.st_dev;
	space->ino = a.st_ino;
	rc = check_stamp(space, (uint64_t)a.st_size, reborn);
	return rc != 0 ? rc : map(space, (uint64_t)a.st_size);
}

static int open_existing(struct pawl_space *space, const pawl_space_options_t *options, int64_t deadline)
{
	bool reborn = false;
	struct stat st;
	int rc;

	space->fd = open(space->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (space->fd < 0)
		return errno;
	if (fstat(space->fd, &st) == 0 && (rc = check_file(space->path, &st, options->gid)) != 0)
		goto fail; /* before we wait for a lock on a stranger's file */
	rc = lock_shared(space->fd, deadline);
	if (rc != 0) {
		refuse_errno(space->path, rc);
		goto fail;
	}
	rc = check_opened(space, options, &reborn);
	if (rc != 0)
		goto fail;
	PAWL__POINT("segment/attached");
	if (lock_alone(space->fd)) {
		pawl__adopt(space, reborn);
		PAWL__POINT("segment/adopted");
		set_lock(space->fd, F_RDLCK); /* a conversion down always succeeds */
	} else if (reborn && PAWL_LOAD(&space->header->magic, ACQUIRE) == PAWL__MAGIC) { /* ST2 acquire: as stamp_check */
		bool still;

		rc = check_stamp(space, space->size, &still);
		if (rc == 0 && still) { /* two at once: the other may be adopting, or waiting for us just as we wait */
			set_lock(space->fd, F_UNLCK);
			rc = EAGAIN;
		}
		if (rc != 0)
			goto fail;
	}
	return 0;
fail:
	unmap(space);
	return rc;
}

/* ---- create ---- */

static uint32_t round_capacity(uint32_t wanted)
{
	uint32_t n = PAWL__CAPACITY_MIN;

	if (wanted == 0)
		wanted = PAWL__CAPACITY_DEFAULT;
	while (n < wanted && n < PAWL__CAPACITY_MAX)
		n *= 2;
	return n;
}

/* An open, unnamed file becomes a complete segment. */
static int make(struct pawl_space *space, const pawl_space_options_t *options, int64_t epoch_ns)
{
	uint32_t capacity = round_capacity(options->capacity);
	uint64_t size = pawl__total_of(capacity);
	int rc;

	if (ftruncate(space->fd, (off_t)size) != 0)
		return refuse_errno(space->path, errno);
	rc = pawl__reserve_range(space, 0, PAWL__SLOTS_OFF);
	if (rc != 0)
		return refuse_errno(space->path, rc);
	rc = map(space, size);
	if (rc != 0)
		return rc;
	space->header->capacity = capacity;
	rc = pawl__stamp_fill(space, options, epoch_ns);
	if (rc != 0)
		return rc;
	space->capacity = capacity;
	space->token_off = space->header->token_off; /* nobody else has seen it yet */
	rc = pawl__live_grow(space);
	return rc != 0 ? refuse_errno(space->path, rc) : 0;
}

static int set_rights(const struct pawl_space *space, const pawl_space_options_t *options)
{
	mode_t mode = options->mode != 0 ? options->mode : options->gid != 0 ? 0660 : 0600;

	if (options->gid != 0 && fchown(space->fd, (uid_t)-1, options->gid) != 0)
		return pawl__refuse(errno, "%s: cannot be given to group %u: you are not a member of it", space->path, options->gid);
	if (fchmod(space->fd, mode) != 0) /* whatever the umask is */
		return refuse_errno(space->path, errno);
	return 0;
}

/* Returns 0; EAGAIN if somebody else was faster. */
static int create(struct pawl_space *space, const pawl_space_options_t *options)
{
	char self[64];
	struct stat st;
	int rc;

	space->fd = open(pawl__segment_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (space->fd < 0)
		return errno == ENOENT ? pawl__refuse(ENOENT, "%s: no such folder: create it, or unset PAWL_DIR",
						 pawl__segment_dir()) :
					 refuse_errno(pawl__segment_dir(), errno);
	PAWL__POINT("segment/unnamed");
	rc = set_rights(space, options);
	if (rc == 0)
		rc = make(space, options, pawl__floor_epoch(space->path));
	PAWL__POINT("segment/filled");
	if (rc == 0 && (rc = set_lock(space->fd, F_RDLCK)) != 0) /* a member before it is visible */
		refuse_errno(space->path, rc);
	if (rc == 0) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", space->fd);
		/* through /proc, because AT_EMPTY_PATH needs a capability */
		if (linkat(AT_FDCWD, self, AT_FDCWD, space->path, AT_SYMLINK_FOLLOW) != 0)
			rc = errno == EEXIST ? EAGAIN : refuse_errno(space->path, errno);
	}
	if (rc == 0) {
		PAWL__POINT("segment/named");
		fstat(space->fd, &st);
		space->dev = st.st_dev;
		space->ino = st.st_ino;
		return 0;
	}
	unmap(space);
	return rc;
}

int pawl__segment_attach(struct pawl_space *space, const pawl_space_options_t *options)
{
	int64_t deadline = options->deadline != 0 ? options->deadline : pawl_in_ms(2000);
	unsigned times = 0;
	int rc;

	for (;;) {
		rc = open_existing(space, options, deadline);
		if (rc == ENOENT && !options->existing)
			rc = create(space, options);
		else if (rc != 0 && space->fd < 0 && rc != EAGAIN && rc != EPROTO && rc != ETIMEDOUT)
			return refuse_errno(space->path, rc);
		if (rc == 0)
			pawl__floor_lift(space); /* I6 */
		if (rc != EAGAIN)
			return rc;
		if (pawl__now() >= deadline)
			return refuse_errno(space->path, ETIMEDOUT);
		back_off(&times);
	}
}

int pawl__segment_anonymous(struct pawl_space *space, const pawl_space_options_t *options)
{
	int rc;

	space->fd = memfd_create("pawl", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (space->fd < 0)
		return refuse_errno("(anonymous)", errno);
	rc = make(space, options, pawl__now_real());
	if (rc == 0 && fcntl(space->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		rc = refuse_errno("(anonymous)", errno);
	if (rc != 0)
		unmap(space);
	return rc;
}

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
	for (uint32_t i = 0; i < space->capacity; i++) {
		const struct pawl__place *place = pawl__place_at(space, i);
		uint32_t w = place ? PAWL_LOAD(&place->lock.word, RELAXED) : PAWL__W_FREE; /* relaxed: alone */

		if (!place)
			i |= PAWL__CHUNK / sizeof(*place) - 1; /* nothing in this chunk */
		else if (pawl__word_kind(w) != PAWL__FREE && pawl__word_kind(w) != PAWL__TURN &&
			 (PAWL_LOAD(&place->gen, RELAXED) & 3) == PAWL__PLACE_READY) /* relaxed: alone */
			return true;
	}
	return false;
}

void pawl__segment_leave(struct pawl_space *space)
{
	int fd = space->fd;

	if (fd < 0)
		return;
	if (space->path[0] && (lock_alone(fd) || (set_lock(fd, F_UNLCK) == 0 && lock_alone(fd)))) {
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
	if (space->side_fd >= 0)
		close(space->side_fd);
	space->side_fd = -1;
}

int pawl__segment_remove(const char *path, uint32_t gid)
{
	struct pawl_space space = { .fd = -1 };
	struct stat st;
	int rc;

	snprintf(space.path, sizeof(space.path), "%s", path);
	space.fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (space.fd < 0)
		return refuse_errno(path, errno);
	rc = fstat(space.fd, &st) != 0 ? refuse_errno(path, errno) : check_file(path, &st, gid);
	if (rc == 0 && !lock_alone(space.fd))
		rc = pawl__refuse(EBUSY, "%s: in use: `fuser %s` shows by whom", path, path);
	if (rc == 0 && pawl__linger_any(path))
		rc = pawl__refuse(EBUSY, "%s: a command started by `pawl run` still holds it: `fuser %s+linger` shows which", path,
			path);
	if (rc == 0) {
		bool reborn;

		if (check_stamp(&space, (uint64_t)st.st_size, &reborn) == 0 && map(&space, (uint64_t)st.st_size) == 0)
			pawl__floor_raise(&space);
		remove_name(path, space.fd);
	}
	unmap(&space);
	return rc;
}

/* A child whose parent had no descriptor to spare for it, at the time of the fork. */
static int rejoin(struct pawl_space *space)
{
	struct stat st;
	int fd = open(space->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno == ENOENT ? EIDRM : errno;
	if (lock_shared(fd, pawl_in_ms(2000)) != 0 || fstat(fd, &st) != 0 || st.st_nlink == 0 || st.st_dev != space->dev ||
		st.st_ino != space->ino) {
		close(fd);
		return EIDRM;
	}
	space->fd = fd;
	return 0;
}

int pawl__segment_is_there(const struct pawl_space *space)
{
	struct stat st;

	if (pawl__segment_is_removed(space))
		return EIDRM;
	if (space->path[0] == '\0')
		return 0;
	if (space->fd < 0)
		return rejoin((struct pawl_space *)(uintptr_t)space);
	if (fstat(space->fd, &st) != 0 || st.st_nlink != 0)
		return 0;
	PAWL_FETCH_OR(&space->header->flags, PAWL__REMOVED, RELAXED); /* relaxed: a flag that only rises */
	PAWL__POINT("segment/seen-removed");
	return EIDRM;
}
