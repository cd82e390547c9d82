/* SPDX-License-Identifier: BSD-2-Clause */
/** torture_hand.c: the thread that contends, and, if it is the victim, kills its process by its own timer. */
#include "torture_hand.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LATEST_KILL_US 300

struct page *torture_page;

struct start {
	unsigned process, thread;
	uint32_t round;
};

static void arm(struct hand *h)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	struct itimerspec when = { .it_value.tv_nsec = (long)(1 + random_next(&h->rng) % LATEST_KILL_US) * 1000 };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &when, NULL))
		raise(SIGKILL);
}

static int acquire(struct hand *h, unsigned i)
{
	const struct target *t = torture_page->plan.target;
	unsigned dice = torture_page->plan.mixed ? (unsigned)(random_next(&h->rng) % 10) : 9;

	if (dice < 2)
		return t->trylock(i);
	if (dice < 5)
		return t->timedlock(i, (int64_t)(random_next(&h->rng) % 400) * NS_PER_US);
	return t->lock(i);
}

/* The hand may have been replaced by a living one long ago, if nobody wanted this lock meanwhile; then what it has in
 * flight is on another lock, since the caller holds this one. */
void hand_settle(struct hand *dead, unsigned lock)
{
	struct record *r = &torture_page->records[lock];

	if (!(__atomic_load_n(&dead->count, __ATOMIC_ACQUIRE) & 1) || dead->lock != lock)
		return;
	if (r->a == dead->intent)
		r->died++;
	dead->count &= ~UINT64_C(1);
}

/* The previous owner died in the section: finish or undo what it began. */
static void repair(struct record *r)
{
	if (r->owner)
		hand_settle(&torture_page->hands[r->owner - 1], (unsigned)(r - torture_page->records));
	r->owner = 0;
	r->b = r->a;
}

/* A lock that reports no death is judged by whether the owner on record is one of those being killed. */
static bool owner_is_victim(const struct record *r)
{
	uint32_t owner = __atomic_load_n(&r->owner, __ATOMIC_RELAXED);

	return owner && torture_page->victims >> (owner - 1) / torture_page->plan.threads & 1;
}

static void violation(uint64_t *which)
{
	__atomic_fetch_add(which, 1, __ATOMIC_RELAXED);
}

static void section(struct hand *h, struct record *r, unsigned i)
{
	const struct target *t = torture_page->plan.target;
	uint32_t nobody = 0, me = (uint32_t)(h - torture_page->hands) + 1;

	if (!__atomic_compare_exchange_n(&r->owner, &nobody, me, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		violation(&torture_page->doubles);
		r->owner = me;
	}
	if (r->a != r->b)
		violation(&torture_page->torn);
	if (t->has_fence) {
		uint64_t fence = t->fence(i);

		if (fence <= r->fence)
			violation(&torture_page->tokens);
		r->fence = fence;
	}
	h->lock = i;
	h->intent = r->a + 1;
	__atomic_store_n(&h->count, h->count | 1, __ATOMIC_RELEASE);
	__atomic_store_n(&r->a, h->intent, __ATOMIC_RELEASE);
	for (unsigned n = (unsigned)(random_next(&h->rng) % 9); n; n--)
		PAWL_CPU_PAUSE();
	__atomic_store_n(&r->b, r->b + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&h->count, (h->count | 1) + 1, __ATOMIC_RELEASE);
	if (__atomic_exchange_n(&r->owner, 0, __ATOMIC_RELEASE) != me)
		violation(&torture_page->doubles);
}

static void one_operation(struct hand *h)
{
	unsigned i = (unsigned)(random_next(&h->rng) % torture_page->plan.locks);
	const struct target *t = torture_page->plan.target;
	struct record *r = &torture_page->records[i];
	int rc;

	__atomic_store_n(&h->phase, PHASE_ACQUIRE, __ATOMIC_RELEASE);
	rc = acquire(h, i);
	if (rc == EBUSY || rc == ETIMEDOUT)
		return;
	if (!pawl_acquired(rc)) {
		violation(&torture_page->errors);
		return;
	}
	__atomic_store_n(&h->phase, PHASE_SECTION, __ATOMIC_RELEASE);
	if (rc == EOWNERDEAD || (!t->reports_death && owner_is_victim(r))) {
		violation(&torture_page->recovered);
		repair(r);
		if (t->recover(i))
			violation(&torture_page->errors);
	}
	section(h, r, i);
	__atomic_store_n(&h->phase, PHASE_RELEASE, __ATOMIC_RELEASE);
	if (t->unlock(i))
		violation(&torture_page->errors);
}

static void *hand_live(void *arg)
{
	struct start *start = arg;
	struct hand *h = &torture_page->hands[start->process * torture_page->plan.threads + start->thread];

	h->pid = getpid();
	h->tid = (pid_t)syscall(SYS_gettid);
	for (uint32_t seen = start->round;;) {
		word_wait(&torture_page->round, seen, INT64_MAX);
		seen = __atomic_load_n(&torture_page->round, __ATOMIC_ACQUIRE);
		if (!start->thread && torture_page->victims >> start->process & 1)
			arm(h);
		while (!__atomic_load_n(&torture_page->stop, __ATOMIC_ACQUIRE)) {
			one_operation(h);
			__atomic_store_n(&h->phase, PHASE_OUTSIDE, __ATOMIC_RELEASE);
		}
		__atomic_store_n(&h->done, seen, __ATOMIC_RELEASE);
		word_bump(&torture_page->finished);
	}
	return NULL;
}

void hand_process(unsigned process, uint32_t round)
{
	static struct start starts[TORTURE_HANDS];
	pthread_t thread;

	for (unsigned i = 0; i < torture_page->plan.threads; i++)
		starts[i] = (struct start){ process, i, round };
	for (unsigned i = 1; i < torture_page->plan.threads; i++)
		if (pthread_create(&thread, NULL, hand_live, &starts[i]))
			_exit(1);
	hand_live(&starts[0]);
}
