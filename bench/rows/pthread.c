/* SPDX-License-Identifier: BSD-2-Clause */
/** pthread.c: glibc's mutexes: private ones by their kinds (pthread_*), process-shared ones by what they do about dead owners
 * (glibc_*). */
#include <pthread.h>

#include "deadline.h"

typedef struct kind {
	int type, shared, robust, protocol; /* 0: glibc's default, for all of them */
} kind_t;

_Static_assert(PTHREAD_MUTEX_DEFAULT == 0 && PTHREAD_PROCESS_PRIVATE == 0 && PTHREAD_MUTEX_STALLED == 0 &&
		       PTHREAD_PRIO_NONE == 0,
	"the defaults are 0");

static int make(pthread_mutex_t *m, kind_t kind)
{
	pthread_mutexattr_t attr;
	int rc = pthread_mutexattr_init(&attr);

	if (rc)
		return rc;
	rc = pthread_mutexattr_settype(&attr, kind.type);
	if (!rc)
		rc = pthread_mutexattr_setpshared(&attr, kind.shared);
	if (!rc)
		rc = pthread_mutexattr_setrobust(&attr, kind.robust);
	if (!rc)
		rc = pthread_mutexattr_setprotocol(&attr, kind.protocol);
	if (!rc)
		rc = pthread_mutex_init(m, &attr);
	pthread_mutexattr_destroy(&attr);
	return rc;
}

#define KIND(...) make(l, (kind_t){ __VA_ARGS__ })

#define TYPE       pthread_mutex_t
#define LOCK(l)    pthread_mutex_lock(l)
#define TRY(l)     pthread_mutex_trylock(l)
#define TIMED(l)   pthread_mutex_clocklock(l, CLOCK_MONOTONIC, &bench_far)
#define CLOCKED(l) pthread_mutex_clocklock(l, CLOCK_MONOTONIC, BENCH_SOON(CLOCK_MONOTONIC))
#define UNLOCK(l)  pthread_mutex_unlock(l)
#define SHUT(l)    pthread_mutex_destroy(l)

#define ROW     pthread_normal
#define WHAT    "pthread mutex"
#define INIT(l) KIND(.type = PTHREAD_MUTEX_NORMAL)
#include "../lockrow.h"

#define ROW     pthread_adaptive
#define WHAT    "pthread mutex, PTHREAD_MUTEX_ADAPTIVE_NP"
#define INIT(l) KIND(.type = PTHREAD_MUTEX_ADAPTIVE_NP)
#include "../lockrow.h"

#define ROW       pthread_recursive
#define WHAT      "pthread mutex, PTHREAD_MUTEX_RECURSIVE"
#define INIT(l)   KIND(.type = PTHREAD_MUTEX_RECURSIVE)
#define NESTED(l) (LOCK(l) ? EPROTO : UNLOCK(l))
#include "../lockrow.h"

#define ROW     glibc_robust
#define WHAT    "pthread mutex, process-shared, robust"
#define TRAITS  (BENCH_SHARED | BENCH_SURVIVES)
#define INIT(l) KIND(.shared = PTHREAD_PROCESS_SHARED, .robust = PTHREAD_MUTEX_ROBUST)
#define MEND(l) pthread_mutex_consistent(l)
#include "../lockrow.h"

#define ROW     glibc_normal
#define WHAT    "pthread mutex, process-shared; a dead owner keeps it for ever"
#define TRAITS  BENCH_SHARED
#define INIT(l) KIND(.shared = PTHREAD_PROCESS_SHARED)
#include "../lockrow.h"

/* With priority inheritance the kernel hands the mutex over, and each hand-over is a context switch. It has no deadline by
 * CLOCK_MONOTONIC before Linux 5.14. */
#undef TIMED
#undef CLOCKED

#define ROW     pthread_pi
#define WHAT    "pthread mutex, priority inheritance"
#define TRAITS  BENCH_SLOW
#define INIT(l) KIND(.protocol = PTHREAD_PRIO_INHERIT)
#include "../lockrow.h"

#define ROW     glibc_pi
#define WHAT    "pthread mutex, process-shared, robust, priority inheritance"
#define TRAITS  (BENCH_SHARED | BENCH_SURVIVES | BENCH_SLOW)
#define INIT(l) KIND(.shared = PTHREAD_PROCESS_SHARED, .robust = PTHREAD_MUTEX_ROBUST, .protocol = PTHREAD_PRIO_INHERIT)
#define MEND(l) pthread_mutex_consistent(l)
#include "../lockrow.h"
