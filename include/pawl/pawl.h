/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl.h: all of pawl. Each header below also stands alone.
 *
 *   spin.h    4 bytes, header-only, for a handful of instructions between threads or processes
 *   mutex.h   16 bytes, adaptive, timed, recursive, between threads
 *   chan.h    channels between threads: as locks, as permits, carrying elements; select
 *   guard.h   PAWL_GUARD(&lock): given back at the end of the block
 *   space.h   a host segment, and the crash-robust mutex for your own shared memory
 *   gate.h    a guarded write: nobody comes in whose token is older than one that has
 *   lock.h    locks by name
 */
#ifndef PAWL_PAWL_H
#define PAWL_PAWL_H

#include <pawl/base.h>
#include <pawl/spin.h>
#include <pawl/mutex.h>
#include <pawl/guard.h>
#include <pawl/chan.h>
#include <pawl/space.h>
#include <pawl/gate.h>
#include <pawl/lock.h>

#endif
