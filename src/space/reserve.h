/* SPDX-License-Identifier: BSD-2-Clause */
/** reserve.h: memory of the segment is reserved before it is stored to: ENOSPC from here, never SIGBUS there. */
#ifndef PAWL__RESERVE_H
#define PAWL__RESERVE_H

#include "space/process.h"

/** Reserve bytes `off` .. `off + len`; what is reserved already stays as it is. Returns 0, ENOSPC or another errno. */
int pawl__reserve_range(const struct pawl_space *space, uint64_t off, uint64_t len);

/** Reserve the chunk around `off` (of places, long names) and mark it readable. Returns 0, ENOSPC or another errno. */
int pawl__reserve_chunk(const struct pawl_space *space, uint64_t off);

#endif
