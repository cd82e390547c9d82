/* SPDX-License-Identifier: BSD-2-Clause */
/** segment.h: the segment behind a space: how it is published, checked, adopted and removed. */
#ifndef PAWL__SEGMENT_H
#define PAWL__SEGMENT_H

#include "space/process.h"

/** Attach to space->path, creating it if need be: fills fd, header, size, capacity, token_off, dev, ino.
 * Returns 0 or an errno with its reason given. */
int pawl__segment_attach(struct pawl_space *space, const pawl_space_options_t *options);

/** The same for an anonymous space. */
int pawl__segment_anonymous(struct pawl_space *space, const pawl_space_options_t *options);

/** The pieces of attaching, for those who only look: map a file of this size; unmap and close it again; check its stamp
 * and take the space's bounds from it. */
int pawl__segment_map(struct pawl_space *space, uint64_t size);
void pawl__segment_unmap(struct pawl_space *space);

/** Map the same bytes again, at the same address, through the descriptor that is now ours. A mapping keeps the open file
 * alive it was made through, and with it that file's lock: by the old mapping we would keep up an old membership, a dead
 * parent's say, and never be the last one out. Should it fail, the file may be left for the next to adopt. */
void pawl__segment_map_again(const struct pawl_space *space);
int pawl__segment_check_stamp(struct pawl_space *space, uint64_t size, bool *reborn);

/* leave.c */

/** Membership goes, and the file too if we were its last member; the mapping stays. */
void pawl__segment_leave(struct pawl_space *space);

/** Remove the file of a space nobody uses. Returns 0 or an errno with its reason given. */
int pawl__segment_remove(const char *path, uint32_t gid);

/** A space that was closed and whose last thread of this process has left: leave it, unmap it, free it. Caller holds
 * pawl__registry. */
void pawl__space_end(struct pawl_space *space);

/** Unmap it, close it, free it: nobody uses it any more, or it never came to be. */
void pawl__space_free(struct pawl_space *space);

/* there.c */

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

/** Does any command still hold a byte of this segment's side file? Yes, too, if that cannot be found out. */
bool pawl__linger_any(const char *segment_path);

#endif
