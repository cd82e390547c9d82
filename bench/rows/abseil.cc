/* SPDX-License-Identifier: BSD-2-Clause */
/** abseil.cc: abseil's mutex, compiled as its users' code is; as C, where there is no abseil. */
#include "../row.h"

#ifdef BENCH_absl
#include <new>

#include <absl/synchronization/mutex.h>

extern "C" {
#include "../delay.h"
}

/* The detector, on in Debian's build, makes a pair six times as dear: nobody who measures leaves it on. */
static int make(void *mem)
{
	absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
	new (mem) absl::Mutex;
	return 0;
}

#define ROW       absl_mutex
#define WHAT      "absl::Mutex, deadlock detection off"
#define TYPE      absl::Mutex
#define INIT(l)   make(l)
#define LOCK(l)   (l->Lock(), 0)
#define TRY(l)    (l->TryLock() ? 0 : EBUSY)
#define UNLOCK(l) (l->Unlock(), 0)
#include "../lockrow.h"
#else
BENCH_ROW_ABSENT(bench_absl_mutex, "absl_mutex", "absl::Mutex, deadlock detection off", "libabsl-dev");
#endif
