/* SPDX-License-Identifier: BSD-2-Clause */
/** actor.c: the actors' mailbox and the loop they live in (actor.h). */
#include "actor.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACTORS 16

uint32_t *actor_news;
static struct actor *actors;
static const struct target *target;

static int act(struct actor *a)
{
	switch (a->act) {
	case ACTOR_LOCK:
		return target->lock(a->lock);
	case ACTOR_TRY:
		return target->trylock(a->lock);
	case ACTOR_UNLOCK:
		return target->unlock(a->lock);
	case ACTOR_RECOVER:
		return target->recover(a->lock);
	case ACTOR_RESET:
		return pawl_robust_reset(target_space, target_robust(a->lock));
	}
	return EINVAL;
}

static void live(void *arg)
{
	struct actor *a = arg;
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
		word_bump(actor_news);
	}
}

struct actor *actor_new(const struct target *of, unsigned warm)
{
	struct actor *a;

	if (!actors) {
		actors = shared_alloc(ACTORS * sizeof(*actors));
		actor_news = shared_alloc(sizeof(*actor_news));
	}
	target = of;
	for (a = actors; a->pid; a++)
		if (a == actors + ACTORS - 1)
			return NULL;
	*a = (struct actor){ 0 };
	a->pid = spawn(live, a);
	if (actor_do(a, ACTOR_LOCK, warm) || actor_do(a, ACTOR_UNLOCK, warm)) {
		actor_kill(a);
		return NULL;
	}
	return a;
}

void actor_ask(struct actor *a, enum actor_act what, unsigned lock)
{
	a->act = what;
	a->lock = lock;
	word_bump(&a->asked);
}

bool actor_busy(const struct actor *a)
{
	return __atomic_load_n(&a->answered, __ATOMIC_ACQUIRE) != a->asked;
}

bool actor_answered(struct actor *a, int64_t timeout_ns)
{
	return !actor_busy(a) || word_wait(&a->answered, a->asked - 1, timeout_ns);
}

int actor_do(struct actor *a, enum actor_act what, unsigned lock)
{
	actor_ask(a, what, lock);
	if (!actor_answered(a, 10 * NS_PER_S))
		return ETIME;
	if (what == ACTOR_LOCK || what == ACTOR_TRY)
		a->holds = pawl_acquired(a->rc);
	else if (what == ACTOR_UNLOCK)
		a->holds = false;
	return a->rc;
}

bool actor_asleep(struct actor *a, int64_t timeout_ns)
{
	int64_t until = now_ns() + timeout_ns;
	long nap = 10;

	/* Before `taken` it may sleep in its mailbox, which does not count. */
	while (__atomic_load_n(&a->taken, __ATOMIC_ACQUIRE) != a->asked || !asleep_in_futex(a->pid, a->pid)) {
		if (!actor_busy(a) || now_ns() > until)
			return false;
		nap_us(nap);
		nap = nap < 320 ? nap * 2 : nap;
	}
	return actor_busy(a);
}

void actor_kill(struct actor *a)
{
	if (!a || !a->pid)
		return;
	kill_child(a->pid);
	a->pid = 0;
}
