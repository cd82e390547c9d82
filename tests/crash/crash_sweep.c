/* SPDX-License-Identifier: BSD-2-Clause */
/** crash_sweep.c: SIGKILL at every instruction of every call on a robust lock, in every situation that could lose somebody.
 *
 * The victim is single-stepped to point i of a call and killed there, for each i until the call is over. Every time the
 * next one must own the lock within 500 ms; the answers along a path must switch from 0 to EOWNERDEAD and back at most
 * once; the token must grow. The re-validation slice is off (a sleeper whose wake-up is lost sleeps for ever), then on.
 * The same sweep over glibc's robust mutex stands beside it: it loses wake-ups in release with a sleeper and a barger,
 * and this test fails if it does not see them, for then it could not see ours either.
 *
 * Every instruction is a point, those of libc too, and a system call is one; so is being asleep. Only the ways through
 * a sleep and through join are too long for that: there the points are the instructions of the program's own text (the
 * library is linked into it) and the system calls. LONG=1 takes every point in both passes. Otherwise the first pass takes
 * every point of the short ways and each 3rd of the long ones, the second a quarter of that.
 *
 * Where the holder dies and then the victim that the kernel's one wake-up went to, a sleeper is left to the slice. The
 * first pass counts those, and fails if one of them slept behind an owner, whose death must wake it; the second must lose
 * nobody. Nor may it where two threads of one process die that a release has just woken; in the first pass the untraced
 * one comes to rest before the kill.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/tune.h"

#include "../lib/scene.h"
#include "../lib/tap.h"

#define TIMED_NS        (5 * NS_PER_MS)
#define TIMED_SLOWLY_NS (60 * NS_PER_MS) /* to get to the sleep by single steps */

static const struct target *target;
static bool thorough;

/* ---- the victim, up to its call ---- */

static void nothing(void)
{
}

static void must(int rc, int wanted)
{
	if (rc != wanted)
		_exit(100 + (rc & 63)); /* the parent reports a victim that never came to its call */
}

static void member(void)
{
	must(target->lock(LOCK_WARM), 0);
	scene_victim->who = target->word(LOCK_WARM) & TARGET_ID;
	must(target->unlock(LOCK_WARM), 0);
}

static void owner(void)
{
	member();
	must(target->lock(LOCK_A), 0);
}

static void owner_of_both(void)
{
	owner();
	must(target->lock(LOCK_B), 0);
}

static void holds_b(void)
{
	member();
	must(target->lock(LOCK_B), 0);
}

static void heir(void)
{
	member();
	must(target->lock(LOCK_A), EOWNERDEAD);
}

static void heir_who_repaired(void)
{
	heir();
	must(target->recover(LOCK_A), 0);
}

static void nested(void)
{
	member();
	must(target->lock(LOCK_RECURSIVE), 0);
}

static void nested_twice(void)
{
	nested();
	must(target->lock(LOCK_RECURSIVE), 0);
}

static void *mate(void *unused)
{
	(void)unused;
	scene_victim->mate = (pid_t)syscall(SYS_gettid);
	if (pawl_acquired(target->lock(LOCK_A)))
		target->unlock(LOCK_A);
	return NULL;
}

static void start_mate(void) /* returns when it sleeps on LOCK_A */
{
	pthread_t thread;

	scene_victim->mate = 0;
	must(pthread_create(&thread, NULL, mate, NULL), 0);
	while (!scene_victim->mate)
		nap_us(50);
	must(wait_asleep(getpid(), scene_victim->mate, 2 * NS_PER_S), true);
}

static void owner_with_mate(void)
{
	owner();
	start_mate();
}

static void member_with_mate(void)
{
	member();
	start_mate();
}

/* ---- the calls ---- */

static int lock_a(void)
{
	return target->lock(LOCK_A);
}

static int try_a(void)
{
	return target->trylock(LOCK_A);
}

static int timed_a(void)
{
	int64_t ns = scene_victim->stepped ? TIMED_SLOWLY_NS : TIMED_NS;

	scene_victim->deadline_ns = now_ns() + ns;
	return target->timedlock(LOCK_A, ns);
}

static int unlock_a(void)
{
	return target->unlock(LOCK_A);
}

static int consistent_a(void)
{
	return target->recover(LOCK_A);
}

static int reset_a(void)
{
	return pawl_robust_reset(target_space, target_robust(LOCK_A));
}

static int lock_again(void)
{
	return target->lock(LOCK_RECURSIVE);
}

static int unlock_nested(void)
{
	return target->unlock(LOCK_RECURSIVE);
}

/* ---- operation x situation ---- */

#define CALL(name, b, a, r) .op = name, .before = b, .act = a, .rc = r
#define JOIN                CALL("join and acquire", nothing, lock_a, 0), .far = true /* its way depends on the slot: no shape */
#define ALONE               .situation = "no waiter"
#define ONE                 .situation = "sleeper", .sleepers = 1
#define BARGED              .situation = "sleeper + barger", .sleepers = 1, .barger = true
#define TWO                 .situation = "two sleepers", .sleepers = 2
#define BOTH                .situation = "two locks, a sleeper on each", .sleepers = 2, .both = true

#define ACQUIRE CALL("acquire, free", member, lock_a, 0), .shape = SHAPE_RISING, .peers = true
#define TRY     CALL("try, free", member, try_a, 0), .shape = SHAPE_RISING
#define WAIT    CALL("acquire, V sleeps", member, lock_a, 0), .far = true, .start = START_HELD, .wake = WAKE_RELEASE
#define TIMED   CALL("timed, expires", member, timed_a, ETIMEDOUT), .far = true, .start = START_HELD
#define LAST                                                                                                           \
	CALL("timed, granted at the end", member, timed_a, -1), .far = true, .start = START_HELD,                      \
								.wake = WAKE_RELEASE, .late = true
#define RELEASE CALL("release", owner, unlock_a, 0), .shape = SHAPE_FALLING, .peers = true
#define INHERIT CALL("take-over", member, lock_a, EOWNERDEAD), .start = START_DEAD, .shape = SHAPE_DEAD
#define BEREFT                                                                                                         \
	CALL("take-over, V slept", member, lock_a, -1), .far = true, .start = START_HELD, .wake = WAKE_DEATH,          \
							.holder_dies = true, .slice_needed = true
#define REPAIR CALL("consistent", heir, consistent_a, 0), .start = START_DEAD, .shape = SHAPE_DEAD
#define HEIR   CALL("release by an heir", heir_who_repaired, unlock_a, 0), .start = START_DEAD, .shape = SHAPE_FALLING
#define POISON CALL("release, not consistent", heir, unlock_a, 0), .start = START_DEAD
#define RESET  CALL("reset", member, reset_a, 0), .start = START_POISONED
#define NEST   CALL("re-entry", nested, lock_again, 0), .lock = LOCK_RECURSIVE, .shape = SHAPE_DEAD
#define UNNEST                                                                                                         \
	CALL("release of a re-entry", nested_twice, unlock_nested, 0), .lock = LOCK_RECURSIVE, .shape = SHAPE_DEAD
#define UNNEST_LAST                                                                                                    \
	CALL("last release, recursive", nested, unlock_nested, 0), .lock = LOCK_RECURSIVE, .shape = SHAPE_FALLING

static const struct scene scenes[] = {
	{ JOIN, ALONE },
	{ JOIN, .situation = "barger", .barger = true },
	{ ACQUIRE, ALONE },
	{ ACQUIRE, ONE },
	{ ACQUIRE, BARGED },
	{ ACQUIRE, TWO },
	{ CALL("acquire, free", holds_b, lock_a, 0), BOTH, .shape = SHAPE_RISING },
	{ TRY, ALONE },
	{ TRY, ONE },
	{ TRY, BARGED },
	{ CALL("try, held", member, try_a, EBUSY), ALONE, .start = START_HELD, .shape = SHAPE_ALIVE },
	{ WAIT, ALONE },
	{ WAIT, ONE },
	{ WAIT, BARGED },
	{ WAIT, TWO },
	{ CALL("acquire, V sleeps", member_with_mate, lock_a, 0), .far = true,
		.situation = "V's thread and another asleep", .start = START_HELD, .wake = WAKE_RELEASE, .sleepers = 1 },
	{ TIMED, ALONE, .shape = SHAPE_ALIVE },
	{ TIMED, ONE, .shape = SHAPE_ALIVE },
	{ TIMED, BARGED, .shape = SHAPE_ALIVE },
	{ TIMED, TWO, .shape = SHAPE_ALIVE },
	{ TIMED, .situation = "sleeper; then the owner dies", .sleepers = 1, .holder_dies = true, .shape = SHAPE_DEAD },
	{ TIMED, .situation = "two; then the owner dies", .sleepers = 2, .holder_dies = true, .shape = SHAPE_DEAD },
	{ LAST, ALONE },
	{ LAST, ONE },
	{ RELEASE, ALONE },
	{ RELEASE, ONE },
	{ RELEASE, BARGED },
	{ RELEASE, TWO },
	{ CALL("release", owner_of_both, unlock_a, 0), BOTH, .shape = SHAPE_FALLING },
	{ CALL("release", owner, unlock_a, 0), .situation = "V from the queue, two behind", .start = START_HELD,
		.sleepers = 2, .queued = true, .shape = SHAPE_FALLING },
	{ CALL("release", owner_with_mate, unlock_a, 0), .situation = "V's thread asleep, no other" },
	{ CALL("release", owner_with_mate, unlock_a, 0), .situation = "V's thread and another asleep", .sleepers = 1 },
	{ INHERIT, ALONE },
	{ INHERIT, ONE },
	{ INHERIT, BARGED },
	{ BEREFT, ALONE },
	{ BEREFT, ONE },
	{ BEREFT, TWO },
	{ CALL("take-over, V slept", member_with_mate, lock_a, -1), .far = true, .situation = "V's thread and another asleep",
		.start = START_HELD, .wake = WAKE_DEATH, .holder_dies = true, .sleepers = 1 },
	{ REPAIR, ALONE },
	{ REPAIR, ONE },
	{ REPAIR, BARGED },
	{ HEIR, ALONE },
	{ HEIR, ONE },
	{ HEIR, BARGED },
	{ HEIR, TWO },
	{ POISON, ALONE },
	{ POISON, ONE },
	{ POISON, BARGED },
	{ POISON, TWO },
	{ RESET, ALONE },
	{ RESET, .situation = "barger", .barger = true },
	{ NEST, ALONE },
	{ NEST, ONE },
	{ UNNEST, ALONE },
	{ UNNEST, ONE },
	{ UNNEST, BARGED },
	{ UNNEST_LAST, ONE },
	{ UNNEST_LAST, BARGED },
};

/* ---- the table ---- */

static struct {
	unsigned long points, slow, lost, gap;
	int64_t worst_ns;
} total;

static void heading(const char *of)
{
	tap_note(" ");
	tap_note("%s", of);
	tap_note("%-26s %-30s %6s %6s %10s %6s %5s %5s %9s", "operation", "situation", "points", "0", "EOWNERDEAD",
		"poison", "lost", ">5ms", "worst ms");
}

static void row(const struct scene *s, const struct scene_result *r)
{
	tap_note("%-26s %-30s %6u %6u %10u %6u %5u %5u %9.2f", s->op, s->situation, r->points, r->zero, r->dead,
		r->poison, r->lost, r->slow, (double)r->worst_ns / NS_PER_MS);
	if (r->faults)
		tap_note("  ^ %s (%u such)", r->fault, r->faults);
	if (r->gap)
		tap_note("  ^ %u of the lost: two deaths, nobody owned it in between; only the "
			 "slice sees that",
			r->gap);
	total.points += r->points;
	total.slow += r->slow;
	total.lost += r->lost - r->gap;
	total.gap += r->gap;
	if (r->worst_ns > total.worst_ns)
		total.worst_ns = r->worst_ns;
}

static unsigned stride_of(const struct scene *s, int64_t slice_ns)
{
	bool on = slice_ns != PAWL_FOREVER;

	if (thorough)
		return 1;
	if (s->slice_needed) /* there the pass that must lose nobody is the one that counts */
		return on ? 3 : 9;
	return (s->far ? 3 : 1) * (on ? 4 : 1);
}

static void sweep_pawl(int64_t slice_ns, const char *slice)
{
	struct scene_result r;

	pawl__tune.slice_ns = slice_ns;
	if (!tap_ok(scene_cast(target = &target_pawl), "pawl: the cast is there, slice %s", slice))
		return;
	for (unsigned i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		const struct scene *s = &scenes[i];

		if (getenv("ONLY") && !strstr(s->op, getenv("ONLY")))
			continue;
		scene_sweep(s, stride_of(s, slice_ns), &r);
		row(s, &r);
		tap_ok(r.points > 0 && r.lost == (slice_ns == PAWL_FOREVER ? r.gap : 0) && !r.faults,
			"pawl: %s, %s, slice %s: %s", s->op, s->situation, slice,
			r.gap ? "nobody left behind an owner" : "nobody left behind");
	}
	scene_dismiss();
}

/* The control: a sweep that finds nothing here could find nothing anywhere. */
static void sweep_glibc(void)
{
	struct scene_result r;

	heading("glibc robust, process-shared: the same sweep");
	if (!tap_ok(scene_cast(target = &target_glibc), "glibc: the cast is there"))
		return;
	for (unsigned i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		const struct scene *s = &scenes[i];
		bool gap = s->act == unlock_a && s->barger;

		if (!s->peers)
			continue;
		scene_sweep(s, 1, &r);
		row(s, &r);
		if (gap)
			tap_ok(r.lost > 0,
				"control: the sweep sees the wake-ups that glibc loses (%u of %u "
				"points)",
				r.lost, r.points);
		else
			tap_ok(r.points > 0 && !r.faults, "glibc: %s, %s: swept", s->op, s->situation);
	}
	scene_dismiss();
}

int main(void)
{
	int64_t shipped_ns = pawl__tune.slice_ns;

	thorough = env_long("LONG", 0) > 0;
	watchdog(thorough ? 3600 : 280);
	if (!may_trace()) {
		const char *ci = getenv("CI");

		if (ci && strcmp(ci, "true") == 0)
			tap_ok(false, "kill sweep: no permission to trace children");
		else
			tap_skip("no permission to trace children", "kill sweep");
		return tap_done();
	}
	private_dir();
	pawl__tune.spin_ns = 0; /* or the length of a path would vary */
	heading("pawl, slice off");
	sweep_pawl(PAWL_FOREVER, "off");
	heading("pawl, slice as shipped");
	sweep_pawl(shipped_ns, "on");
	tap_note("pawl: %lu points, %lu lost, worst %.2f ms, %lu over 5 ms; slice off, two deaths: "
		 "%lu left to the slice",
		total.points, total.lost, (double)total.worst_ns / NS_PER_MS, total.slow, total.gap);
	sweep_glibc();
	return tap_done();
}
