/* SPDX-License-Identifier: BSD-2-Clause */
/** file.c: the files of spaces: what they are called, who is using them, and which ones to have nothing to do with.
 *
 * Who uses a segment holds a lock on byte 0 of its file, shared, or exclusive when it is alone with it; the kernel drops the
 * lock with the process. OFD locks. Not POSIX locks: closing any descriptor of the file would drop them. Not flock: its
 * conversion is not atomic.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "space/file.h"

/* ---- names ---- */

const char *pawl__file_dir(void)
{
	const char *dir = secure_getenv("PAWL_DIR");

	return dir && dir[0] ? dir : "/dev/shm";
}

void pawl__file_prefix(uint32_t gid, char *prefix, size_t size)
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

int pawl__file_path(const char *name, uint32_t gid, char path[PATH_MAX])
{
	const char *dir = pawl__file_dir();
	char prefix[32], full[PATH_MAX];

	if (!is_good_name(name))
		return pawl__refuse(EINVAL,
			"'%.200s' cannot name a space: use 1 to 200 letters, digits and ._-, no dot in front", name);
	pawl__file_prefix(gid, prefix, sizeof(prefix));
	if (dir[0] != '/' && realpath(dir, full)) /* the process may go to another folder, and the path has to stay */
		dir = full;
	/* 16: room for the side file's ending */
	if (snprintf(path, PATH_MAX, "%s/%s%s", dir, prefix, name) >= PATH_MAX - 16)
		return pawl__refuse(ENAMETOOLONG, "the path in PAWL_DIR is too long: %.200s...", path);
	return 0;
}

/* ---- locks on byte 0 ---- */

int pawl__file_lock(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };

	while (fcntl(fd, F_OFD_SETLK, &lock) != 0)
		if (errno != EINTR)
			return errno == EACCES ? EAGAIN : errno;
	return 0;
}

/* Two members that look at the same time must not both give way for ever, so the pauses differ. */
void pawl__file_back_off(unsigned *times)
{
	struct timespec t = { .tv_nsec = 50000 + (long)((unsigned)getpid() * 7919u % 50000) };

	if (*times < 6)
		(*times)++;
	t.tv_nsec <<= *times;
	nanosleep(&t, NULL);
}

int pawl__file_lock_shared(int fd, int64_t deadline)
{
	unsigned times = 0;
	int rc;

	while ((rc = pawl__file_lock(fd, F_RDLCK)) == EAGAIN) {
		if (pawl__now() >= deadline)
			return ETIMEDOUT;
		pawl__file_back_off(&times);
	}
	return rc;
}

/* True if we are the only member: then we have the exclusive lock; else, still or again, the shared one or none. */
bool pawl__file_lock_alone(int fd)
{
	return pawl__file_lock(fd, F_WRLCK) == 0;
}

/* The program may have closed our descriptor, as daemons do with all that they do not know, and its number may mean a file
 * of its own by now: then that is none of our business, and we have none. */
int pawl__file_fd(const struct pawl_space *space)
{
	struct stat st;

	if (space->fd >= 0 && (fstat(space->fd, &st) != 0 || st.st_dev != space->dev || st.st_ino != space->ino))
		((struct pawl_space *)(uintptr_t)space)->fd = -1;
	return space->fd;
}

int pawl__file_lock_again(const struct pawl_space *space)
{
	char path[64];
	int fd;

	if (pawl__file_fd(space) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", space->fd);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0 && pawl__file_lock(fd, F_RDLCK) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* ---- refusing what is not ours ---- */

int pawl__file_refuse(const char *path, int rc)
{
	switch (rc) {
	case ELOOP:
		return pawl__refuse(EPROTO, "%s: a symbolic link, which pawl does not follow: remove it", path);
	case EACCES:
		return pawl__refuse(EACCES,
			"%s: permission denied: it belongs to somebody else, or the folder is closed to you", path);
	case ENXIO:
	case EISDIR:
		return pawl__refuse(EPROTO, "%s: not a regular file: remove it, or choose another name", path);
	case ENOENT:
		return pawl__refuse(ENOENT, "%s: no such space: `pawl ls --spaces` lists those there are", path);
	case EMFILE:
	case ENFILE:
		return pawl__refuse(rc, "%s: too many open files: raise the limit (ulimit -n) or close some", path);
	case ENOSPC:
	case EDQUOT:
		return pawl__refuse(ENOSPC, "%s: no space left on its file system", path);
	case EOPNOTSUPP:
		return pawl__refuse(rc,
			"%s: this file system cannot reserve memory or make unnamed files: set PAWL_DIR to a "
			"folder on tmpfs, ext4, xfs or btrfs",
			path);
	case ETIMEDOUT:
		return pawl__refuse(rc,
			"%s: a process that was alone in it has been removing or mending it for too long: is it "
			"stopped? (see `fuser %s`)",
			path, path);
	case ENOTDIR:
		return pawl__refuse(rc, "%s: not in a folder: set PAWL_DIR to one", path);
	default:
		return pawl__refuse(rc, "%s: %s", path, strerror(rc));
	}
}

int pawl__file_refuse_dir(int rc)
{
	if (rc == ENOENT)
		return pawl__refuse(rc, "%s: no such folder: create it, or unset PAWL_DIR", pawl__file_dir());
	if (rc == ENOTDIR)
		return pawl__refuse(rc, "%s: not a folder: set PAWL_DIR to one", pawl__file_dir());
	return pawl__file_refuse(pawl__file_dir(), rc);
}

int pawl__file_check(const char *path, const struct stat *st, uint32_t gid)
{
	uint32_t allowed = gid != 0 ? 0660 : 0600;

	if (!S_ISREG(st->st_mode))
		return pawl__refuse(EPROTO, "%s: not a regular file: remove it, or choose another name", path);
	if (gid == 0 && st->st_uid != geteuid())
		return pawl__refuse(EPROTO,
			"%s: belongs to user %u, not to you (%u): do not use it; ask its owner to remove it", path,
			(unsigned)st->st_uid, (unsigned)geteuid());
	if (gid != 0 && st->st_gid != gid)
		return pawl__refuse(EPROTO, "%s: belongs to group %u, not to the agreed %u: do not use it", path,
			(unsigned)st->st_gid, gid);
	if ((st->st_mode & 07777 & ~allowed) != 0)
		return pawl__refuse(EPROTO, "%s: its mode %04o is wider than %04o: others may have written to it; remove it",
			path, (unsigned)st->st_mode & 07777, allowed);
	return 0;
}
