/* SPDX-License-Identifier: BSD-2-Clause */
/** base.h: the words every tier shares: version, errors, deadlines, fencing tokens, flags.
 *
 * Errors   Every function that can fail returns 0 or a positive errno value, as pthread_* do. One errno, one meaning:
 *
 *          EBUSY            a try failed: somebody holds it
 *          ETIMEDOUT        the deadline passed
 *          EOWNERDEAD       *acquired*; the previous owner died while it held the lock. Make the data whole, then call
 *                           the *_consistent() function; unlock without it and the lock becomes ENOTRECOVERABLE
 *          ENOTRECOVERABLE  poisoned, see EOWNERDEAD; the *_reset() function cures it
 *          EDEADLK          this thread holds it already, and it is not recursive
 *          EPERM            unlock, consistent: this thread does not hold it
 *          EAGAIN           recursion deeper than the lock can count; as many waiters as there may be
 *          EPIPE            the channel is closed, and a receiver has drained it
 *          EPROTO           a segment that is not ours to use: foreign owner, wrong stamp, damaged
 *          EIDRM            the segment's name was removed while it was in use
 *          ENOSPC           the segment is full: names, or threads, or memory
 *          ENAMETOOLONG EINVAL ENOMEM EMFILE EACCES ... as everywhere
 */
#ifndef PAWL_BASE_H
#define PAWL_BASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pawl/annotate.h>

PAWL_EXTERN_C_BEGIN

#define PAWL_VERSION_MAJOR 0
#define PAWL_VERSION_MINOR 1
#define PAWL_VERSION_PATCH 0

/** The version of the library that runs, "0.1.0"; the macros above say which one was compiled against.
 * Signals  async-signal-safe. */
PAWL_API const char *pawl_version(void);

/** A sentence for an errno value that came out of pawl; never NULL, never freed, the same pointer every time for the
 * errors listed above, strerror's words (thread-local) for others.
 * Signals  not async-signal-safe. */
PAWL_API const char *pawl_strerror(int rc);

/** True for the two return values that mean "you hold the lock now": 0 and EOWNERDEAD. */
static inline bool pawl_acquired(int rc)
{
	return rc == 0 || rc == (EOWNERDEAD);
}

/** True if the lock was acquired from an owner who died: repair the data, then call *_consistent(). */
static inline bool pawl_owner_died(int rc)
{
	return rc == (EOWNERDEAD);
}

/* ---- flags of pawl_mutex_init, pawl_robust_init, pawl_lock_open ---- */
#define PAWL_RECURSIVE    0x1u  /* the owner may take it again; as many releases */
#define PAWL_AUTO_RECOVER 0x2u  /* never EOWNERDEAD: 0, and the grant says `owner_died` */
#define PAWL_TIMESTAMP    0x4u  /* named locks: note when each grant began, for pawl_lock_info; costs a clock read */
#define PAWL_STRICT       0x10u /* named locks with a remote: each who waits has a place of its own there: exact order */
#define PAWL_STABLE       0x8u /* mutexes: a cheaper unlock, for memory that stays a mutex while anybody may unlock it */

/* ---- deadlines ---- */

/** An absolute point of CLOCK_MONOTONIC in nanoseconds: one that has passed fails with ETIMEDOUT, after one attempt. */
typedef int64_t pawl_deadline_t;
#define PAWL_TRY     ((pawl_deadline_t)0)         /* do not wait at all: EBUSY */
#define PAWL_FOREVER ((pawl_deadline_t)INT64_MAX) /* wait as long as it takes */

/** The deadline `n` nanoseconds (milliseconds) from now. Never PAWL_TRY: an `n` <= 0 is a deadline that has passed.
 * Saturates at PAWL_FOREVER. Reads the clock, no system call with a vDSO.
 * Signals  async-signal-safe. */
PAWL_API pawl_deadline_t pawl_in_ns(int64_t n);
PAWL_API pawl_deadline_t pawl_in_ms(int64_t n);

/* ---- fencing tokens ---- */

/** A number that only moves forward: each grant of a lock gets a larger one than the grant before. Send it along with
 * every write to the protected resource, and let the resource refuse a smaller one than it has seen. `hi` comes from
 * the remote service (0 without one), `lo` is counted on this host. */
typedef struct pawl_fence {
	uint64_t hi, lo;
} pawl_fence_t;

#define PAWL_FENCE_LEN 33 /* 32 hex digits and the NUL */

/** <0, 0, >0 as a is older than, the same as, newer than b. */
static inline int pawl_fence_cmp(pawl_fence_t a, pawl_fence_t b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

/** Writes the token as 32 lower-case hex digits, so that text order is token order. Returns `text`.
 * Signals  async-signal-safe. */
PAWL_API char *pawl_fence_format(pawl_fence_t fence, char text[PAWL_FENCE_LEN]);

/** Reads what pawl_fence_format wrote. EINVAL, and `*fence` unchanged, for anything but exactly 32 hex digits.
 * Signals  async-signal-safe. */
PAWL_API PAWL_MUST_CHECK int pawl_fence_parse(const char *text, pawl_fence_t *fence);

PAWL_EXTERN_C_END

#endif
