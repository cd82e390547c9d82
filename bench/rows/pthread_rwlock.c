/* SPDX-License-Identifier: BSD-2-Clause */
/** pthread_rwlock.c: glibc's lock for readers and writers, of which there are only writers here. */
#include <pthread.h>

#include "deadline.h"

#define ROW        pthread_wrlock
#define WHAT       "pthread rwlock, writing"
#define TYPE       pthread_rwlock_t
#define INIT(l)    pthread_rwlock_init(l, NULL)
#define LOCK(l)    pthread_rwlock_wrlock(l)
#define TRY(l)     pthread_rwlock_trywrlock(l)
#define TIMED(l)   pthread_rwlock_clockwrlock(l, CLOCK_MONOTONIC, &bench_far)
#define CLOCKED(l) pthread_rwlock_clockwrlock(l, CLOCK_MONOTONIC, BENCH_SOON(CLOCK_MONOTONIC))
#define UNLOCK(l)  pthread_rwlock_unlock(l)
#include "../lockrow.h"
