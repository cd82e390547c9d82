/* SPDX-License-Identifier: BSD-2-Clause */
/** mutex.h: an adaptive mutex for the threads of a process: 16 bytes, spins briefly, then sleeps; timed, recursive.
 *
 * For       sections of any length between threads.
 * Not for   other processes, or owners who may die: pawl_robust_t (space.h). A few instructions: pawl_spin_t.
 * Costs     free: one atomic instruction to take it and a plain store to give it back, close to the physical limit, on
 *           x86-64 with Linux 5.10 and glibc 2.35 (restart.h); elsewhere two, unless it is PAWL_STABLE. Taken again by its
 *           owner (PAWL_RECURSIVE): no atomic instruction.
 *
 * One copy of the library in a process, please: it numbers the threads. A plug-in links the shared one.
 *
 * The one who has just acquired it may destroy and free it, as POSIX promises for its mutexes: unlock does not touch the
 * mutex after the instruction that frees it. PAWL_STABLE gives up that promise, and nothing else, for its price: it is for
 * mutexes whose memory stays what it is.
 *
 *   offset  field  what
 *   0       word   who holds it; 0 is free (bit table: src/core/mutex.c)
 *   4       flags  PAWL_RECURSIVE, PAWL_STABLE: for life
 *   5       hungry a waiter has waited too long; 6, 7: spare
 *   8       queue  PAWL_STABLE only: what waiters say to the owner
 *   12      depth  30..1, the owner's alone: nested acquisitions beyond the first; 31 and 0: the two flags once more, so
 *                  that one look tells all
 */
#ifndef PAWL_MUTEX_H
#define PAWL_MUTEX_H

#include <pawl/base.h>
#include <pawl/restart.h>

PAWL_EXTERN_C_BEGIN

typedef struct PAWL_CAPABILITY("mutex") pawl_mutex {
	uint32_t word; /* protects what you say it protects */
	uint8_t flags;
	uint8_t hungry;
	uint16_t spare;
	uint32_t queue;
	uint32_t depth;
} pawl_mutex_t;

PAWL_STATIC_ASSERT(sizeof(pawl_mutex_t) == 16, "pinned: it lives in other people's structures");

/** A free mutex without flags; zero-filled memory is the same. */
#define PAWL_MUTEX_INIT                                                                                                \
	{                                                                                                              \
		0, 0, 0, 0, 0, 0                                                                                       \
	}

#define PAWL_MUTEX_ID_       0x3fffffffu /* in `word`: the owner's number */
#define PAWL_MUTEX_SLEEPERS_ 1u          /* in `queue`: somebody may sleep */
#define PAWL_MUTEX_AGAIN_    0x80000000u /* in `depth`: PAWL_RECURSIVE */
#define PAWL_MUTEX_STABLE_   1u          /* in `depth`: PAWL_STABLE */
#define PAWL_MUTEX_NESTED_   0x7ffffffeu /* in `depth`: how deep, */
#define PAWL_MUTEX_ONCE_     2u          /* in steps of this */

/** Prepare `m`, which nobody uses, with flags. Not needed without: see PAWL_MUTEX_INIT.
 * Flags    PAWL_RECURSIVE: its owner may lock it again, 2^30 - 1 times. PAWL_STABLE: an unlock without an atomic
 *          instruction also where restart.h cannot help, for memory that is not freed as soon as the mutex is. It changes
 *          nothing where the default has that already, or where the kernel refuses membarrier(2).
 * Returns  0; EINVAL unknown flag, NULL, or not at a 4-byte boundary.  Signals  not async-signal-safe. */
PAWL_API int pawl_mutex_init(pawl_mutex_t *m, unsigned flags);

/** Give the memory back to its other uses. Nothing is held by the mutex: this only looks whether it is free.
 * Returns  0; EBUSY somebody holds it; EINVAL for NULL. */
PAWL_API int pawl_mutex_destroy(pawl_mutex_t *m);

/* ---- the other halves of the inline functions below; not to be called ---- */

/* The calling thread's number in `word`. PAWL_NOBODY_ until its first lock: no word ever holds that. Kept over fork. */
#define PAWL_NOBODY_ PAWL_MUTEX_ID_
extern PAWL_API __thread uint32_t pawl_self_ __attribute__((tls_model("initial-exec")));
PAWL_API int pawl_mutex_wait_(pawl_mutex_t *m, pawl_deadline_t deadline);
PAWL_API int pawl_mutex_hand_(pawl_mutex_t *m);
PAWL_API void pawl_mutex_wake_(pawl_mutex_t *m);

/* Does the calling thread hold it? Nobody else ever stores our number, so what we see of it we have stored ourselves. */
static inline bool pawl_mutex_is_mine_(const pawl_mutex_t *m)
{
	return (PAWL_LOAD(&m->word, RELAXED) & PAWL_MUTEX_ID_) == pawl_self_; /* relaxed: see above */
}

/* Take it again: it is ours. One look at `depth` tells whether we may: AGAIN is its sign, which it does not have if the
 * mutex is not recursive, and would lose in the carry if it is as deep as can be. */
static inline int pawl_mutex_nest_(pawl_mutex_t *m, pawl_deadline_t deadline)
{
	uint32_t depth = PAWL_LOAD(&m->depth, RELAXED) + PAWL_MUTEX_ONCE_; /* relaxed: only its owner stores it */

	if (PAWL_UNLIKELY((int32_t)depth >= 0))
		return pawl_mutex_wait_(m, deadline); /* it says why not */
	PAWL_STORE(&m->depth, depth, RELAXED);        /* relaxed: who holds it is told by `word` */
	return 0;
}

/* Take it if it is free. */
static inline bool pawl_mutex_take_(pawl_mutex_t *m)
{
	uint32_t me = pawl_self_, free = 0;

	/* MU1 acquire: pairs with MU2, MU3, MU4: what the last holder wrote is visible here */
	return PAWL_LIKELY(me != PAWL_NOBODY_) && PAWL_LIKELY(PAWL_CAS(&m->word, &free, me, ACQUIRE));
}

/** Take the mutex, waiting as long as it takes.
 * Returns  0; EDEADLK this thread holds it, and it is not recursive; EAGAIN nested too deeply. In any case this thread
 *          holds it afterwards.
 * Order    acquire; pairs with pawl_mutex_unlock() [MU1/MU2, MU3, MU4].
 * Blocks   until it is free: spins for microseconds, then sleeps. System calls: none when free; futex when it waits.
 *          Newcomers may pass a waiter until it has waited about a millisecond; then those who have waited go first,
 *          though not before a try.
 * Threads  any; the mutex then belongs to the calling thread, which alone may unlock it.
 * Fork     the child's only thread holds what its parent held, as pthread_atfork handlers need it.
 * Signals  not async-signal-safe. Never EINTR: the wait goes on with the same deadline.
 * Cancel   not a cancellation point.
 * Example  tests/examples/eg_mutex.c */
static inline int pawl_mutex_lock(pawl_mutex_t *m) PAWL_ACQUIRE(*m) PAWL_NO_ANALYSIS
{
	if (pawl_mutex_is_mine_(m)) /* no hint: neither way is to be moved out of the other's */
		return pawl_mutex_nest_(m, PAWL_FOREVER);
	return PAWL_LIKELY(pawl_mutex_take_(m)) ? 0 : pawl_mutex_wait_(m, PAWL_FOREVER);
}

/** Take the mutex, waiting until `deadline` (PAWL_TRY: not at all).
 * Returns  0; EBUSY (PAWL_TRY: also when this thread holds it); ETIMEDOUT; EDEADLK; EAGAIN. Held after 0, and, by an earlier lock, after EDEADLK, EAGAIN.
 * The clock is read only if it is not free. Otherwise as pawl_mutex_lock(). */
PAWL_MUST_CHECK static inline int pawl_mutex_timedlock(pawl_mutex_t *m, pawl_deadline_t deadline)
	PAWL_TRY_ACQUIRE(0, *m) PAWL_NO_ANALYSIS
{
	if (pawl_mutex_is_mine_(m)) /* no hint: as in pawl_mutex_lock() */
		return pawl_mutex_nest_(m, deadline);
	return PAWL_LIKELY(pawl_mutex_take_(m)) ? 0 : pawl_mutex_wait_(m, deadline);
}

/** Take the mutex if it is free.
 * Returns  0; EBUSY somebody holds it, also this thread if it is not recursive; EAGAIN. A refused try is one load.
 * Blocks   no, no system call but for the first lock of a thread. Otherwise as pawl_mutex_lock(). */
PAWL_MUST_CHECK static inline int pawl_mutex_trylock(pawl_mutex_t *m) PAWL_TRY_ACQUIRE(0, *m) PAWL_NO_ANALYSIS
{
	uint32_t v = PAWL_LOAD(&m->word, RELAXED); /* relaxed: a hint that saves the cache line; the CAS decides */

	if ((v & PAWL_MUTEX_ID_) != 0) {
		if (PAWL_LIKELY((v & PAWL_MUTEX_ID_) != pawl_self_))
			return EBUSY;
		return pawl_mutex_nest_(m, PAWL_TRY);
	}
	return PAWL_LIKELY(pawl_mutex_take_(m)) ? 0 : pawl_mutex_wait_(m, PAWL_TRY);
}

/* Give it back if it is ours and nobody waits. Nothing is touched after the store. */
static inline bool pawl_mutex_give_(pawl_mutex_t *m, uint32_t me)
{
	/* MU4 release: pairs with MU1: nothing of the section may sink below this store */
	if (PAWL_LIKELY(PAWL_STORE_IF(&m->word, me, 0, RELEASE)))
		return true;
	/* MU2 release: pairs with MU1: likewise. The CAS checks the owner for free: it fails on any other number, and on
	 * WAITERS */
	return PAWL_LIKELY(PAWL_CAS(&m->word, &me, 0u, RELEASE));
}

/* Give back what is PAWL_STABLE and ours. */
static inline void pawl_mutex_clear_(pawl_mutex_t *m)
{
	/* MU3 release: pairs with MU1: nothing of the section may sink below this store */
	PAWL_STORE(&m->word, 0u, RELEASE);
	/* The look at `queue` may not be moved up by the compiler; that the machine may let it pass the store, a waiter makes
	 * good: it announces itself, has every CPU of this process pass a barrier, looks at `word` again, and only then
	 * sleeps. */
	PAWL_COMPILER_BARRIER();
	/* relaxed: see above */
	if (PAWL_UNLIKELY(PAWL_LOAD(&m->queue, RELAXED) & PAWL_MUTEX_SLEEPERS_))
		pawl_mutex_wake_(m);
}

/** Give it back.
 * Returns  0; EPERM this thread does not hold it (nothing has changed).
 * Order    release, of ordinary stores (non-temporal ones need a fence of their own); pairs with pawl_mutex_lock()
 *          [MU2, MU3, MU4/MU1]. Nothing is touched after the store that frees it, so
 *          the next owner may free the memory; but see PAWL_STABLE.
 * Blocks   never. System calls: futex, when somebody sleeps.  Signals  not async-signal-safe. */
static inline int pawl_mutex_unlock(pawl_mutex_t *m) PAWL_RELEASE(*m) PAWL_NO_ANALYSIS
{
	uint32_t depth = PAWL_LOAD(&m->depth, RELAXED); /* relaxed: only its owner stores it, and asks whether it is that */

	if (PAWL_UNLIKELY(depth & (PAWL_MUTEX_NESTED_ | PAWL_MUTEX_STABLE_))) {
		if (PAWL_UNLIKELY(!pawl_mutex_is_mine_(m)))
			return EPERM;
		if (PAWL_LIKELY(depth & PAWL_MUTEX_NESTED_))
			PAWL_STORE(&m->depth, depth - PAWL_MUTEX_ONCE_, RELAXED); /* relaxed: as in nest */
		else
			pawl_mutex_clear_(m);
		return 0;
	}
	return PAWL_LIKELY(pawl_mutex_give_(m, pawl_self_)) ? 0 : pawl_mutex_hand_(m);
}

/** Tell clang's analysis that this thread holds `m`, where it cannot see that. Does nothing. */
static inline void pawl_mutex_assert_held(const pawl_mutex_t *m) PAWL_ASSERT_HELD(*m)
{
	(void)m;
}

PAWL_EXTERN_C_END

#endif
