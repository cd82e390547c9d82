/* SPDX-License-Identifier: BSD-2-Clause */
/** space.h: a host segment, the liveness of the threads that use it, and the crash-robust mutex they can share.
 *
 * A *space* is a piece of shared memory in which threads of any number of processes are known by a liveness slot each:
 * the kernel marks the slot the moment its thread dies, however it dies. That is what makes a lock survive kill -9
 * without a daemon, a time-out or a second owner. The space also holds the locks by name (lock.h).
 *
 * What breaks, and the cure
 *   - A process dies in the middle of a section: the next owner gets EOWNERDEAD within a fraction of a millisecond.
 *   - The file is removed under its members (rm, logind's RemoveIPC): they get EIDRM on their next slow path instead of
 *     a second owner; close and open again. Set PAWL_DIR to a directory nobody cleans.
 *   - A thread holds over 2,048 robust pthread mutexes of its own taken after it joined, unmaps one it holds, or calls
 *     set_robust_list: the kernel then cannot see its death. `pawl doctor` says which limits apply.
 *   - Same user, same trust: a peer that can write the segment can deny service, yet not crash this process.
 */
#ifndef PAWL_SPACE_H
#define PAWL_SPACE_H

#include <pawl/base.h>

PAWL_EXTERN_C_BEGIN

typedef struct pawl_space pawl_space_t;

/** All zero is a good default. */
typedef struct pawl_space_options {
	uint32_t capacity; /* names at the same time; 0 = 65,536; rounded up to a power of two, 64 .. 1,048,576 */
	uint32_t mode;     /* permission bits, 0600 (also for 0) or, with `gid`, 0660 */
	uint32_t gid;      /* share with this group: the space then belongs to the group, not to the user; 0 = no */
	bool persistent;   /* the last process to leave does not remove it */
	bool existing;     /* open only: ENOENT if there is none */
	pawl_deadline_t deadline; /* for an opener who meets one that is just leaving; 0 = two seconds from now */

	/* Locks that are shared with other hosts: the URL of a lock service (remote.h), the same on all of them. NULL = this host's
	 * own, or, of a space that exists, whatever it was made with. A space has one remote for its whole life. */
	const char *remote;
	int64_t ttl_ns; /* how long a lease outlives a host that has vanished; 0 = 10 s; at least 0.1 s, and what the service can do */
	int64_t max_tenure_ns; /* how long this host hands a lock round while another one waits; 0 = 5 ms. Who asked for it comes in
	                       * first, if that takes no longer than eight times this */
	int64_t idle_keep_ns;  /* how long it keeps a lease that nobody uses and nobody asks for; 0 = 1 s */
	uint32_t max_handoffs; /* how many grants it makes while another one waits; 0 = 65,536 */
	bool no_handoffs;      /* none: hosts alternate */
	bool looks_only;       /* this process will not speak to the service, should no other do (`pawl ls`) */
} pawl_space_options_t;

/** Open the space called `name`, creating it if need be; NULL is a space without a name, for this process and the
 * children it forks from now on.
 *
 * The space is the file pawl.<uid>.<name> (pawl.g<gid>.<name> for a group) in $PAWL_DIR, or in /dev/shm. `name` is made
 * of letters, digits and ._- , does not begin with a dot and is 200 bytes long at most. Opening it twice in a process
 * gives the same pawl_space_t, to be closed twice. Options are those of the creator, except `existing`, `deadline`.
 *
 * Returns  0; EINVAL a bad name or option; EPROTO not a space of ours to use; EACCES; ENOENT; ENOSPC; ETIMEDOUT; ENOMEM,
 *          EMFILE, ...; after any failure pawl_space_reason() says which file, why, and what to do.
 * Blocks   on file-system calls; and, until the deadline, while a process that was alone removes or adopts the file.
 * Threads  any.  Fork  a child is a member from the moment it is forked, and holds nothing.  Exec  leaves.
 * Signals  not async-signal-safe.  Cancel  not a cancellation point. */
PAWL_API PAWL_MUST_CHECK int pawl_space_open(pawl_space_t **space, const char *name, const pawl_space_options_t *options);

/** Close it. The last close in a process leaves the space, once the threads that used it have ended; the last process to
 * leave removes it, unless it is persistent, a command started under one of its locks still runs, or one of its locks has
 * an owner who died, or is poisoned, and nobody has been told yet. Handles of named locks go with it.
 * Returns  0; EBUSY this process holds a lock there (nothing has changed); EINVAL.
 * Blocks   on file-system calls.  Threads  any, but no other may be inside a call on this space.
 * Fork     the child's close and the parent's are independent.  Signals  not async-signal-safe. */
PAWL_API int pawl_space_close(pawl_space_t *space);

/** Remove a space by name, if nobody uses it.
 * Returns  0; ENOENT; EBUSY it has members, or a command started by `pawl run` still lingers; EINVAL; EACCES, EPROTO.
 * Signals  not async-signal-safe. */
PAWL_API int pawl_space_unlink(const char *name);

/** Why the last pawl_space_open or pawl_space_unlink of this thread failed: file, cause, cure, in one line. Never NULL.
 * Valid until the thread's next such call. */
PAWL_API const char *pawl_space_reason(void);

/** The file's path, or "(anonymous)". Lives as long as the space. */
PAWL_API const char *pawl_space_path(const pawl_space_t *space);

/** Counters of a space since it was created, by all its processes. */
typedef struct pawl_space_stats {
	uint32_t capacity;         /* names it can hold */
	uint32_t names;            /* names it holds */
	uint32_t threads;          /* threads alive in it */
	uint64_t joins;            /* threads that ever joined */
	uint64_t recovered;        /* locks taken over from a dead owner */
	uint64_t reclaimed;        /* idle names that gave way to new ones */
	uint64_t rescued_by_slice; /* waiters that found their lock free or its owner dead by looking, not by being woken */
	bool persistent;
	bool removed; /* the name was removed under us: EIDRM */
} pawl_space_stats_t;

/** Reads only; a snapshot, not atomic as a whole.
 * Returns  0; EINVAL. */
PAWL_API int pawl_space_stats(pawl_space_t *space, pawl_space_stats_t *stats);

/** What a space's processes know of its remote. */
typedef struct pawl_remote_info {
	char url[512];      /* without its secrets; "" there is none */
	char host[33];      /* who this host is to the service */
	char reason[96];    /* why the service cannot be reached; "" */
	bool up;            /* it can */
	int32_t keeper_pid; /* the process that speaks to it, as it sees itself; 0: none just now */
	uint32_t term;      /* keepers so far, this one included */
	uint64_t losses;    /* leases lost while they were held */
	int64_t ttl_ns;
} pawl_remote_info_t;

/** Reads only; a snapshot, not atomic as a whole.
 * Returns  0, also where there is no remote; EINVAL. */
PAWL_API int pawl_space_remote(pawl_space_t *space, pawl_remote_info_t *info);

/** Check what can be checked of a live space: every word, slot, place and name within its bounds.
 * Returns  0; EPROTO, and pawl_space_reason() says what is wrong. Reads only; changes that are under way are no faults. */
PAWL_API int pawl_space_check(pawl_space_t *space);

/** Call `each` with the name of every space of this user (and directory) until it returns non-zero, which is returned.
 * Looks at file names only: opens none.
 * Returns  0; ENOENT, EACCES, ...: the directory cannot be read, and pawl_space_reason() says why. */
PAWL_API int pawl_space_scan(int (*each)(const char *name, const char *path, void *arg), void *arg);

/* ---- the robust mutex ---- */

/** A mutex for the user's own shared structures: any memory that the processes share, at any address. It survives the
 * death of its owner; the space lends it liveness. All processes must use it through the same
 * space, and its memory must not outlive the space: a word left by a dead owner means nothing to the next one.
 *
 *   offset  field  what
 *   0       word   who holds it; 0 is free (bit table: src/space/word.h)
 *   4       depth  by the owner: nested acquisitions beyond the first; bit 15: PAWL_RECURSIVE
 *   6       flags  hints between waiters and owner
 *   8       grant  the fencing token's `lo`; only the owner writes it, and only upwards
 */
typedef struct PAWL_CAPABILITY("robust mutex") pawl_robust {
	uint32_t word;
	uint16_t depth;
	uint8_t flags;
	uint8_t hungry;
	uint64_t grant;
} pawl_robust_t;

PAWL_STATIC_ASSERT(sizeof(pawl_robust_t) == 16, "shared between processes: pinned");

/** Prepare `m`, which nobody uses yet, at an 8-byte boundary. Zero-filled memory is a free, non-recursive mutex too,
 * whose tokens start at 1 instead of at a number from the clock.
 * Flags    PAWL_RECURSIVE.
 * Returns  0; EINVAL unknown flag, misaligned.  Signals  async-signal-safe. */
PAWL_API int pawl_robust_init(pawl_robust_t *m, unsigned flags);

/** Take it, waiting until `deadline` (PAWL_TRY: not at all).
 * Returns  0; EOWNERDEAD: taken, the previous owner died: make the data whole, then pawl_robust_consistent();
 *          EBUSY (PAWL_TRY); ETIMEDOUT; EDEADLK this thread has it; EAGAIN recursion too deep; ENOTRECOVERABLE;
 *          ENOSPC no liveness slot left: 4,095 threads are alive in the space; ENOMEM; EIDRM.
 * Held     after 0 and EOWNERDEAD (pawl_acquired(rc)), after nothing else.
 * Order    acquire; pairs with pawl_robust_unlock() [RB1/RB2].
 * Blocks   until `deadline`: spins for microseconds, then sleeps. System calls: none when free, but for a thread's first
 *          call in this space; futex when it waits. Newcomers may pass a waiter until it has waited
 *          about a millisecond; then the sleepers go first.
 * Threads  any; the lock then belongs to the calling thread. A thread that ends while it holds is one that died.
 * Fork     a child does not hold it.  Exec  an owner who execs has died.
 * Signals  not async-signal-safe. Never EINTR: the wait goes on with the same deadline.
 * Cancel   not a cancellation point.
 * Example  tests/examples/eg_space.c */
PAWL_API PAWL_MUST_CHECK int pawl_robust_lock(pawl_space_t *space, pawl_robust_t *m, pawl_deadline_t deadline)
	PAWL_TRY_ACQUIRE(0, *m);

/** Give it up. After EOWNERDEAD without pawl_robust_consistent() this poisons the mutex: ENOTRECOVERABLE for everybody
 * until pawl_robust_reset().
 * Returns  0; EPERM: this thread does not hold it (nothing has changed).
 * Order    release; pairs with pawl_robust_lock() [RB1/RB2]. Nothing is touched after the store that frees it, so the
 *          next owner may free the memory.
 * Blocks   never. System calls: futex, when somebody sleeps.  Signals  not async-signal-safe. */
PAWL_API int pawl_robust_unlock(pawl_space_t *space, pawl_robust_t *m) PAWL_RELEASE(*m);

/** After EOWNERDEAD: the data is whole again.
 * Returns  0; EPERM not the owner; EINVAL the owner, but nobody died.  Blocks  never. */
PAWL_API int pawl_robust_consistent(pawl_space_t *space, pawl_robust_t *m) PAWL_ASSERT_HELD(*m);

/** Make a poisoned mutex free again. Its tokens go on from where they were.
 * Returns  0, to one of those who call; EINVAL it is not poisoned.  Blocks  never. */
PAWL_API int pawl_robust_reset(pawl_space_t *space, pawl_robust_t *m);

/** The fencing token of the present grant; for the owner. Stable under re-entry, larger at each new grant. */
PAWL_API pawl_fence_t pawl_robust_fence(const pawl_robust_t *m);

/** Tell clang's analysis that this thread holds `m`, in a branch that EOWNERDEAD led to. Does nothing. */
static inline void pawl_robust_assert_held(const pawl_robust_t *m) PAWL_ASSERT_HELD(*m)
{
	(void)m;
}

PAWL_EXTERN_C_END

#endif
