/* SPDX-License-Identifier: BSD-2-Clause */
/** agent.h: the ones who live on in a crash test: processes that take and give locks of a target when they are told to.
 *
 * The parent asks; the agent answers through shared memory, with the time at which it had the answer.
 */
#ifndef PAWL_TESTS_AGENT_H
#define PAWL_TESTS_AGENT_H

#include "harness.h"
#include "target.h"

enum agent_act { AGENT_LOCK, AGENT_TRY, AGENT_UNLOCK, AGENT_RECOVER, AGENT_RESET };

struct agent {
	uint32_t asked, taken, answered; /* sequence numbers; the three are equal when it is idle */
	enum agent_act act;
	unsigned lock;
	int rc;
	uint64_t fence;
	int64_t at_ns; /* when it had the answer */
	pid_t pid;
	bool holds; /* the parent's note: it owns `lock` */
};

/** Bumped at every answer of any agent: what a parent waits on that expects several. */
extern uint32_t *agent_news;

/** Fork one; it has used lock `warm` once, so that it is a member when this returns. NULL: it could not. */
struct agent *agent_new(const struct target *target, unsigned warm);
void agent_ask(struct agent *a, enum agent_act act, unsigned lock);
/** True, and a->rc is what the act returned, unless `timeout_ns` pass before. */
bool agent_answered(struct agent *a, int64_t timeout_ns);
/** Ask and wait 10 s; the act's answer, or ETIME. Keeps a->holds. */
int agent_do(struct agent *a, enum agent_act act, unsigned lock);
/** Wait until it sleeps inside what it was asked; false if it answers or the time passes. */
bool agent_asleep(struct agent *a, int64_t timeout_ns);
bool agent_busy(const struct agent *a);
/** SIGKILL, reap, forget. */
void agent_kill(struct agent *a);

#endif
