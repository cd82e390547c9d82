/* SPDX-License-Identifier: BSD-2-Clause */
/** c11_mtx.c: the mutex of C11's <threads.h>. Its deadlines are of the wall clock. */
#include <threads.h>

#include "deadline.h"

#define ROW        c11_mtx
#define WHAT       "C11's mtx_t, mtx_timed"
#define TYPE       mtx_t
#define INIT(l)    (mtx_init(l, mtx_timed) == thrd_success ? 0 : ENOMEM)
#define LOCK(l)    (mtx_lock(l) == thrd_success ? 0 : EPROTO)
#define TRY(l)     (mtx_trylock(l) == thrd_success ? 0 : EBUSY)
#define TIMED(l)   (mtx_timedlock(l, &bench_far) == thrd_success ? 0 : EPROTO)
#define CLOCKED(l) (mtx_timedlock(l, BENCH_SOON(CLOCK_REALTIME)) == thrd_success ? 0 : EPROTO)
#define UNLOCK(l)  (mtx_unlock(l) == thrd_success ? 0 : EPROTO)
#include "../lockrow.h"
