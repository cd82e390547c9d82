/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_rwlock.c: Concurrency Kit's lock for readers and writers, of which there are only writers here. */
#include <ck_rwlock.h>

#define ROW       ck_rwlock
#define WHAT      "Concurrency Kit's ck_rwlock, writing"
#define TRAITS    BENCH_SHARED
#define TYPE      ck_rwlock_t
#define INIT(l)   (ck_rwlock_init(l), 0)
#define LOCK(l)   (ck_rwlock_write_lock(l), 0)
#define TRY(l)    (ck_rwlock_write_trylock(l) ? 0 : EBUSY)
#define UNLOCK(l) (ck_rwlock_write_unlock(l), 0)
#include "../lockrow.h"
