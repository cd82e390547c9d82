/* SPDX-License-Identifier: BSD-2-Clause */
/** crash_space.c: SIGKILL on the way into a space, out of it, and to a lock by its name.
 *
 * The victim is killed at every instruction of the library's own text, and behind every system call, of: opening a space
 * that is new, that others use, that a dead process left behind; opening a name that is new, that the space knows, that the
 * process knows; taking and giving the lock of a name; closing a lock, closing the space beside others and as the last one.
 * The way is stepped along once and recorded; a hardware breakpoint then stops the victim at each of its points.
 *
 * After each death a newcomer must within 500 ms: open the space, own the victim's lock and another, find the space
 * consistent and nobody alive in it but the living, and close it. Who was there before must go on. When all have left,
 * no file is left. Of a way of n points each (1 + n / 60)th is taken, with LONG=1 each (1 + n / 4000)th; another SHIFT=k
 * begins at point k. (A new space makes many passes over the same few instructions that prepare its slots.)
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/tune.h"

#include "../lib/step.h"
#include "../lib/tap.h"

#include <pawl/pawl.h>

#define SPACE  "swept"
#define BAR_NS (500 * NS_PER_MS)

enum scenery { NOBODY, MEMBER, LEFTOVER };

struct way {
	const char *name;
	enum scenery scenery;
	void (*before)(void);
	int (*act)(void);
};

/* ---- the victim ---- */

static struct victim *victim;
static pawl_space_t *space;
static pawl_lock_t *lock;
static char fresh[32]; /* a name that nobody has used yet; chosen by the parent before it forks */

static void must(int rc)
{
	if (rc)
		_exit(100 + (rc & 63));
}

static void stranger(void)
{
}

static void inside(void)
{
	must(pawl_space_open(&space, SPACE, NULL));
}

static void knows(void)
{
	inside();
	must(pawl_lock_open(space, fresh, 0, &lock));
}

static void has_used(void)
{
	knows();
	must(pawl_lock_acquire(lock, PAWL_FOREVER, NULL));
	must(pawl_lock_release(lock));
}

static void owns(void)
{
	knows();
	must(pawl_lock_acquire(lock, PAWL_FOREVER, NULL));
}

static void done_with_lock(void)
{
	has_used();
	must(pawl_lock_close(lock));
}

static int open_space(void)
{
	return pawl_space_open(&space, SPACE, NULL);
}

static int open_fresh(void)
{
	return pawl_lock_open(space, fresh, 0, &lock);
}

static int open_known(void)
{
	return pawl_lock_open(space, "known", 0, &lock);
}

static int acquire(void)
{
	return pawl_lock_acquire(lock, PAWL_FOREVER, NULL);
}

static int release(void)
{
	return pawl_lock_release(lock);
}

static int close_lock(void)
{
	return pawl_lock_close(lock);
}

static int close_space(void)
{
	return pawl_space_close(space);
}

static const struct way ways[] = {
	{ "open a new space", NOBODY, stranger, open_space },
	{ "open a space in use", MEMBER, stranger, open_space },
	{ "open a dead one's space", LEFTOVER, stranger, open_space },
	{ "open a new name", MEMBER, inside, open_fresh },
	{ "open a name of the space", MEMBER, inside, open_known },
	{ "open a name of the process", MEMBER, knows, open_fresh },
	{ "join and acquire by name", MEMBER, knows, acquire },
	{ "acquire by name", MEMBER, has_used, acquire },
	{ "release by name", MEMBER, owns, release },
	{ "close a lock", MEMBER, has_used, close_lock },
	{ "close beside others", MEMBER, done_with_lock, close_space },
	{ "close as the last", NOBODY, done_with_lock, close_space },
};

/* ---- those who live on ---- */

/* What a newcomer or the member found; `stage` says where it went wrong. */
static struct findings {
	uint32_t asked, answered;
	const char *stage; /* an address of the program's text: the same in all of its forks */
	int rc;
	uint32_t expected_threads;
	int64_t took_ns;
} * findings;

static bool step_ok(const char *stage, int rc)
{
	if (!rc)
		return true;
	findings->stage = stage;
	findings->rc = rc;
	return false;
}

static bool use(pawl_space_t *s, const char *name)
{
	pawl_lock_t *l;
	int rc;

	if (!step_ok("open the name", pawl_lock_open(s, name, 0, &l)))
		return false;
	rc = pawl_lock_acquire(l, pawl_in_ns(BAR_NS), NULL);
	if (!step_ok("acquire", pawl_acquired(rc) ? 0 : rc))
		return false;
	if (pawl_owner_died(rc) && !step_ok("consistent", pawl_lock_consistent(l)))
		return false;
	return step_ok("release", pawl_lock_release(l)) && step_ok("close the lock", pawl_lock_close(l));
}

static bool look(pawl_space_t *s)
{
	pawl_space_stats_t stats;

	if (!step_ok("check", pawl_space_check(s)) || !step_ok("stats", pawl_space_stats(s, &stats)))
		return false;
	return step_ok("count the living", stats.threads == findings->expected_threads ? 0 : (int)(1000 + stats.threads));
}

static void newcomer(void *unused)
{
	int64_t since = now_ns();
	pawl_space_t *s;

	(void)unused;
	findings->stage = NULL;
	if (!step_ok("open", pawl_space_open(&s, SPACE, NULL)) || !use(s, fresh) || !use(s, "known") || !look(s))
		_exit(1);
	findings->took_ns = now_ns() - since;
	_exit(!step_ok("close", pawl_space_close(s)));
}

static void member(void *unused)
{
	pawl_space_t *s;

	(void)unused;
	must(pawl_space_open(&s, SPACE, NULL));
	for (uint32_t seq = 0;; seq++) {
		if (!use(s, "known"))
			_exit(1);
		word_bump(&findings->answered);
		word_wait(&findings->asked, seq, INT64_MAX);
	}
}

static pid_t member_pid;

static bool member_goes_on(void)
{
	uint32_t seen = findings->answered;

	if (!member_pid)
		return true;
	word_bump(&findings->asked);
	return word_wait(&findings->answered, seen, BAR_NS);
}

static void member_start(void)
{
	findings->asked = findings->answered = 0;
	member_pid = spawn(member, NULL);
	word_wait(&findings->answered, 0, 5 * NS_PER_S);
}

static void die_holding(void *unused)
{
	pawl_lock_t *known;

	(void)unused;
	inside();
	must(pawl_lock_open(space, "known", 0, &known));
	must(pawl_lock_acquire(known, PAWL_FOREVER, NULL));
	raise(SIGKILL);
}

/* ---- one way, point by point ---- */

static struct step_path path;
static char fault[200];
static unsigned faults;
static int64_t worst_ns;

static void complain(unsigned point, const char *what, int rc)
{
	if (faults++)
		return;
	snprintf(fault, sizeof(fault), "point %u (text + %#lx): %s: %s", point,
		(unsigned long)(point < path.n ? step_in_text(path.at[point].pc) : 0), what,
		rc > 1000 ? "a dead one is still counted" : pawl_strerror(rc));
}

static void aftermath(const struct way *way, unsigned point)
{
	int status;

	findings->expected_threads = way->scenery == MEMBER ? 2 : 1;
	status = reap(spawn(newcomer, NULL));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		complain(point, findings->stage ? findings->stage : "the newcomer died", findings->rc);
	else if (findings->took_ns > BAR_NS)
		complain(point, "the newcomer was served too late", ETIMEDOUT);
	if (findings->took_ns > worst_ns)
		worst_ns = findings->took_ns;
	if (!member_goes_on())
		complain(point, "the member does not go on", ETIMEDOUT);
	if (way->scenery != MEMBER && private_dir_files())
		complain(point, "files are left behind", 0);
}

static enum step_end lead(struct step *s, unsigned point, bool record)
{
	enum step_end end;

	do
		end = point < path.n && !record ? step_goto(s, &path, point)
						: step_along(s, UINT32_MAX, record ? &path : NULL);
	while (end == STEP_SLEEPS);
	return end;
}

static enum step_end play(const struct way *way, unsigned point, bool record)
{
	static unsigned names;
	struct step s = { .own_text = true };
	enum step_end end = STEP_LOST;

	snprintf(fresh, sizeof(fresh), "fresh/%u", names++);
	if (way->scenery == LEFTOVER)
		reap(spawn(die_holding, NULL));
	victim->before = way->before;
	victim->act = way->act;
	step_fork(&s, victim);
	if (step_ready(&s, true))
		end = lead(&s, point, record);
	if (end == STEP_LOST)
		complain(point, "the victim never came there", ECHILD);
	if (end == STEP_OVER && victim->rc)
		complain(point, "the call itself", victim->rc);
	step_reap(&s);
	aftermath(way, point);
	return end;
}

static void sweep(const struct way *way, bool thorough)
{
	unsigned played = 1, strayed = 0, stride;

	faults = path.n = 0;
	worst_ns = 0;
	if (way->scenery == MEMBER)
		member_start();
	play(way, UINT32_MAX, true);
	stride = 1 + path.n / (thorough ? 4000 : 60);
	for (unsigned point = (unsigned)env_long("SHIFT", 0) % stride; point < path.n; point += stride, played++)
		strayed += play(way, point, false) == STEP_OVER;
	if (member_pid)
		kill_child(member_pid);
	member_pid = 0;
	if (way->scenery == MEMBER) /* it was the last one out, by a kill: the next one adopts what it left, and cleans up */
		aftermath(&ways[0], UINT32_MAX);
	tap_note("%-28s %7u %7u %8u %7u %10.2f", way->name, path.n, played, strayed, faults, (double)worst_ns / NS_PER_MS);
	if (faults)
		tap_note("  ^ %s", fault);
	tap_ok(path.n > 0 && !faults && strayed * 2 < played, "%s: killed at %u points, others go on, nothing is left",
		way->name, played);
	tap_ok(private_dir_files() == 0, "%s: no file is left", way->name);
}

int main(void)
{
	bool thorough = env_long("LONG", 0) > 0;
	const char *ci = getenv("CI"), *only = getenv("ONLY");

	watchdog(thorough ? 3600 : 280);
	private_dir();
	if (!may_trace() || !step_can_goto()) {
		if (ci && strcmp(ci, "true") == 0)
			tap_ok(false, "kill sweep of spaces: no permission to trace, or no breakpoints");
		else
			tap_skip("no permission to trace children, or no breakpoints", "kill sweep of spaces");
		return tap_done();
	}
	pawl__tune.spin_ns = 0;
	victim = shared_alloc(sizeof(*victim));
	findings = shared_alloc(sizeof(*findings));
	tap_note("%-28s %7s %7s %8s %7s %10s", "way", "length", "killed", "strayed", "faults", "worst ms");
	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!only || strstr(ways[i].name, only))
			sweep(&ways[i], thorough);
	return tap_done();
}
