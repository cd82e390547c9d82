/* SPDX-License-Identifier: BSD-2-Clause */
/** absl_loop.cc: the measured loop around abseil's mutex: compiled as its users' code is, calling what they call. */
#include <cerrno>
#include <new>

#include <absl/synchronization/mutex.h>

#include "absl_loop.h"

static inline int take(absl::Mutex *m)
{
	m->Lock();
	return 0;
}

static inline int give(absl::Mutex *m)
{
	m->Unlock();
	return 0;
}

#define BENCH_PREPARE absl::Mutex *const m = static_cast<absl::Mutex *>(mem);
#define BENCH_TAKE    take(m)
#define BENCH_GIVE    give(m)
extern "C" {
#include "../loop.h"
}

BENCH_ACT(pair, absl::Mutex *m = static_cast<absl::Mutex *>(mem), take(m) ? EPROTO : give(m))
BENCH_ACT(try_it, absl::Mutex *m = static_cast<absl::Mutex *>(mem), m->TryLock() ? give(m) : EPROTO)
BENCH_ACT(refused, absl::Mutex *m = static_cast<absl::Mutex *>(mem), m->TryLock() ? EPROTO : 0)

/* The detector, on in Debian's build, makes a pair six times as dear: nobody who measures leaves it on. */
int bench_absl_open(void *mem)
{
	absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
	new (mem) absl::Mutex;
	return 0;
}

void bench_absl_run(void *mem, bench_run_t *run)
{
	run_lock(mem, run);
}

int bench_absl_take(void *mem)
{
	return take_lock(mem);
}

int bench_absl_give(void *mem)
{
	return give_lock(mem);
}

int bench_absl_pair(void *mem, uint64_t n)
{
	return pair(mem, n);
}

int bench_absl_try(void *mem, uint64_t n)
{
	return try_it(mem, n);
}

int bench_absl_refused(void *mem, uint64_t n)
{
	return refused(mem, n);
}
