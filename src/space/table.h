/* SPDX-License-Identifier: BSD-2-Clause */
/** table.h: names in the segment: finding the place of a name, making one, giving up an idle one. */
#ifndef PAWL__TABLE_H
#define PAWL__TABLE_H

#include "space/member.h"
#include "space/robust.h"
#include "space/process.h"

/* A name, ready to be looked for. */
struct pawl__name {
	const char *text;
	uint32_t length;
	uint32_t hash;
};

/** Returns 0; EINVAL empty or NULL; ENAMETOOLONG. */
int pawl__name_read(const char *text, struct pawl__name *name);

/* Where a name was found. The place may be given to another name at any time that its lock is not held: `gen` tells. */
struct pawl__spot {
	uint32_t index, gen;
};

/** Find a name. Returns 0, ENOENT. No system call, no lock. */
int pawl__table_find(const struct pawl_space *space, const struct pawl__name *name, struct pawl__spot *spot);

/** Find a name, or give it a place, waiting until `deadline` for others who are doing the same.
 * Returns 0; ENOSPC no room; EBUSY, ETIMEDOUT; EIDRM. */
int pawl__table_insert(struct pawl_space *space, struct pawl__member *member, const struct pawl__name *name,
	pawl_deadline_t deadline, struct pawl__spot *spot);

/** Copy the name of a place that is READY under `gen`. False if it is not, or changed meanwhile. */
bool pawl__table_name(const struct pawl_space *space, struct pawl__spot spot, char text[static PAWL__LONG_NAME_MAX + 1]);

#endif
