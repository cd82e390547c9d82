/* SPDX-License-Identifier: BSD-2-Clause */
/** ck_clh.c: Concurrency Kit's CLH lock: as ck_mcs.c, but each waiter spins on the line of the one before it, which it takes
 * over in the end. */
#include <errno.h>
#include <stdlib.h>

#include <ck_spinlock.h>

static __thread ck_spinlock_clh_t *mine;

static ck_spinlock_clh_t *node(void)
{
	return aligned_alloc(128, 128); /* never freed: it goes from hand to hand */
}

static int make(ck_spinlock_clh_t **l)
{
	ck_spinlock_clh_t *unowned = node();

	if (unowned)
		ck_spinlock_clh_init(l, unowned);
	return unowned ? 0 : ENOMEM;
}

#define ROW       ck_clh
#define WHAT      "Concurrency Kit's ck_spinlock_clh"
#define TRAITS    BENCH_SLOW
#define TYPE      ck_spinlock_clh_t *
#define INIT(l)   make(l)
#define ENTER(l)  (mine || (mine = node()) ? 0 : ENOMEM)
#define LOCK(l)   (ck_spinlock_clh_lock(l, mine), 0)
#define UNLOCK(l) (ck_spinlock_clh_unlock(&mine), 0)
#include "../lockrow.h"
