/* SPDX-License-Identifier: BSD-2-Clause */
/** kids.h: forked children for tests: start one, wait for it, know that it sleeps, kill it; shared memory to report in;
 * and a private PAWL_DIR that is removed at the end.
 *
 * A *puppet* is a child that does what it is told: since fork keeps addresses, the parent hands it a function and a
 * number, and gets back what the function returned. Scenarios of several processes then read top to bottom in one place,
 * and every assertion stays in the parent, where cmocka can see it.
 */
#ifndef PAWL_TESTS_KIDS_H
#define PAWL_TESTS_KIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define KIDS_PATIENCE_MS 60000   /* how long anything is waited for before the test counts as hung */
#define KIDS_SIGNAL      256     /* kids_join: ended by signal N gives KIDS_SIGNAL + N */
#define KIDS_HUNG        (-1000) /* kids_join, puppet_answer: nothing within KIDS_PATIENCE_MS */

/** Zeroed memory that children share. Ends the program if there is none. */
void *kids_map(size_t size);
void kids_unmap(void *memory, size_t size);

/** Fork a child that runs body(arg) and ends by _exit with what it returns. It dies with its parent. */
pid_t kids_fork(int (*body)(void *arg), void *arg);
/** Wait for the end of a child: its exit status, KIDS_SIGNAL + N, or KIDS_HUNG (it is killed then). */
int kids_join(pid_t pid);
/** SIGKILL and reap. */
void kids_kill(pid_t pid);
/** Wait until the thread sleeps in a futex call; false if it never does. */
bool kids_asleep(pid_t tid);
/** Wait until the word, in shared memory, is at least `value`; false if it never is. */
bool kids_until(uint32_t *word, uint32_t value);
void kids_nap_us(long us);
int64_t kids_now_ns(void);

/** The seed of this run, from $SEED or the clock; printed once, so that a failure can be repeated. */
uint64_t kids_seed(void);
uint64_t kids_random(uint64_t *state);

/** Make a fresh directory, set PAWL_DIR to it, return its path. */
const char *kids_dir_make(void);
/** How many files are in it that the last member of a space should have removed. */
int kids_dir_files(void);
/** Remove everything in it. */
void kids_dir_clear(void);
/** Remove it with everything in it. */
void kids_dir_remove(void);

/* ---- puppets ---- */

typedef int puppet_act(long arg);

typedef struct puppet {
	uint32_t asked, taken, answered; /* sequence numbers: told so often, picked up, done */
	int answer;
	pid_t pid;
	puppet_act *act;
	long arg;
	uint64_t extra; /* a second answer, by puppet_tell */
} puppet_t;

/** Start one; `first` runs in it before anything else, NULL for nothing. */
puppet_t *puppet_new(puppet_act *first, long arg);
/** The same in a PID namespace of its own, where its number is 1; NULL if the kernel does not let us make one. */
puppet_t *puppet_new_namespace(puppet_act *first, long arg);
/** Tell it to do something, without waiting for the end. */
void puppet_ask(puppet_t *p, puppet_act *act, long arg);
/** What the last act returned; waits for it. */
int puppet_answer(puppet_t *p);
/** True if the last act is over. */
bool puppet_done(const puppet_t *p);
/** puppet_ask and puppet_answer. */
int puppet_do(puppet_t *p, puppet_act *act, long arg);
/** Wait until it sleeps inside the act. */
bool puppet_asleep(puppet_t *p);
/** In the puppet: a second answer beside the return value. */
void puppet_tell(uint64_t extra);
/** Kill it by SIGKILL, reap and forget it. */
void puppet_kill(puppet_t *p);
/** Let it return from its body and end by _exit(0), reap and forget it. */
void puppet_end(puppet_t *p);
/** Reap one that ended by itself and forget it; as kids_join. */
int puppet_reap(puppet_t *p);

#endif
