/* SPDX-License-Identifier: BSD-2-Clause */
/** reserve.c: reserving the segment's memory as it comes into use. Callers: live.c (slots), table.c (places, names).
 *
 * fallocate leaves what is there untouched, so two threads may reserve the same chunk at once, and one that is killed
 * between the reservation and the bit has only wasted a system call.
 */
#include <errno.h>
#include <fcntl.h>

#include "core/point.h"
#include "space/file.h"
#include "space/reserve.h"

static uint32_t chunk_of(uint64_t off)
{
	return (uint32_t)((off - PAWL__PLACES_OFF) / PAWL__CHUNK);
}

bool pawl__chunk_is_there(const struct pawl_space *space, uint64_t off)
{
	uint32_t c = chunk_of(off);

	/* RS1 acquire: pairs with RS2 (reserve_chunk): the memory was reserved before the bit was set */
	return c / 64 < PAWL__CHUNK_WORDS && PAWL_LOAD(&space->header->chunks[c / 64], ACQUIRE) >> (c % 64) & 1;
}

int pawl__reserve_range(const struct pawl_space *space, uint64_t off, uint64_t len)
{
	if (pawl__file_fd(space) < 0) /* a child that could not keep its membership: there.c finds out more */
		return space->path[0] ? EIDRM : EBADF;
	while (fallocate(space->fd, 0, (off_t)off, (off_t)len) != 0)
		if (errno != EINTR)
			return errno == EDQUOT ? ENOSPC : errno;
	return 0;
}

int pawl__reserve_chunk(const struct pawl_space *space, uint64_t off)
{
	uint32_t c = chunk_of(off);
	int rc;

	if (pawl__chunk_is_there(space, off))
		return 0;
	rc = pawl__reserve_range(space, PAWL__PLACES_OFF + (uint64_t)c * PAWL__CHUNK, PAWL__CHUNK);
	if (rc != 0)
		return rc;
	PAWL__POINT("reserve/reserved");
	/* RS2 release: pairs with RS1 (chunk_is_there) */
	PAWL_FETCH_OR(&space->header->chunks[c / 64], (uint64_t)1 << (c % 64), RELEASE);
	return 0;
}
