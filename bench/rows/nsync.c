/* SPDX-License-Identifier: BSD-2-Clause */
/** nsync.c: nsync's mutex. */
#include "../row.h"

#ifdef BENCH_nsync
#include <nsync.h>

#define ROW       nsync_mu
#define WHAT      "nsync_mu_lock, nsync_mu_unlock"
#define TYPE      nsync_mu
#define INIT(l)   (nsync_mu_init(l), 0)
#define LOCK(l)   (nsync_mu_lock(l), 0)
#define TRY(l)    (nsync_mu_trylock(l) ? 0 : EBUSY)
#define UNLOCK(l) (nsync_mu_unlock(l), 0)
#include "../lockrow.h"
#else
BENCH_ROW_ABSENT(bench_nsync_mu, "nsync_mu", "nsync_mu_lock, nsync_mu_unlock", "libnsync-dev");
#endif
