/* SPDX-License-Identifier: BSD-2-Clause */
/** segment.c: the file behind a space: published whole, attached or made anew. Going again is leave.c's.
 *
 * Nobody ever sees a half-made segment: it is an unnamed file until it is complete, and a creator that is killed leaves
 * nothing.
 *
 *   attach   open; if there is none, make one and link() it under the name, or begin again if somebody was faster
 *            lock shared; if the name means another file by now (the last one out removed ours), begin again
 *            if the lock can be had exclusively, we are alone with what others left behind: adopt it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/point.h"
#include "remote/office.h"
#include "space/file.h"
#include "space/live.h"
#include "space/reserve.h"
#include "space/segment.h"

/* ---- attach ---- */

int pawl__segment_map(struct pawl_space *space, uint64_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, space->fd, 0);

	if (p == MAP_FAILED)
		return pawl__file_refuse(space->path[0] ? space->path : "(anonymous)", errno);
	space->header = p;
	space->size = size;
	return 0;
}

void pawl__segment_map_again(const struct pawl_space *space)
{
	/* Where that fails, what is mapped there stays: the same file, by the descriptor of before. */
	if (space->fd >= 0)
		(void)mmap(space->header, space->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, space->fd, 0);
}

void pawl__segment_unmap(struct pawl_space *space)
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
int pawl__segment_check_stamp(struct pawl_space *space, uint64_t size, bool *reborn)
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
	space->has_remote = copy.header.remote;
	return 0;
}

/* The file is open and we are a member. EAGAIN: it is not the one by that name any more. */
static int check_opened(struct pawl_space *space, const pawl_space_options_t *options, bool *reborn)
{
	struct stat a, b;
	int rc;

	if (fstat(space->fd, &a) != 0)
		return pawl__file_refuse(space->path, errno);
	if (a.st_nlink == 0 || stat(space->path, &b) != 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return EAGAIN;
	rc = pawl__file_check(space->path, &a, options->gid);
	if (rc != 0)
		return rc;
	space->dev = a.st_dev;
	space->ino = a.st_ino;
	rc = pawl__segment_check_stamp(space, (uint64_t)a.st_size, reborn);
	return rc != 0 ? rc : pawl__segment_map(space, (uint64_t)a.st_size);
}

static int open_existing(struct pawl_space *space, const pawl_space_options_t *options, int64_t deadline)
{
	bool reborn = false;
	struct stat st;
	int rc;

	space->fd = open(space->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (space->fd < 0)
		return errno;
	if (fstat(space->fd, &st) == 0 && (rc = pawl__file_check(space->path, &st, options->gid)) != 0)
		goto fail; /* before we wait for a lock on a stranger's file */
	rc = pawl__file_lock_shared(space->fd, deadline);
	if (rc != 0) {
		pawl__file_refuse(space->path, rc);
		goto fail;
	}
	rc = check_opened(space, options, &reborn);
	if (rc != 0)
		goto fail;
	PAWL__POINT("segment/attached");
	if (pawl__file_lock_alone(space->fd)) {
		pawl__adopt(space, reborn);
		PAWL__POINT("segment/adopted");
		pawl__file_lock(space->fd, F_RDLCK); /* a conversion down always succeeds */
	} else if (reborn && PAWL_LOAD(&space->header->magic, ACQUIRE) == PAWL__MAGIC) { /* ST2 acquire: as stamp_check */
		bool still = false;

		rc = pawl__segment_check_stamp(space, space->size, &still);
		if (rc == 0 && still) { /* two at once: the other may be adopting, or waiting for us just as we wait */
			pawl__file_lock(space->fd, F_UNLCK);
			rc = EAGAIN;
		}
		if (rc != 0)
			goto fail;
	}
	return 0;
fail:
	pawl__segment_unmap(space);
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
	uint64_t size = pawl__total_of(capacity, options->remote != NULL);
	struct stat st;
	int rc;

	if (ftruncate(space->fd, (off_t)size) != 0 || fstat(space->fd, &st) != 0)
		return pawl__file_refuse(space->path, errno);
	space->dev = st.st_dev;
	space->ino = st.st_ino;
	rc = pawl__reserve_range(space, 0, PAWL__SLOTS_OFF);
	if (rc != 0)
		return pawl__file_refuse(space->path, rc);
	rc = pawl__segment_map(space, size);
	if (rc != 0)
		return rc;
	space->header->capacity = capacity; /* NOLINT(clang-analyzer-core.NullDereference): mmap gives no NULL unasked */
	rc = pawl__stamp_fill(space, options, epoch_ns);
	if (rc != 0)
		return rc;
	space->capacity = capacity;
	space->token_off = space->header->token_off; /* nobody else has seen it yet */
	space->has_remote = options->remote != NULL;
	rc = pawl__live_grow(space);
	return rc != 0 ? pawl__file_refuse(space->path, rc) : pawl__office_found(space, options);
}

static int set_rights(const struct pawl_space *space, const pawl_space_options_t *options)
{
	mode_t mode = options->mode != 0 ? options->mode : options->gid != 0 ? 0660 : 0600;

	if (options->gid != 0 && fchown(space->fd, (uid_t)-1, options->gid) != 0)
		return pawl__refuse(errno, "%s: cannot be given to group %u: you are not a member of it", space->path,
			options->gid);
	if (fchmod(space->fd, mode) != 0) /* whatever the umask is */
		return pawl__file_refuse(space->path, errno);
	return 0;
}

/* Returns 0; EAGAIN if somebody else was faster. */
static int create(struct pawl_space *space, const pawl_space_options_t *options)
{
	char self[64];
	int rc;

	space->fd = open(pawl__file_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (space->fd < 0)
		return pawl__file_refuse_dir(errno);
	PAWL__POINT("segment/unnamed");
	rc = set_rights(space, options);
	if (rc == 0)
		rc = make(space, options, pawl__floor_epoch(space->path));
	PAWL__POINT("segment/filled");
	if (rc == 0 && (rc = pawl__file_lock(space->fd, F_RDLCK)) != 0) /* a member before it is visible */
		pawl__file_refuse(space->path, rc);
	if (rc == 0) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", space->fd);
		/* through /proc, because AT_EMPTY_PATH needs a capability */
		if (linkat(AT_FDCWD, self, AT_FDCWD, space->path, AT_SYMLINK_FOLLOW) != 0)
			rc = errno == EEXIST ? EAGAIN : pawl__file_refuse(space->path, errno);
	}
	if (rc == 0) {
		PAWL__POINT("segment/named");
		return 0;
	}
	pawl__segment_unmap(space);
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
			return pawl__file_refuse(space->path, rc);
		if (rc == 0)
			pawl__floor_lift(space); /* I6 */
		if (rc != EAGAIN)
			return rc;
		if (pawl__now() >= deadline)
			return pawl__file_refuse(space->path, ETIMEDOUT);
		pawl__file_back_off(&times);
	}
}

int pawl__segment_anonymous(struct pawl_space *space, const pawl_space_options_t *options)
{
	int rc;

	space->fd = memfd_create("pawl", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (space->fd < 0)
		return pawl__file_refuse("(anonymous)", errno);
	rc = make(space, options, pawl__now_real());
	if (rc == 0 && fcntl(space->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		rc = pawl__file_refuse("(anonymous)", errno);
	if (rc != 0)
		pawl__segment_unmap(space);
	return rc;
}
