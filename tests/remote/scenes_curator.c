/* SPDX-License-Identifier: BSD-2-Clause */
/** scenes_curator.c: scenes after the tests of Curator's locks, and of ZooKeeper's own recipe in C (scenes.h). */
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "scenes.h"

/* The service is killed under one who waits: it still gets its turn. */
static bool waiting_process_killed_server(void)
{
	puppet_t *a = scene_on[0], *b = scene_on[1];

	hosts->forgiving = true;
	SCENE(puppet_do(a, peer_take, 0) == 0);
	puppet_ask(b, peer_take, 0);
	SCENE(puppet_asleep(b));
	scene_wait(10);
	service_kill(scene_service);
	scene_wait(10);
	SCENE(service_again(scene_service));
	puppet_do(a, peer_give, 0);
	SCENE(puppet_answer(b) == 0);
	return puppet_do(b, peer_give, 0) == 0;
}

/* The session is over since nobody spoke for it: its keeper was stopped, the owner was not. */
static bool killed_session(void)
{
	puppet_t *a = scene_on[0], *b = scene_on[1], *owner = hosts_process(0);

	hosts->forgiving = true;
	SCENE(owner && scene_until(owner, peer_keeper, 0, a->pid));
	SCENE(puppet_do(owner, peer_take, 0) == 0);
	kill(a->pid, SIGSTOP);
	SCENE(puppet_do(b, peer_take, 0) == 0);
	SCENE(puppet_do(owner, peer_valid, 0) == ESTALE);
	SCENE(puppet_do(owner, peer_give, 0) == ESTALE);
	kill(a->pid, SIGCONT);
	SCENE(puppet_do(b, peer_give, 0) == 0);
	SCENE(puppet_do(owner, peer_work, 0) == 0);
	puppet_end(owner);
	return true;
}

static bool two_clients(void)
{
	for (int i = 0; i < 20; i++) {
		puppet_t *in = scene_on[i % 2], *out = scene_on[1 - i % 2];

		SCENE(puppet_do(in, peer_take, 0) == 0);
		SCENE(puppet_do(out, peer_try, 0) == EBUSY);
		SCENE(puppet_do(in, peer_give, 0) == 0);
	}
	return true;
}

static void *try_in_thread(void *lock) PAWL_NO_ANALYSIS
{
	int rc = pawl_lock_acquire(lock, PAWL_TRY, NULL);

	if (rc == 0)
		rc = pawl_lock_release(lock);
	return (void *)(intptr_t)rc;
}

static int other_thread(long lock)
{
	pthread_t thread;
	void *rc;

	if (pthread_create(&thread, NULL, try_in_thread, peer_lock[lock]))
		return -1;
	pthread_join(thread, &rc);
	return (int)(intptr_t)rc;
}

/* Two threads of a process are two owners; one of them may take it again. */
static int reenter_with_two_threads(long lock) PAWL_NO_ANALYSIS
{
	int rc = peer_take(lock);

	if (rc || pawl_lock_acquire(peer_lock[lock], PAWL_FOREVER, NULL) || other_thread(lock) != EBUSY)
		return -1;
	if (pawl_lock_release(peer_lock[lock]) || other_thread(lock) != EBUSY)
		return -2;
	return peer_give(lock) ? -3 : other_thread(lock);
}

static bool reentrant_2_threads(void)
{
	return puppet_do(scene_on[0], reenter_with_two_threads, 0) == 0;
}

static int is_revoked(long lock)
{
	static pawl_lock_info_t info;

	return pawl_lock_info(peer_lock[lock], &info) ? -1 : info.revoked;
}

/* Who has it sees that another host would like to. */
static bool revoking(void)
{
	puppet_t *a = scene_on[0], *b = scene_on[1];

	SCENE(puppet_do(a, peer_take, 0) == 0);
	puppet_ask(b, peer_take, 0);
	SCENE(scene_until(a, is_revoked, 0, 1));
	SCENE(puppet_do(a, peer_give, 0) == 0);
	SCENE(puppet_answer(b) == 0);
	return puppet_do(b, peer_give, 0) == 0;
}

/* Given back while the service is away: it is given back when that is here again, and nobody has to wait for it to expire. */
static bool node_deleted_cleanly_with_faults(void)
{
	puppet_t *a = scene_on[0], *b = scene_on[1];

	SCENE(puppet_do(a, peer_take, 0) == 0);
	service_kill(scene_service);
	SCENE(puppet_do(a, peer_give, 0) == 0);
	SCENE(service_again(scene_service));
	SCENE(scene_until(a, peer_tenure, 0, PAWL_TENURE_NONE));
	SCENE(puppet_do(b, peer_take, 0) == 0);
	return puppet_do(b, peer_give, 0) == 0;
}

/* All have gone: the next one finds nothing in its way, not for a moment. */
static bool no_orphaned_nodes(void)
{
	for (int i = 0; i < 3; i++)
		puppet_ask(scene_on[i], peer_work, 0);
	for (int i = 0; i < 3; i++)
		SCENE(puppet_answer(scene_on[i]) == 0);
	for (int i = 0; i < 2; i++) {
		SCENE(puppet_do(scene_on[i], peer_close, 0) == 0);
		puppet_kill(scene_on[i]);
		scene_on[i] = NULL;
	}
	SCENE(puppet_do(scene_on[2], peer_close, 0) == 0);
	SCENE(puppet_do(scene_on[2], peer_open, 2) == 0);
	SCENE(puppet_do(scene_on[2], peer_try, 0) == 0);
	return puppet_do(scene_on[2], peer_give, 0) == 0;
}

static bool acquire_after_lost_server(void)
{
	puppet_t *a = scene_on[0];

	service_kill(scene_service);
	puppet_ask(a, peer_take, 0);
	scene_wait(20);
	SCENE(!puppet_done(a));
	SCENE(service_again(scene_service));
	SCENE(puppet_answer(a) == 0);
	return puppet_do(a, peer_give, 0) == 0;
}

/* The same owner, then the next, then the last. */
static bool three_clients(void)
{
	for (int i = 0; i < 3; i++) {
		puppet_ask(scene_on[i], peer_take, 0);
		SCENE(i == 0 ? puppet_answer(scene_on[i]) == 0 : puppet_asleep(scene_on[i]));
		scene_wait(30); /* until its place is taken */
	}
	for (int i = 0; i < 3; i++) {
		SCENE(puppet_answer(scene_on[i]) == 0);
		for (int k = i + 1; k < 3; k++)
			SCENE(!puppet_done(scene_on[k]));
		SCENE(puppet_do(scene_on[i], peer_give, 0) == 0);
	}
	return true;
}

#define C "Curator "
const struct scene scenes_curator[] = {
	{ "the service is killed under who waits", C "testWaitingProcessKilledServer", waiting_process_killed_server, 0, false },
	{ "a session ends under an owner", C "testKilledSession", killed_session, 0, false },
	{ "two clients", C "test2Clients", two_clients, 0, false },
	{ "two threads, one of them twice", C "testReentrant2Threads", reentrant_2_threads, 0, false },
	{ "somebody else would like to have it", C "testRevoking", revoking, 0, false },
	{ "given back while nobody hears it", C "testNodeDeletedCleanlyWithFaults", node_deleted_cleanly_with_faults, 0, false },
	{ "nothing is left behind", C "testNoOrphanedNodes", no_orphaned_nodes, 0, false },
	{ "asked for while there is no service", C "testAcquireAfterLostServer", acquire_after_lost_server, 0, false },
	{ "three clients in a row", "ZooKeeper, the C recipe", three_clients, SERVICE_ORDER, false },
	{ NULL, NULL, NULL, 0, false },
};
