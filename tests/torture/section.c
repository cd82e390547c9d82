/* SPDX-License-Identifier: BSD-2-Clause */
/** section.c: one operation of a thread, and everything that is held against the lock: by the page alone. */
#include "worker.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/harness.h"

static void count(uint64_t *which)
{
	__atomic_fetch_add(which, 1, __ATOMIC_RELAXED);
}

void trouble(uint64_t *which, const char *what, int rc)
{
	if (__atomic_fetch_add(which, 1, __ATOMIC_RELAXED) == 0)
		snprintf(page->trouble, sizeof(page->trouble), "%s: %s (%s)", what, pawl_strerror(rc), pawl_space_reason());
}

bool is_want(int rc)
{
	return rc == ENOMEM || rc == EMFILE || rc == ENFILE || rc == ENOSPC || rc == EAGAIN;
}

void be_born(struct hand *h)
{
	h->pid = getpid();
	h->tid = (pid_t)syscall(SYS_gettid);
	__atomic_store_n(&h->phase, IDLE, __ATOMIC_RELEASE);
	__atomic_store_n(&h->life, __atomic_add_fetch(&page->lives, 1, __ATOMIC_RELAXED), __ATOMIC_RELEASE);
}

/* ---- the lock, of whatever kind ---- */

static int lock_it(unsigned i, pawl_deadline_t deadline, pawl_fence_t *fence)
{
	pawl_grant_t grant = { .owner_died = false };
	int rc;

	if (page->busted)
		return 0;
	if (kind_of(i) == ROBUST) {
		rc = pawl_robust_lock(mounted.space[0], &page->robust[i], deadline);
		if (pawl_acquired(rc))
			*fence = pawl_robust_fence(&page->robust[i]);
		return rc;
	}
	rc = pawl_lock_acquire(mounted.lock[i], deadline, &grant);
	*fence = grant.fence;
	if (pawl_acquired(rc) && grant.owner_died != (rc == EOWNERDEAD))
		trouble(&page->errors, "the grant and the answer differ about a death", rc);
	return rc;
}

static int unlock_it(unsigned i)
{
	if (page->busted)
		return 0;
	return kind_of(i) == ROBUST ? pawl_robust_unlock(mounted.space[0], &page->robust[i])
				    : pawl_lock_release(mounted.lock[i]);
}

static int consistent(unsigned i)
{
	return kind_of(i) == ROBUST ? pawl_robust_consistent(mounted.space[0], &page->robust[i])
				    : pawl_lock_consistent(mounted.lock[i]);
}

static pawl_deadline_t some_deadline(uint64_t *rng)
{
	unsigned dice = (unsigned)(random_next(rng) % 10);

	return dice < 2   ? PAWL_TRY
	       : dice < 5 ? pawl_in_ns((int64_t)(random_next(rng) % 500) * NS_PER_US)
			  : PAWL_FOREVER;
}

/* ---- inside ---- */

/* An owner that died inside has left its name; whoever comes next must have been told. */
static void come_in(struct record *r, uint32_t life, bool died)
{
	uint32_t before = __atomic_exchange_n(&r->owner, life, __ATOMIC_RELAXED);

	if (before != 0 && !died)
		count(&page->doubles);
	if (r->a != r->b && !died)
		count(&page->torn);
	r->b = r->a;
}

static void check_token(struct record *r, pawl_fence_t fence)
{
	if (!page->busted && pawl_fence_cmp(fence, r->fence) <= 0)
		count(&page->tokens);
	r->fence = fence;
}

static void work(struct record *r, uint32_t life, uint64_t *rng)
{
	uint64_t a = __atomic_load_n(&r->a, __ATOMIC_RELAXED);

	__atomic_store_n(&r->a, a + 1, __ATOMIC_RELAXED);
	for (unsigned n = (unsigned)(random_next(rng) % 64); n; n--)
		__asm__ __volatile__("" ::: "memory");
	if (random_next(rng) % 32 == 0)
		usleep((unsigned)(random_next(rng) % 200));
	if (__atomic_load_n(&r->a, __ATOMIC_RELAXED) != a + 1)
		count(&page->updates);
	__atomic_store_n(&r->b, a + 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&r->owner, __ATOMIC_RELAXED) != life)
		count(&page->doubles);
}

static bool is_lean(void)
{
	return __atomic_load_n(&me->lean, __ATOMIC_RELAXED) || __atomic_load_n(&page->full, __ATOMIC_RELAXED);
}

/* `lean`: it was, when it began. */
static bool is_refusal(int rc, pawl_deadline_t deadline, bool lean)
{
	if (rc == EBUSY && deadline == PAWL_TRY)
		return true;
	if (rc == ETIMEDOUT && deadline != PAWL_FOREVER && deadline != PAWL_TRY)
		return true;
	if (!is_want(rc) || !(lean || is_lean()))
		return false;
	count(&page->lean_errors);
	return true;
}

void operate(struct hand *h, uint64_t *rng, void (*inside)(struct hand *h))
{
	unsigned i = (unsigned)(random_next(rng) % LOCKS);
	pawl_deadline_t deadline = inside ? PAWL_FOREVER : some_deadline(rng);
	struct record *r = &page->records[i];
	pawl_fence_t fence = { 0, 0 };
	uint32_t life = h->life;
	bool lean = is_lean();
	int rc;

	if (kind_of(i) != ROBUST && !mounted.lock[i])
		return;
	h->lock = i;
	__atomic_store_n(&h->phase, ACQUIRE, __ATOMIC_RELEASE);
	rc = lock_it(i, deadline, &fence);
	if (!pawl_acquired(rc)) {
		__atomic_store_n(&h->phase, IDLE, __ATOMIC_RELEASE);
		if (!is_refusal(rc, deadline, lean))
			trouble(&page->errors, "acquire", rc);
		return;
	}
	__atomic_store_n(&h->phase, INSIDE, __ATOMIC_RELEASE);
	come_in(r, life, rc == EOWNERDEAD);
	if (rc == EOWNERDEAD) {
		count(&page->told);
		rc = consistent(i);
		if (rc != 0)
			trouble(&page->errors, "consistent", rc);
	}
	check_token(r, fence);
	work(r, life, rng);
	if (inside)
		inside(h);
	__atomic_store_n(&r->owner, 0, __ATOMIC_RELAXED);
	__atomic_fetch_add(&r->sections, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&h->phase, RELEASE, __ATOMIC_RELEASE);
	rc = unlock_it(i);
	if (rc != 0)
		trouble(&page->errors, "release", rc);
	h->ops++;
	__atomic_store_n(&h->phase, IDLE, __ATOMIC_RELEASE);
}
