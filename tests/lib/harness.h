/* SPDX-License-Identifier: BSD-2-Clause */
/** harness.h: what tests of several processes share: memory, children that die with their parent, a watchdog, the seed,
 * a private PAWL_DIR, words to wait on, and the answer to "does that thread sleep in the kernel?".
 *
 * Nothing here calls the library under test, and nothing here is a lock: what a test says about waiting is its own.
 */
#ifndef PAWL_TESTS_HARNESS_H
#define PAWL_TESTS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

int64_t now_ns(void);
void nap_us(long us);

/** End the program, as failed, this many seconds from now; its children go with it. A later call starts anew. */
void watchdog(unsigned seconds);
/** A whole number from the environment; `otherwise` if it is not set or not a number. */
long env_long(const char *name, long otherwise);
/** SEED from the environment or the clock; printed. */
uint64_t seed_of_run(void);
/** The next random number of a private stream, never the same for two values of `*state`. */
uint64_t random_next(uint64_t *state);
/** False if this process may not trace its children: a failure under CI=true, elsewhere a reason to skip. */
bool may_trace(void);

/** Zeroed memory shared with the children forked from now on; never NULL. */
void *shared_alloc(size_t size);
/** A fresh directory that PAWL_DIR names from now on, removed with what is in it when this process exits. */
const char *private_dir(void);
/** Files in it, but for the one that keeps tokens rising from space to space and is never removed. */
unsigned private_dir_files(void);

/** Fork; the child runs body(arg), ends by _exit(0), and is killed when its parent dies. */
pid_t spawn(void (*body)(void *arg), void *arg);
/** Wait for its end; the status as of waitpid(2). */
int reap(pid_t pid);
/** SIGKILL and reap. */
void kill_child(pid_t pid);

/** Sleep until a word of shared memory differs from `seen`; false when `timeout_ns` have passed before. */
bool word_wait(const uint32_t *word, uint32_t seen, int64_t timeout_ns);
/** Add one to the word and wake all who wait for it to change. */
void word_bump(uint32_t *word);

/** A start gate: children arrive, the parent opens it for all at once. */
struct gate {
	uint32_t arrived, open;
};
void gate_wait(struct gate *gate);
bool gate_open(struct gate *gate, unsigned expected, int64_t timeout_ns);

/** True if that thread sleeps in a futex call at this moment. */
bool asleep_in_futex(pid_t pid, pid_t tid);
/** Wait until it does; false when `timeout_ns` have passed before. */
bool wait_asleep(pid_t pid, pid_t tid, int64_t timeout_ns);
/** Where a thread is, for a report of a failure: "state wchan syscall". */
const char *where_is(pid_t pid, pid_t tid);

#endif
