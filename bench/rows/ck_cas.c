/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_cas.c: Concurrency Kit's lock by compare-and-swap. */
#include <ck_spinlock.h>

#define ROW       ck_cas
#define WHAT      "Concurrency Kit's ck_spinlock_cas"
#define TRAITS    BENCH_SHARED
#define TYPE      ck_spinlock_cas_t
#define INIT(l)   (ck_spinlock_cas_init(l), 0)
#define LOCK(l)   (ck_spinlock_cas_lock(l), 0)
#define TRY(l)    (ck_spinlock_cas_trylock(l) ? 0 : EBUSY)
#define UNLOCK(l) (ck_spinlock_cas_unlock(l), 0)
#include "../lockrow.h"
