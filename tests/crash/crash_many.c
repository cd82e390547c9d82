/* SPDX-License-Identifier: BSD-2-Clause */
/** crash_many.c: one SIGKILL, many deaths. The owner's process has other threads asleep on the same lock, and a foreign
 * process sleeps behind them. The kernel wakes one sleeper for each thread that dies; a wake that meets a dying sibling
 * is spent, and the foreigner must not depend on it. In crowd and chain the re-validation slice is off: who is forgotten
 * sleeps for ever.
 *
 *   crowd   one of k threads of V holds, k-1 sleep, F sleeps behind them; V is killed
 *   chain   U releases; its two wakes meet two threads of V, of which one owns now and the other sleeps again; F sleeps;
 *           V is killed when all that has come to rest
 *   hit     the same, but V is killed at a random moment up to 200 us after U's release, wherever its threads are: if both
 *           wake-ups went to it and neither thread has passed one on yet, only the slice saves F. So it is on, as shipped,
 *           and F must come through all the same. GAP=1 shows how often that is needed: the same with the slice off
 *
 * 60 kills each; LONG=1: 1,000.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/tune.h"

#include "../lib/actor.h"
#include "../lib/tap.h"

enum { LOCK, WARM, LOCKS };
#define THREADS 8
#define BAR_NS  (500 * NS_PER_MS)

static const struct target *const target = &target_pawl;
static struct actor *foreign, *upstream;
static uint64_t rng;

/* V, as its threads describe themselves. */
static struct crowd {
	uint32_t started, owner; /* threads that are about to lock; 1 + the one that owns */
	pid_t tid[THREADS];
	unsigned threads;
} * crowd;

static void *contender(void *arg)
{
	unsigned i = (unsigned)(uintptr_t)arg;

	crowd->tid[i] = (pid_t)syscall(SYS_gettid);
	word_bump(&crowd->started);
	if (pawl_acquired(target->lock(LOCK)))
		__atomic_store_n(&crowd->owner, i + 1, __ATOMIC_RELEASE);
	for (;;)
		pause();
	return NULL;
}

/* Each goes to sleep, or owns, before the next one comes. */
static void victim(void *unused)
{
	pthread_t thread;

	(void)unused;
	for (unsigned i = 0; i < crowd->threads; i++) {
		if (pthread_create(&thread, NULL, contender, (void *)(uintptr_t)i))
			_exit(1);
		word_wait(&crowd->started, i, INT64_MAX);
		while (!crowd->owner && !asleep_in_futex(getpid(), crowd->tid[i]))
			nap_us(20);
		if (crowd->owner && crowd->owner != i + 1)
			wait_asleep(getpid(), crowd->tid[i], 2 * NS_PER_S);
	}
	word_bump(&crowd->started);
	for (;;)
		pause();
}

static pid_t crowd_start(unsigned threads)
{
	pid_t pid;

	*crowd = (struct crowd){ .threads = threads };
	pid = spawn(victim, NULL);
	for (uint32_t seen = 0; seen <= threads; seen++)
		word_wait(&crowd->started, seen, 5 * NS_PER_S);
	return pid;
}

/* All of V sleep but the one that owns. */
static bool crowd_rests(pid_t pid)
{
	int64_t until = now_ns() + 2 * NS_PER_S;

	while (!__atomic_load_n(&crowd->owner, __ATOMIC_ACQUIRE)) {
		if (now_ns() > until || !actor_busy(foreign))
			return false;
		nap_us(20);
	}
	for (unsigned i = 0; i < crowd->threads; i++)
		if (i + 1 != crowd->owner && !wait_asleep(pid, crowd->tid[i], 2 * NS_PER_S))
			return false;
	return actor_asleep(foreign, 2 * NS_PER_S);
}

static bool cast(void)
{
	target->init(LOCKS);
	foreign = actor_new(target, WARM);
	upstream = actor_new(target, WARM);
	return foreign && upstream;
}

static void dismiss(void)
{
	actor_kill(foreign);
	actor_kill(upstream);
	target->fini();
}

struct outcome {
	unsigned kills, lost, other; /* other: F got the lock before V was dead */
	int64_t *waits;
};

static void give_back(struct actor *a)
{
	if (a->rc == EOWNERDEAD)
		actor_do(a, ACTOR_RECOVER, LOCK);
	actor_do(a, ACTOR_UNLOCK, LOCK);
}

static void kill_and_wait(pid_t pid, struct outcome *o)
{
	int64_t since = now_ns();

	kill_child(pid);
	if (actor_answered(foreign, BAR_NS) && pawl_acquired(foreign->rc)) {
		o->waits[o->kills++ - o->lost] = foreign->at_ns > since ? foreign->at_ns - since : 0;
		give_back(foreign);
		return;
	}
	o->kills++;
	if (!o->lost++)
		tap_note("lost: word %08x, F: %s", target->word(LOCK), where_is(foreign->pid, foreign->pid));
	dismiss();
	if (!cast())
		exit(1);
}

static void crowd_once(unsigned threads, struct outcome *o)
{
	pid_t pid = crowd_start(threads);

	actor_ask(foreign, ACTOR_LOCK, LOCK);
	actor_asleep(foreign, 2 * NS_PER_S);
	kill_and_wait(pid, o);
}

static void chain_once(unsigned threads, bool at_rest, struct outcome *o)
{
	pid_t pid;

	actor_do(upstream, ACTOR_LOCK, LOCK);
	pid = crowd_start(threads);
	actor_ask(foreign, ACTOR_LOCK, LOCK);
	actor_asleep(foreign, 2 * NS_PER_S);
	actor_do(upstream, ACTOR_UNLOCK, LOCK);
	if (at_rest && !crowd_rests(pid))
		o->other++;
	if (!at_rest) {
		int64_t until = now_ns() + (int64_t)(random_next(&rng) % 200) * NS_PER_US;

		while (now_ns() < until)
			;
		o->other += !actor_busy(foreign);
	}
	kill_and_wait(pid, o);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

enum scene { CROWD, CHAIN, HIT, GAP };

static void play(enum scene scene, unsigned threads, unsigned kills)
{
	static const char *const names[] = { "crowd", "chain", "hit", "gap" };
	struct outcome o = { .waits = calloc(kills, sizeof(int64_t)) };
	unsigned n;

	if (!o.waits || !cast()) {
		tap_ok(false, "%s: the cast is there", names[scene]);
		return;
	}
	while (o.kills < kills && (o.lost < 50 || scene == GAP))
		if (scene == CROWD)
			crowd_once(threads, &o);
		else
			chain_once(threads, scene == CHAIN, &o);
	n = o.kills - o.lost;
	qsort(o.waits, n, sizeof(*o.waits), by_size);
	tap_note("%-6s %7u %6u %5u %10.3f %8.3f %8.3f %15u", names[scene], threads, o.kills, o.lost,
		n ? (double)o.waits[n / 2] / NS_PER_MS : 0, n ? (double)o.waits[n * 9 / 10] / NS_PER_MS : 0,
		n ? (double)o.waits[n - 1] / NS_PER_MS : 0, o.other);
	if (scene != GAP)
		tap_ok(o.kills >= kills && !o.lost, "%s of %u threads: nobody lost in %u kills, slice %s", names[scene],
			threads, o.kills, scene == HIT ? "as shipped" : "off");
	if (scene == CROWD || scene == CHAIN)
		tap_ok(o.other * 2 < o.kills, "%s of %u threads: the scene came about", names[scene], threads);
	dismiss();
	free(o.waits);
}

int main(void)
{
	bool thorough = env_long("LONG", 0) > 0;
	unsigned kills = thorough ? 1000 : 60;
	static const unsigned sizes[] = { 2, 4, 8 };
	int64_t shipped_ns = pawl__tune.slice_ns;

	watchdog(thorough ? 1800 : 280);
	private_dir();
	rng = seed_of_run();
	crowd = shared_alloc(sizeof(*crowd));
	pawl__tune.slice_ns = PAWL_FOREVER;
	pawl__tune.spin_ns = 0;
	tap_note("%-6s %7s %6s %5s %10s %8s %8s %15s", "scene", "threads", "kills", "lost", "median ms", "p90", "worst",
		"F owned before");
	for (unsigned i = 0; i < 3; i++)
		play(CROWD, sizes[i], kills);
	for (unsigned i = 0; i < 3; i++)
		play(CHAIN, sizes[i], kills);
	for (unsigned i = 0; i < 3 && env_long("GAP", 0); i++)
		play(GAP, sizes[i], kills);
	pawl__tune.slice_ns = shipped_ns;
	for (unsigned i = 0; i < 3; i++)
		play(HIT, sizes[i], kills);
	return tap_done();
}
