/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl_mutex.c: pawl's mutex, by itself and with each of its flags. */
#include <pawl/mutex.h>

#include "deadline.h"

#define TYPE       pawl_mutex_t
#define LOCK(l)    pawl_mutex_lock(l)
#define TRY(l)     pawl_mutex_trylock(l)
#define TIMED(l)   pawl_mutex_timedlock(l, BENCH_FAR)
#define CLOCKED(l) pawl_mutex_timedlock(l, pawl_in_ms(1000))
#define UNLOCK(l)  pawl_mutex_unlock(l)

#define ROW     pawl_mutex
#define WHAT    "pawl_mutex_lock, pawl_mutex_unlock"
#define INIT(l) pawl_mutex_init(l, 0)
#include "../lockrow.h"

#define ROW     pawl_stable
#define WHAT    "the same with PAWL_STABLE"
#define INIT(l) pawl_mutex_init(l, PAWL_STABLE)
#include "../lockrow.h"

#define ROW       pawl_recursive
#define WHAT      "the same with PAWL_RECURSIVE"
#define INIT(l)   pawl_mutex_init(l, PAWL_RECURSIVE)
#define NESTED(l) (LOCK(l) ? EPROTO : UNLOCK(l))
#include "../lockrow.h"
