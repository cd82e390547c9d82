/* SPDX-License-Identifier: BSD-2-Clause */
/** term.h: a keeper's term of office: from taking the role to giving it up. */
#ifndef PAWL__TERM_H
#define PAWL__TERM_H

#include "space/process.h"

/** How another thread ends a term. */
struct pawl__term_end {
	uint32_t asked;    /* not 0: end it */
	int64_t within_ns; /* how long giving leases back may take */
};

/** Serve until the end is asked for, or the segment is removed. The caller has the role. Returns 0, or why it could not. */
int pawl__term_serve(struct pawl_space *space, const struct pawl__term_end *end);

/** The keeper, whoever it is, looks up from what it is doing. */
void pawl__term_nudge(const struct pawl_space *space);

#endif
