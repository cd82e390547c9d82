/* SPDX-License-Identifier: BSD-2-Clause */
/** hostile.h: a segment that somebody else writes in: at rest, between two calls of the library, and, at its labelled points, in the
 * middle of one. What is written where is the input's, so it is the same each time.
 */
#ifndef PAWL_TESTS_FUZZ_HOSTILE_H
#define PAWL_TESTS_FUZZ_HOSTILE_H

#include <pawl/space.h>

#include "fuzz.h"

#define HOSTILE_SPACE "fuzz"

/** Make the segments that inputs begin with: one of this host alone, one with a remote. Once. */
void hostile_prepare(const char *remote);

/** Put the file back as it was made, for this input. */
void hostile_begin(struct fuzz *input, bool remote);

/** Write something. */
void hostile_write(struct fuzz *input);
/** Write it at the `after`th labelled point from now on. */
void hostile_write_later(struct fuzz *input, uint8_t after);

/** The other end: whoever is still in there leaves, also who cannot since its token was written over. */
void hostile_end(void);

/** Somebody else is a member, so that it cannot be adopted. */
void hostile_be_peer(bool is);

/** Has nobody written anything? */
bool hostile_is_honest(void);

#endif
