/* SPDX-License-Identifier: BSD-2-Clause */
/** pthread_spin.c: glibc's spinlock. */
#include <pthread.h>

#define ROW       pthread_spin
#define WHAT      "pthread spinlock, process-shared"
#define TRAITS    BENCH_SHARED
#define TYPE      pthread_spinlock_t
#define INIT(l)   pthread_spin_init(l, PTHREAD_PROCESS_SHARED)
#define LOCK(l)   pthread_spin_lock(l)
#define TRY(l)    pthread_spin_trylock(l)
#define UNLOCK(l) pthread_spin_unlock(l)
#include "../lockrow.h"
