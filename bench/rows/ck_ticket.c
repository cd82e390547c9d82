/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_ticket.c: Concurrency Kit's ticket lock: first come, first served; so with more threads than CPUs everybody waits
 * for the next one, who is off its CPU. */
#include <ck_spinlock.h>

#define ROW       ck_ticket
#define WHAT      "Concurrency Kit's ck_spinlock_ticket"
#define TRAITS    (BENCH_SHARED | BENCH_SLOW)
#define TYPE      ck_spinlock_ticket_t
#define INIT(l)   (ck_spinlock_ticket_init(l), 0)
#define LOCK(l)   (ck_spinlock_ticket_lock(l), 0)
#define TRY(l)    (ck_spinlock_ticket_trylock(l) ? 0 : EBUSY)
#define UNLOCK(l) (ck_spinlock_ticket_unlock(l), 0)
#include "../lockrow.h"
