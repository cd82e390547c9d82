/* SPDX-License-Identifier: BSD-2-Clause */
/** segment.h: the file behind a space: where it is, how it is published, checked, adopted and removed. */
#ifndef PAWL__SEGMENT_H
#define PAWL__SEGMENT_H

#include "space/space.h"

/** The path of a space's file; `gid` 0: the user's own. Returns 0, EINVAL (bad name), ENAMETOOLONG. */
int pawl__segment_path(const char *name, uint32_t gid, char path[PATH_MAX]);

/** The folder that the spaces of this user live in, from PAWL_DIR unless the process has elevated privileges. */
const char *pawl__segment_dir(void);

/** "pawl.UID." or "pawl.gGID.": what their file names begin with. */
void pawl__segment_prefix(uint32_t gid, char *prefix, size_t size);

/** Attach to space->path, creating it if need be: fills fd, header, size, capacity, token_off, dev, ino.
 * Returns 0 or an errno with its reason given. */
int pawl__segment_attach(struct pawl_space *space, const pawl_space_options_t *options);

/** The same for an anonymous space. */
int pawl__segment_anonymous(struct pawl_space *space, const pawl_space_options_t *options);

/** Membership goes, and the file too if we were its last member; the mapping stays. */
void pawl__segment_leave(struct pawl_space *space);

/** Remove the file of a space nobody uses. Returns 0 or an errno with its reason given. */
int pawl__segment_remove(const char *path, uint32_t gid);

/** One more shared membership of the same file, for a child; -1 if it cannot be had. */
int pawl__segment_again(const struct pawl_space *space);

/** Has the file lost its name? Asks the file system, remembers a yes in the segment. Returns 0 or EIDRM. */
int pawl__segment_is_there(const struct pawl_space *space);

/** The cheap form of the question: has anybody noticed? */
static inline bool pawl__segment_is_removed(const struct pawl_space *space)
{
	/* relaxed: a flag that only ever rises, and nothing else hangs on it */
	return PAWL_UNLIKELY(PAWL_LOAD(&space->header->flags, RELAXED) & PAWL__REMOVED);
}

/* stamp.c */

/** Fill the header of a segment nobody else can see yet; `magic` comes last. */
int pawl__stamp_fill(struct pawl_space *space, const pawl_space_options_t *options, int64_t epoch_ns);

/** Is this a segment of ours, of this size? `*reborn`: of an earlier boot. Returns 0, EPROTO with its reason given. */
int pawl__stamp_check(const char *path, const struct pawl__header *header, uint64_t size, bool *reborn);

/** The segment has been adopted on this boot. */
void pawl__stamp_reborn(struct pawl_space *space);

/* floor.c */

/** Where the counters of a new segment begin: past everything that any segment of this user ever granted. */
int64_t pawl__floor_epoch(const char *segment_path);

/** Let the names that will be added begin above everything that segments of this name, gone by now, ever granted. */
void pawl__floor_lift(const struct pawl_space *space);

/** Raise the floor to what this segment may have granted, before its file goes. */
void pawl__floor_raise(const struct pawl_space *space);

/* adopt.c */

/** We are the only member of a segment that others left behind: mend what they could not. */
void pawl__adopt(struct pawl_space *space, bool reborn);

/* linger.c */

/** Does any command still hold a byte of this segment's side file? */
bool pawl__linger_any(const char *segment_path);

#endif
