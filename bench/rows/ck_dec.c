/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_dec.c: Concurrency Kit's lock by decrement, as the kernel's once was. */
#include <ck_spinlock.h>

#define ROW       ck_dec
#define WHAT      "Concurrency Kit's ck_spinlock_dec"
#define TRAITS    BENCH_SHARED
#define TYPE      ck_spinlock_dec_t
#define INIT(l)   (ck_spinlock_dec_init(l), 0)
#define LOCK(l)   (ck_spinlock_dec_lock(l), 0)
#define TRY(l)    (ck_spinlock_dec_trylock(l) ? 0 : EBUSY)
#define UNLOCK(l) (ck_spinlock_dec_unlock(l), 0)
#include "../lockrow.h"
