/* SPDX-License-Identifier: BSD-2-Clause */
/** actor.h: the ones who live on in a crash test: processes that take and give locks of a target when they are told to.
 *
 * The parent asks; the actor answers through shared memory, with the time at which it had the answer.
 */
#ifndef PAWL_TESTS_ACTOR_H
#define PAWL_TESTS_ACTOR_H

#include "harness.h"
#include "target.h"

enum actor_act { ACTOR_LOCK, ACTOR_TRY, ACTOR_UNLOCK, ACTOR_RECOVER, ACTOR_RESET };

struct actor {
	uint32_t asked, taken, answered; /* sequence numbers; the three are equal when it is idle */
	enum actor_act act;
	unsigned lock;
	int rc;
	uint64_t fence;
	int64_t at_ns; /* when it had the answer */
	pid_t pid;
	bool holds; /* the parent's note: it owns `lock` */
};

/** Bumped at every answer of any actor: what a parent waits on that expects several. */
extern uint32_t *actor_news;

/** Fork one; it has used lock `warm` once, so that it is a member when this returns. NULL: it could not. */
struct actor *actor_new(const struct target *target, unsigned warm);
void actor_ask(struct actor *a, enum actor_act act, unsigned lock);
/** True, and a->rc is what the act returned, unless `timeout_ns` pass before. */
bool actor_answered(struct actor *a, int64_t timeout_ns);
/** Ask and wait 10 s; the act's answer, or ETIME. Keeps a->holds. */
int actor_do(struct actor *a, enum actor_act act, unsigned lock);
/** Wait until it sleeps inside what it was asked; false if it answers or the time passes. */
bool actor_asleep(struct actor *a, int64_t timeout_ns);
bool actor_busy(const struct actor *a);
/** SIGKILL, reap, forget. */
void actor_kill(struct actor *a);

#endif
