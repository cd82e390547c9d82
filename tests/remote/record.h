/* SPDX-License-Identifier: BSD-2-Clause */
/** record.h: where processes note what they see of a lock (history.h): an array that they share. A note costs a clock and a store
 * and waits for nobody, and who is killed over it takes none of the others' away.
 */
#ifndef PAWL_TESTS_RECORD_H
#define PAWL_TESTS_RECORD_H

#include "history.h"

/** A new one, empty, with room for so many, shared with the processes forked from now on. */
void record_new(size_t most);
void record_end(void);
/** Take the next free number for a client on that host: this thread, from now on. Returns it; never 0. */
uint32_t record_client(uint32_t host);
/** Note what this thread has just seen; or saw at a time. */
void record(unsigned lock, enum history_what what, pawl_fence_t token, bool owner_died);
void record_at(int64_t at, unsigned lock, enum history_what what);
/** Note that a client was killed. */
void record_death(uint32_t client);

/** Is there room for some time more? */
bool record_has_room(void);
/** All that was noted, in the order of the array. `*n` of them; false: there was no room for some. */
bool record_all(const struct history_event **events, size_t *n);

#endif
