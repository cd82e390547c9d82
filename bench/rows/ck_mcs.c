/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_mcs.c: Concurrency Kit's MCS lock: a queue in which each waiter spins on its own line. As ck_ticket.c, it stands still
 * while the next in the queue is off its CPU. */
#include <ck_spinlock.h>

static _Alignas(128) __thread ck_spinlock_mcs_context_t mine;

#define ROW       ck_mcs
#define WHAT      "Concurrency Kit's ck_spinlock_mcs"
#define TRAITS    BENCH_SLOW
#define TYPE      ck_spinlock_mcs_t
#define INIT(l)   (ck_spinlock_mcs_init(l), 0)
#define LOCK(l)   (ck_spinlock_mcs_lock(l, &mine), 0)
#define TRY(l)    (ck_spinlock_mcs_trylock(l, &mine) ? 0 : EBUSY)
#define UNLOCK(l) (ck_spinlock_mcs_unlock(l, &mine), 0)
#include "../lockrow.h"
