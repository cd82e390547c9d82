/* SPDX-License-Identifier: BSD-2-Clause */
/** posix_sem.c: POSIX semaphores of one. A dead owner keeps it for ever: nobody owns a semaphore. */
#include <semaphore.h>

#include "deadline.h"

#define TYPE       sem_t
#define LOCK(l)    (sem_wait(l) == 0 ? 0 : errno)
#define TRY(l)     (sem_trywait(l) == 0 ? 0 : EBUSY)
#define TIMED(l)   (sem_clockwait(l, CLOCK_MONOTONIC, &bench_far) == 0 ? 0 : errno)
#define CLOCKED(l) (sem_clockwait(l, CLOCK_MONOTONIC, BENCH_SOON(CLOCK_MONOTONIC)) == 0 ? 0 : errno)
#define UNLOCK(l)  (sem_post(l) == 0 ? 0 : errno)

#define ROW     posix_sem
#define WHAT    "sem_wait, sem_post"
#define INIT(l) (sem_init(l, 0, 1) == 0 ? 0 : errno)
#include "../lockrow.h"

#define ROW     posix_sem_shared
#define WHAT    "sem_wait, sem_post, process-shared"
#define TRAITS  BENCH_SHARED
#define INIT(l) (sem_init(l, 1, 1) == 0 ? 0 : errno)
#include "../lockrow.h"
