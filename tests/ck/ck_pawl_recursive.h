/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_pawl_recursive.h: the mutex with PAWL_RECURSIVE, taken twice each time, for ck's regressions; ck_pawl_mutex.h says how. */
#ifndef CK_PAWL_RECURSIVE_H
#define CK_PAWL_RECURSIVE_H

#include <pawl/mutex.h>

#define LOCK_NAME   "pawl_mutex, PAWL_RECURSIVE"
#define LOCK_DEFINE static pawl_mutex_t lock __attribute__((aligned(64)))
#define LOCK_INIT   pawl_mutex_init(&lock, PAWL_RECURSIVE)
#define LOCK        (pawl_mutex_lock(&lock), pawl_mutex_lock(&lock))
#define UNLOCK      (pawl_mutex_unlock(&lock), pawl_mutex_unlock(&lock))
#define TRYLOCK     (pawl_mutex_trylock(&lock) == 0 && pawl_mutex_lock(&lock) == 0)
#define LOCKED      (pawl_mutex_destroy(&lock) == EBUSY) /* it only looks */

#endif
