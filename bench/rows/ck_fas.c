/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_fas.c: Concurrency Kit's test-and-set lock. */
#include <ck_spinlock.h>

#define ROW       ck_fas
#define WHAT      "Concurrency Kit's ck_spinlock_fas"
#define TRAITS    BENCH_SHARED
#define TYPE      ck_spinlock_fas_t
#define INIT(l)   (ck_spinlock_fas_init(l), 0)
#define LOCK(l)   (ck_spinlock_fas_lock(l), 0)
#define TRY(l)    (ck_spinlock_fas_trylock(l) ? 0 : EBUSY)
#define UNLOCK(l) (ck_spinlock_fas_unlock(l), 0)
#include "../lockrow.h"
