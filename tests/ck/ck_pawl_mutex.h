/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_pawl_mutex.h: pawl's mutex for the lock regressions of concurrencykit, which judge any lock that comes as these macros.
 *
 * How: copy the ck_pawl_*.h of this folder to regressions/ck_spinlock in a tree of ck; for each of them, write the two files
 *
 *   validate/ck_pawl_mutex.c     #include "../ck_pawl_mutex.h"
 *                                #include "validate.h"
 *   benchmark/ck_pawl_mutex.c    #include "../ck_pawl_mutex.h"
 *                                #include "throughput.h"         or latency.h
 *
 * compile them with the CFLAGS of that folder's Makefile and $(pkg-config --cflags --libs pawl), and run them as their
 * neighbours: validate THREADS 1; throughput THREADS 1 0; latency. (tests/suites/ck.sh does what validate does, by itself.)
 *
 *   LOCK_NAME, LOCK_DEFINE    a text, and the declaration of one lock
 *   LOCK_INIT                 if it is not born free: before the threads start
 *   LOCK, UNLOCK              statements
 *   TRYLOCK, LOCKED           if it can: expressions, false if it is not taken; false if nobody holds it
 */
#ifndef CK_PAWL_MUTEX_H
#define CK_PAWL_MUTEX_H

#include <pawl/mutex.h>

#define LOCK_NAME   "pawl_mutex"
#define LOCK_DEFINE static pawl_mutex_t lock __attribute__((aligned(64))) = PAWL_MUTEX_INIT
#define LOCK        pawl_mutex_lock(&lock)
#define UNLOCK      pawl_mutex_unlock(&lock)
#define TRYLOCK     (pawl_mutex_trylock(&lock) == 0)
#define LOCKED      (pawl_mutex_destroy(&lock) == EBUSY) /* it only looks */

#endif
