/* SPDX-License-Identifier: BSD-2-Clause */
/** none.c: no lock at all. Alone it shows what the loop itself costs; with two workers it must fail the self-check, which
 * shows that the self-check can fail. */
#define ROW       none
#define WHAT      "no lock: what the loop costs; fails the check when contended"
#define TRAITS    (BENCH_SHARED | BENCH_BROKEN)
#define TYPE      void
#define LOCK(l)   0
#define UNLOCK(l) 0
#include "../lockrow.h"
