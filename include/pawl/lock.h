/* SPDX-License-Identifier: BSD-2-Clause */
/** lock.h: locks by name, shared by every thread of every process that opens the same space.
 *
 *   pawl_space_t *host;
 *   pawl_lock_t *order;
 *   pawl_grant_t grant;
 *
 *   pawl_space_open(&host, "exchange", NULL);
 *   pawl_lock_open(host, "orders/42", PAWL_AUTO_RECOVER, &order);
 *   if (pawl_lock_acquire(order, pawl_in_ms(50), &grant) == 0) {
 *           settle(42, grant.fence);
 *           pawl_lock_release(order);
 *   }
 */
#ifndef PAWL_LOCK_H
#define PAWL_LOCK_H

#include <pawl/base.h>
#include <pawl/space.h>

PAWL_EXTERN_C_BEGIN

#define PAWL_NAME_MAX 1015 /* bytes in the name of a lock */

/** A handle: belongs to the process, may be used by all its threads, and survives fork. */
typedef struct PAWL_CAPABILITY("named lock") pawl_lock pawl_lock_t;

/** What an acquire was granted. */
typedef struct pawl_grant {
	pawl_fence_t fence; /* larger at each new grant of this name, whoever gets it; stable under re-entry */
	bool owner_died;    /* the previous owner died while it held the lock: the data may be half changed */
	bool remote;        /* a lease of the space's remote stands behind it, which may be lost: pawl_lock_valid() */
	int64_t good_until_ns; /* CLOCK_BOOTTIME at which the lease ends unless it is renewed; INT64_MAX without a remote */
} pawl_grant_t;

/** A handle for the lock called `name`: 1 to PAWL_NAME_MAX bytes, anything but NUL. The lock comes to be by being named;
 * nothing is created on disk. Opening the same name with the same flags again gives the same handle, to be closed as often.
 * Flags    PAWL_RECURSIVE, PAWL_AUTO_RECOVER, PAWL_TIMESTAMP. PAWL_STRICT, with a remote: every acquire asks the service for
 *          itself, and waits there in the order of arrival of all who do on all hosts; nothing is handed on locally, and each
 *          grant costs what the service costs. Without a remote it changes nothing. pawl_lock_on_lost, _lost_fd and _linger
 *          are not for such a handle (ENOTSUP), nor is pawl_lock_interrupt; pawl_lock_info tells of the others.
 * Returns  0; EINVAL empty name, unknown flag, the byte 0x1f in a name with a remote; ENAMETOOLONG (with PAWL_STRICT a name has
 *          8 bytes less); ENOSPC no room for one more name; EIDRM; ENOMEM.
 * Blocks   for a name that is new to this process: on a short robust section. A known one: wait-free, no system call.
 * Threads  any.  Fork  usable in the child.  Signals  not async-signal-safe.  Cancel  not a cancellation point. */
PAWL_API PAWL_MUST_CHECK int pawl_lock_open(pawl_space_t *space, const char *name, unsigned flags, pawl_lock_t **lock);

/** Give the handle back. The lock and its token counter stay in the space.
 * Returns  0; EBUSY: this is the last handle and the calling thread holds the lock by it; EINVAL, also for one that has
 *          been closed as often as it was opened, as far as that can be seen.  Blocks  no. */
PAWL_API int pawl_lock_close(pawl_lock_t *lock);

/** Take the named lock, waiting until `deadline` (PAWL_TRY: not at all). `grant` may be NULL.
 * Returns  0; EOWNERDEAD: taken, the previous owner died: make the data whole, then pawl_lock_consistent() (never with
 *          PAWL_AUTO_RECOVER: 0, and the grant says it); EBUSY (PAWL_TRY); ETIMEDOUT; EDEADLK this thread has it; EAGAIN
 *          recursion too deep; ENOTRECOVERABLE; ENOSPC; EIDRM; ENOMEM; EMFILE, ...: it may linger, and we cannot look;
 *          ECANCELED: pawl_lock_interrupt();
 *          EHOSTUNREACH: with a remote, in place of ETIMEDOUT or EBUSY: the lock service could not be reached; EINVAL: its backend
 *          does not take the URL, or has no PAWL_STRICT: pawl_space_reason() says why.
 * Remote   The host asks for a lease if it has none, and the caller waits for it. PAWL_TRY asks as well, once, and waits for
 *          the answer, two seconds at most: EBUSY if another host has the lock.
 * Held     after 0 and EOWNERDEAD (pawl_acquired(rc)), after nothing else.
 * Order    acquire; pairs with pawl_lock_release() [RB1/RB2].
 * Blocks   until `deadline`: spins for microseconds, then sleeps. System calls: none when free, but for a thread's first
 *          call in this space; futex when it waits. Newcomers may pass a waiter until it has waited
 *          about a millisecond; then the sleepers go first.
 * Threads  any; the lock then belongs to the calling thread. A thread that ends while it holds is one that died.
 * Fork     a child does not hold it; the handle re-joins on first use.  Exec  an owner who execs has died.
 * Signals  not async-signal-safe. Never EINTR: the wait goes on with the same deadline.
 * Cancel   not a cancellation point.
 * Example  tests/examples/eg_lock.c */
PAWL_API PAWL_MUST_CHECK int pawl_lock_acquire(pawl_lock_t *lock, pawl_deadline_t deadline, pawl_grant_t *grant)
	PAWL_TRY_ACQUIRE(0, *lock);

/** Let every thread of this process that waits for the lock by this handle go without it: ECANCELED, at once. Who comes later
 * waits as ever.
 * Signals  async-signal-safe: what a handler for SIGTERM can do.  Threads  any. */
PAWL_API void pawl_lock_interrupt(pawl_lock_t *lock);

/** Give it up. After EOWNERDEAD without pawl_lock_consistent() this poisons the lock until pawl_lock_reset(), on this host: the next
 * one on another host gets EOWNERDEAD in its turn.
 * Returns  0; EPERM: this thread does not hold it (nothing has changed); ESTALE: given up, and the lease had been lost before:
 *          another host may have had the lock meanwhile, and what you did under it stands only where its token was checked.
 * Order    release; pairs with pawl_lock_acquire() [RB1/RB2].
 * Blocks   never. System calls: futex, when somebody sleeps or the keeper is to be told.  Signals  not async-signal-safe. */
PAWL_API int pawl_lock_release(pawl_lock_t *lock) PAWL_RELEASE(*lock);

/** Bounds of one lock in place of its space's (pawl_space_options_t); 0: the space's. */
typedef struct pawl_lock_bounds {
	int64_t max_tenure_ns; /* how long this host hands it round while another one waits; at most 6.5 s */
	int64_t idle_keep_ns;  /* how long it keeps a lease that nobody uses and nobody asks for; at most 10 minutes */
	uint32_t max_handoffs; /* how many grants it makes while another one waits */
	bool no_handoffs;      /* none: hosts alternate */
} pawl_lock_bounds_t;

/** Set them, for all processes of this host, as long as the space knows the name. From the next thing on that happens to the lock.
 * Returns  0, also where there is no remote; EINVAL a bound out of range; else as pawl_lock_open.
 * Blocks   as pawl_lock_open.  Threads  any; the last one counts. */
PAWL_API int pawl_lock_set_bounds(pawl_lock_t *lock, const pawl_lock_bounds_t *bounds);

/** Is the calling thread's hold still good? True while it holds the lock and, with a remote, the lease has not been lost and its
 * time is not over. A true answer may be out of date when you read it; only the resource can tell, by the token.
 * Blocks   never. Reads memory, and the clock once in a while: no system call with a vDSO.  Threads  any, of its own hold. */
PAWL_API bool pawl_lock_valid(const pawl_lock_t *lock);

/** Have `callback` called when a thread of this process holds the lock by this handle and its lease is lost: once for each hold, by a thread
 * of the library in which signals are blocked. It may call what does not wait for a lock of this space, nor
 * close it; it returns, and a child that it forks does not. NULL, or the last pawl_lock_close(): no more, but for a call under way.
 * Returns  0, also where there is no remote; EINVAL; EAGAIN, ENOMEM no thread to be had.
 * Blocks   no.  Threads  any; the last one to call it.  Fork  counts for the child as well. */
PAWL_API int pawl_lock_on_lost(pawl_lock_t *lock, void (*callback)(pawl_lock_t *lock, void *arg), void *arg);

/** A descriptor that can be read when that happens: an eventfd for poll(2) and its kin, of the handle, whose last pawl_lock_close() closes it.
 * Returns  the descriptor; -1: no remote, or none to be had.  Fork  a child shares it with its parent. */
PAWL_API int pawl_lock_lost_fd(pawl_lock_t *lock);

/** After EOWNERDEAD: the data is whole again.
 * Returns  0; EPERM not the owner; EINVAL the owner, but nobody died.  Blocks  never. */
PAWL_API int pawl_lock_consistent(pawl_lock_t *lock) PAWL_ASSERT_HELD(*lock);

/** Make a poisoned lock free again. Its tokens go on from where they were.
 * Returns  0, to one of those who call; EINVAL it is not poisoned; EIDRM; ENOSPC.  Blocks  as pawl_lock_open. */
PAWL_API int pawl_lock_reset(pawl_lock_t *lock);

/** Make the present hold last as long as some process has the returned descriptor open, even after this process has
 * released the lock or died: the next one to be granted the lock waits for that as well. The descriptor is inherited
 * over exec; give it to a command, close it here. That is flock(1)'s promise, and what `pawl run` is made of. It can be
 * inherited from the start: a command that another thread starts just then has it too.
 * Returns  0; EBUSY it lingers already; EPERM this thread does not hold the lock; ENOTSUP anonymous space; EMFILE, ENOSPC, EACCES, EPROTO, ...
 * Blocks   on file-system calls. Waiters for a lingering lock look every 1 to 20 ms: there is nobody to wake them. */
PAWL_API PAWL_MUST_CHECK int pawl_lock_linger(pawl_lock_t *lock, int *fd);

/* ---- looking at locks; looking takes nothing, recovers nothing and wakes nobody ---- */

typedef enum pawl_lock_state {
	PAWL_STATE_FREE,
	PAWL_STATE_HELD,
	PAWL_STATE_DEAD,      /* its owner died; the next to ask takes over */
	PAWL_STATE_POISONED,  /* released without being made consistent: ENOTRECOVERABLE until reset */
	PAWL_STATE_LINGERING, /* released, or its owner died, but a command started under it still runs */
} pawl_lock_state_t;

/** What this host has of a name at the space's remote. */
typedef enum pawl_tenure {
	PAWL_TENURE_NONE,     /* nothing */
	PAWL_TENURE_ASKING,   /* a request is under way */
	PAWL_TENURE_QUEUED,   /* a place behind another host */
	PAWL_TENURE_HELD,     /* the lease */
	PAWL_TENURE_LOST,     /* it had, and an owner is still inside */
	PAWL_TENURE_GIVING,   /* it gives the lease back */
	PAWL_TENURE_DROPPING, /* it leaves the queue */
} pawl_tenure_t;

/** How long something took, as a histogram. Bucket i counts what took up to PAWL_TIMES_BOUND(i) nanoseconds and more than the
 * bound before: 512 ns, and twice that, and so on; the last one all that took more than 34 s. */
#define PAWL_TIMES_BUCKETS  28
#define PAWL_TIMES_BOUND(i) ((uint64_t)512 << (i))

typedef struct pawl_times {
	uint64_t count;  /* the sum of the buckets */
	uint64_t sum_ns; /* how long they took together */
	uint32_t bucket[PAWL_TIMES_BUCKETS];
} pawl_times_t;

typedef struct pawl_lock_info {
	char name[PAWL_NAME_MAX + 1];
	pawl_lock_state_t state;
	bool inconsistent; /* held by one who took over from a dead owner and has not said consistent yet */
	int32_t pid, tid;  /* of the owner, as it saw itself; 0: nobody, or no longer known. Dead owners as last seen */
	bool foreign_pid;  /* the owner lives in another PID namespace: the numbers mean something only there */
	char command[16];  /* the owner's thread name */
	int64_t since_ns;  /* CLOCK_MONOTONIC at which the grant began; 0 unknown */
	bool since_is_estimate; /* it began no later than that: nobody had looked at the clock before */
	uint32_t waiters;       /* threads asleep on it just now */
	pawl_fence_t fence;     /* of the present grant, or of the last one */
	uint64_t grants;        /* since the name came to be in this space */
	uint64_t contended;     /* grants that had to wait */
	uint64_t deaths;        /* owners that died */

	bool remote;           /* the space has a remote; what follows is about that */
	pawl_tenure_t tenure;  /* `fence.hi` is the token of the present one, or of the last */
	bool asking;           /* HELD: not quite: the owner of the slot waits for a lease */
	bool revoked;          /* another host waits for it */
	uint32_t handoffs;     /* HELD: grants on this host since the lease was granted */
	int64_t good_until_ns; /* HELD: CLOCK_BOOTTIME at which it ends unless it is renewed; 0 else */

	uint32_t member;    /* which of the space's threads the owner is (pawl_thread_list); 0 nobody, or gone */
	uint64_t gave_up;   /* waits that ended by their deadline */
	pawl_times_t waits; /* of the grants that had to wait: how long, spinning at first (2 to 4 us) not counted */
	pawl_times_t holds; /* how long it was then held, by those that had to wait; with PAWL_TIMESTAMP by all */
} pawl_lock_info_t;

/** A snapshot of one lock. Reads only.
 * Returns  0; EINVAL; ENOENT the name has been reclaimed and nobody has asked for it since. */
PAWL_API int pawl_lock_info(pawl_lock_t *lock, pawl_lock_info_t *info);

/** The same by name, without making the name known.
 * Returns  0; ENOENT no such name; EINVAL; ENAMETOOLONG. */
PAWL_API int pawl_lock_peek(pawl_space_t *space, const char *name, pawl_lock_info_t *info);

/** Call `each` with a snapshot of every lock in the space until it returns non-zero, which is returned; else 0. */
PAWL_API int pawl_lock_list(pawl_space_t *space, int (*each)(const pawl_lock_info_t *info, void *arg), void *arg);

/** A thread that is known to a space: one that has used a lock there, and lives. */
typedef struct pawl_thread_info {
	uint32_t member; /* its number in the space: what pawl_lock_info_t.member names. Another thread's, once it has ended */
	int32_t pid, tid; /* as it sees itself */
	bool foreign_pid; /* it lives in another PID namespace: the numbers mean something only there */
	char command[16]; /* its name, when it first used the space */
	char waits_for[PAWL_NAME_MAX + 1]; /* the lock it sleeps for; "": none */
	int64_t since_ns;                  /* CLOCK_MONOTONIC since when, behind the lock's present owner */
} pawl_thread_info_t;

/** Call `each` with every thread alive in the space until it returns non-zero, which is returned; else 0. Reads only. Each is a
 * snapshot, not all of them together: who looks for a circle looks twice.
 * Returns  as above; EINVAL. */
PAWL_API int pawl_thread_list(pawl_space_t *space, int (*each)(const pawl_thread_info_t *info, void *arg), void *arg);

/** The word for it: "none", "asking", "queued", "held", "lost", "giving", "dropping". */
PAWL_API const char *pawl_tenure_name(pawl_tenure_t tenure);

/** The word for a state: "free", "held", "dead", "poisoned", "lingering". */
PAWL_API const char *pawl_lock_state_name(pawl_lock_state_t state);

/** Tell clang's analysis that this thread holds `lock`, in a branch that EOWNERDEAD led to. Does nothing. */
static inline void pawl_lock_assert_held(const pawl_lock_t *lock) PAWL_ASSERT_HELD(*lock)
{
	(void)lock;
}

PAWL_EXTERN_C_END

#endif
