/* SPDX-License-Identifier: BSD-2-Clause */
/** watch.h: telling the owners in this process that they have lost a lease: callbacks and descriptors. */
#ifndef PAWL__WATCH_H
#define PAWL__WATCH_H

#include <pawl/base.h>

#include "space/process.h"

/** Look after the leases that this process's threads are inside of: end those whose time is over, tell all who do not know yet. By
 * its candidate's or keeper's thread, in time, and whenever there are news. */
void pawl__watch_look(struct pawl_space *space);

struct pawl_lock;

/** pawl_lock_close() where somebody may want to be told: with its last user's reference goes the wish. `held`: the caller is inside. */
int pawl__watch_close(struct pawl_lock *lock, bool held);

/** When to look again, should nobody say anything: a stopped keeper does not. Soon enough to be within the guard of a deadline. */
pawl_deadline_t pawl__watch_until(const struct pawl_space *space);

#endif
