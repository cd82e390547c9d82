/* SPDX-License-Identifier: BSD-2-Clause */
/** scenes_redisson.c: scenes after Redisson's tests (scenes.h). */
#include <errno.h>
#include <signal.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "history.h"
#include "scenes.h"

/* The service is away for longer than a lease lasts: who holds is told, and what comes after is renewed like any. */
static bool lock_after_timeout(void)
{
	puppet_t *a = scene_on[0];

	hosts->forgiving = true;
	SCENE(puppet_do(a, peer_take, 0) == 0);
	service_kill(scene_service);
	SCENE(scene_until(a, peer_valid, 0, ESTALE));
	SCENE(service_again(scene_service));
	SCENE(puppet_do(a, peer_give, 0) == ESTALE);
	SCENE(puppet_do(a, peer_take, 0) == 0);
	scene_wait(220);
	SCENE(puppet_do(a, peer_valid, 0) == 0);
	SCENE(puppet_do(scene_on[1], peer_try, 0) == EBUSY);
	return puppet_do(a, peer_give, 0) == 0;
}

static int take_twice(long lock) PAWL_NO_ANALYSIS
{
	int rc = peer_take(lock);
	pawl_grant_t once, twice;

	if (rc || pawl_lock_acquire(peer_lock[lock], PAWL_FOREVER, &once) ||
		pawl_lock_acquire(peer_lock[lock], PAWL_FOREVER, &twice))
		return -1;
	return pawl_fence_cmp(once.fence, twice.fence) ? -2 : pawl_lock_release(peer_lock[lock]);
}

static int give_once(long lock) PAWL_NO_ANALYSIS
{
	return pawl_lock_release(peer_lock[lock]);
}

/* Taken twice, given back once: it is still renewed. */
static bool lock_reentrant_renew(void)
{
	puppet_t *a = scene_on[0];

	SCENE(puppet_do(a, take_twice, 0) == 0);
	SCENE(puppet_do(a, give_once, 0) == 0);
	scene_wait(150);
	SCENE(puppet_do(a, peer_valid, 0) == 0);
	SCENE(puppet_do(scene_on[1], peer_try, 0) == EBUSY);
	SCENE(puppet_do(a, peer_give, 0) == 0);
	return puppet_do(a, peer_give, 0) == EPERM;
}

static int take_5ms(long lock) PAWL_NO_ANALYSIS
{
	return pawl_lock_acquire(peer_lock[lock], pawl_in_ms(5), NULL);
}

/* Who gives up at once leaves no place behind that is granted, and renewed by nobody who knows. */
static bool not_renewed_after_interrupted_trylock(void)
{
	puppet_t *a = scene_on[0], *b = scene_on[1], *c = scene_on[2];

	SCENE(puppet_do(a, peer_take, 0) == 0);
	for (int i = 0; i < 20; i++)
		SCENE(puppet_do(b, take_5ms, 0) == ETIMEDOUT);
	SCENE(puppet_do(a, peer_give, 0) == 0);
	SCENE(puppet_do(c, peer_take, 0) == 0);
	scene_wait(120);
	SCENE(puppet_do(c, peer_valid, 0) == 0);
	SCENE(puppet_do(b, peer_tenure, 0) == PAWL_TENURE_NONE);
	return puppet_do(c, peer_give, 0) == 0;
}

/* No service: that is said, and nothing of it is left when it is back. */
static bool redis_failed(void)
{
	puppet_t *a = scene_on[0], *b = scene_on[1];

	service_kill(scene_service);
	SCENE(scene_until(a, peer_briefly, 0, EHOSTUNREACH));
	SCENE(puppet_do(b, peer_briefly, 0) == EHOSTUNREACH);
	SCENE(service_again(scene_service));
	SCENE(puppet_do(b, peer_work, 0) == 0);
	return puppet_do(a, peer_work, 0) == 0;
}

/* Only who has it can give it back. */
static bool unlock_fail(void)
{
	puppet_t *a = scene_on[0], *b = scene_on[1], *other = hosts_process(0);

	SCENE(other && puppet_do(a, peer_take, 0) == 0);
	SCENE(puppet_do(b, peer_give, 0) == EPERM);
	SCENE(puppet_do(other, peer_give, 0) == EPERM);
	SCENE(puppet_do(a, peer_valid, 0) == 0);
	SCENE(puppet_do(a, peer_give, 0) == 0);
	puppet_end(other);
	return true;
}

/* A wait that has an end does not end before. */
static bool trylock_wait(void)
{
	int64_t begin;

	SCENE(puppet_do(scene_on[0], peer_take, 0) == 0);
	begin = now_ns();
	SCENE(puppet_do(scene_on[1], peer_briefly, 0) == ETIMEDOUT);
	SCENE(now_ns() - begin >= 200 * NS_PER_MS);
	return puppet_do(scene_on[0], peer_give, 0) == 0;
}

/* A whole host dies: the lease runs out, and the next one has it, with a larger token. */
static bool auto_expire(void)
{
	puppet_t *b = scene_on[1];

	SCENE(puppet_do(scene_on[0], peer_take, 0) == 0);
	scene_kill(0);
	SCENE(puppet_do(b, peer_take, 0) == 0);
	SCENE(hosts->deaths == 1 || !(scene_service->kind->promises & HISTORY_DEATHS));
	SCENE(puppet_do(b, peer_give, 0) == 0);
	SCENE(scene_come_back(0));
	return puppet_do(scene_on[0], peer_work, 0) == 0;
}

static int work_100_times(long lock)
{
	int rc = 0;

	for (int i = 0; i < 100 && rc == 0; i++)
		rc = peer_work(lock);
	return rc;
}

static bool concurrency_loop_multi_instance(void)
{
	puppet_t *all[6] = { scene_on[0], scene_on[1], scene_on[2], hosts_process(0), hosts_process(1), hosts_process(2) };

	for (int i = 0; i < 6; i++)
		puppet_ask(all[i], work_100_times, 0);
	for (int i = 0; i < 6; i++)
		SCENE(puppet_answer(all[i]) == 0);
	for (int i = 3; i < 6; i++)
		puppet_end(all[i]);
	return hosts->data[0].plain == 600 && hosts->data[0].sum == 600;
}

/* A host that dies waiting again and again, in front of one that lives: it is granted all the same. */
static bool timeout_drift(void)
{
	puppet_t *a = scene_on[0], *c = scene_on[2];

	SCENE(puppet_do(a, peer_take, 0) == 0);
	for (int i = 0; i < 3; i++) {
		SCENE(scene_on[1] || scene_come_back(1));
		puppet_ask(scene_on[1], peer_take, 0);
		SCENE(puppet_asleep(scene_on[1]));
		SCENE(scene_until(a, peer_valid, 0, 0));
		scene_wait(10);
		scene_kill(1);
	}
	puppet_ask(c, peer_take, 0);
	SCENE(puppet_asleep(c));
	SCENE(puppet_do(a, peer_give, 0) == 0);
	SCENE(puppet_answer(c) == 0);
	return puppet_do(c, peer_give, 0) == 0;
}

/* Who came first goes first, wherever. */
static bool concurrency_multi_instance_ordering(void)
{
	puppet_t *all[5] = { scene_on[0], scene_on[1], scene_on[2], hosts_process(0), hosts_process(1) };

	SCENE(all[3] && all[4] && puppet_do(all[0], peer_take, 0) == 0);
	for (int i = 1; i < 5; i++) {
		puppet_ask(all[i], peer_take, 0);
		SCENE(puppet_asleep(all[i]));
		scene_wait(30); /* until its place is taken */
	}
	for (int i = 1; i < 5; i++) {
		SCENE(puppet_do(all[i - 1], peer_give, 0) == 0);
		SCENE(puppet_answer(all[i]) == 0);
		for (int k = i + 1; k < 5; k++)
			SCENE(!puppet_done(all[k]));
	}
	SCENE(puppet_do(all[4], peer_give, 0) == 0);
	puppet_end(all[3]);
	puppet_end(all[4]);
	return true;
}

/* Stopped for too long, with the keeper: what it gives back then is no longer its own, and touches nobody's. */
static bool release_expired(void)
{
	puppet_t *a = scene_on[0], *b = scene_on[1];

	hosts->forgiving = true;
	SCENE(puppet_do(a, peer_take, 0) == 0);
	kill(a->pid, SIGSTOP);
	SCENE(puppet_do(b, peer_take, 0) == 0);
	kill(a->pid, SIGCONT);
	SCENE(puppet_do(a, peer_give, 0) == ESTALE);
	scene_wait(30);
	SCENE(puppet_do(b, peer_valid, 0) == 0);
	SCENE(puppet_do(scene_on[2], peer_try, 0) == EBUSY);
	return puppet_do(b, peer_give, 0) == 0;
}

#define R "Redisson "
const struct scene scenes_redisson[] = {
	{ "after the service was away for too long", R "testLockAfterTimeout", lock_after_timeout, 0, false },
	{ "taken twice, given back once, renewed", R "testLockReentrantRenew", lock_reentrant_renew, 0, false },
	{ "given up after 5 ms", R "testLockIsNotRenewedAfterInterruptedTryLock", not_renewed_after_interrupted_trylock,
		0, false },
	{ "no service", R "testRedisFailed", redis_failed, 0, false },
	{ "given back by another one", R "testUnlockFail", unlock_fail, 0, false },
	{ "a timed wait", R "testTryLockWait", trylock_wait, 0, false },
	{ "a host dies", R "testAutoExpire", auto_expire, 0, false },
	{ "a loop in six processes", R "testConcurrencyLoop_MultiInstance", concurrency_loop_multi_instance, 0, false },
	{ "dead waiters in front", R "testTimeoutDrift", timeout_drift, 0, false },
	{ "the order of arrival", R "testConcurrency_MultiInstance_Ordering", concurrency_multi_instance_ordering,
		SERVICE_ORDER | SERVICE_STRICT, true },
	{ "given back too late", R "testReleaseExpired", release_expired, 0, false },
	{ NULL, NULL, NULL, 0, false },
};
