/* SPDX-License-Identifier: BSD-2-Clause */
/** kids_acts.h: what a puppet can be told to do with locks: the same acts for robust mutexes in memory that the test
 * shares and for named locks, so that one table of scenarios serves both.
 *
 * A lock is a number: 0..63, plus NAMED for a named lock instead of a robust mutex, plus RECURSIVE, plus AUTO (named only).
 */
#ifndef PAWL_TESTS_KIDS_ACTS_H
#define PAWL_TESTS_KIDS_ACTS_H

#include <pawl/pawl.h>

#include "kids.h"

enum { NAMED = 64, RECURSIVE = 128, AUTO = 256 };

/** The space of the present test, and the robust mutexes beside it: [0..63] plain, [64..127] recursive. */
extern pawl_space_t *acts_space;
extern pawl_robust_t *acts_mutex;

/** Open a new space, under a name of its own, and prepare all locks. 0 or what pawl_space_open says. */
int acts_begin(void);
/** Close it. 0 or what pawl_space_close says. */
int acts_end(void);
/** Take note of every death nobody has been told of yet and reset every poisoned lock: they keep a space's file. */
int acts_bury(pawl_space_t *space);
/** The end of a test: bury the dead, check the space, close it, and see that nothing is left of it. 0, or says what is wrong. */
int acts_finish(void);
/** The name of the space of the present test. */
const char *acts_name(void);
/** The robust mutex that number `i` is. */
pawl_robust_t *acts_robust(long i);
/** This process's handle of the named lock that number `i` is; NULL if it cannot be opened. */
pawl_lock_t *acts_handle(long i);
/** Wait until some thread, of any PID namespace, is registered as a sleeper on the robust mutex. */
bool acts_waited_on(long i);

/* Acts. The three that take it leave the token with puppet_tell when they did; its top bit says the grant told of a death. */
#define ACT_DIED (UINT64_C(1) << 63)
int act_lock(long i);    /* as long as it takes */
int act_try(long i);     /* PAWL_TRY */
int act_timed(long i);   /* with a deadline that is far away */
int act_briefly(long i); /* with a deadline 30 ms away; answers EPROTO if that came early */
int act_unlock(long i);
int act_consistent(long i);
int act_reset(long i);
int act_leave(long unused); /* close the space */

/** Take it in this process: as the acts, with the deadline given, and the token (and ACT_DIED) in *token. */
int acts_take(long i, pawl_deadline_t deadline, uint64_t *token);

#endif
