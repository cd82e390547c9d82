/* SPDX-License-Identifier: BSD-2-Clause */
/** agent.c: the agents' mailbox and the loop they live in (agent.h). */
#include "agent.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGENTS 16

uint32_t *agent_news;
static struct agent *agents;
static const struct target *target;

static int act(struct agent *a)
{
	switch (a->act) {
	case AGENT_LOCK:
		return target->lock(a->lock);
	case AGENT_TRY:
		return target->trylock(a->lock);
	case AGENT_UNLOCK:
		return target->unlock(a->lock);
	case AGENT_RECOVER:
		return target->recover(a->lock);
	case AGENT_RESET:
		return pawl_robust_reset(target_space, target_robust(a->lock));
	}
	return EINVAL;
}

static void live(void *arg)
{
	struct agent *a = arg;
	cpu_set_t anywhere;

	memset(&anywhere, 0xff, sizeof(anywhere)); /* the parent may have bound itself to one CPU */
	sched_setaffinity(0, sizeof(anywhere), &anywhere);
	for (uint32_t seq = 0;; seq++) {
		word_wait(&a->asked, seq, INT64_MAX);
		__atomic_store_n(&a->taken, seq + 1, __ATOMIC_RELEASE);
		a->rc = act(a);
		a->at_ns = now_ns();
		a->fence = target->has_fence && pawl_acquired(a->rc) ? target->fence(a->lock) : 0;
		word_bump(&a->answered);
		word_bump(agent_news);
	}
}

struct agent *agent_new(const struct target *of, unsigned warm)
{
	struct agent *a;

	if (!agents) {
		agents = shared_alloc(AGENTS * sizeof(*agents));
		agent_news = shared_alloc(sizeof(*agent_news));
	}
	target = of;
	for (a = agents; a->pid; a++)
		if (a == agents + AGENTS - 1)
			return NULL;
	*a = (struct agent){ 0 };
	a->pid = spawn(live, a);
	if (agent_do(a, AGENT_LOCK, warm) || agent_do(a, AGENT_UNLOCK, warm)) {
		agent_kill(a);
		return NULL;
	}
	return a;
}

void agent_ask(struct agent *a, enum agent_act what, unsigned lock)
{
	a->act = what;
	a->lock = lock;
	word_bump(&a->asked);
}

bool agent_busy(const struct agent *a)
{
	return __atomic_load_n(&a->answered, __ATOMIC_ACQUIRE) != a->asked;
}

bool agent_answered(struct agent *a, int64_t timeout_ns)
{
	return !agent_busy(a) || word_wait(&a->answered, a->asked - 1, timeout_ns);
}

int agent_do(struct agent *a, enum agent_act what, unsigned lock)
{
	agent_ask(a, what, lock);
	if (!agent_answered(a, 10 * NS_PER_S))
		return ETIME;
	if (what == AGENT_LOCK || what == AGENT_TRY)
		a->holds = pawl_acquired(a->rc);
	else if (what == AGENT_UNLOCK)
		a->holds = false;
	return a->rc;
}

bool agent_asleep(struct agent *a, int64_t timeout_ns)
{
	int64_t until = now_ns() + timeout_ns;
	long nap = 10;

	/* Before `taken` it may sleep in its mailbox, which does not count. */
	while (__atomic_load_n(&a->taken, __ATOMIC_ACQUIRE) != a->asked || !asleep_in_futex(a->pid, a->pid)) {
		if (!agent_busy(a) || now_ns() > until)
			return false;
		nap_us(nap);
		nap = nap < 320 ? nap * 2 : nap;
	}
	return agent_busy(a);
}

void agent_kill(struct agent *a)
{
	if (!a || !a->pid)
		return;
	kill_child(a->pid);
	a->pid = 0;
}
