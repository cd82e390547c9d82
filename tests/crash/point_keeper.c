/* SPDX-License-Identifier: BSD-2-Clause */
/** point_keeper.c: SIGKILL at every labelled point of a lock with a remote: in whoever asks for a lease, holds it and leaves, and in
 * the keeper. After each kill all others go on: a mate on the same host, on which the victim was the keeper, and a rival on another
 * one. Nobody owns twice, tokens only rise, no update is lost, and nobody waits for ever: slices are off.
 *
 * The service is the directory of tests/remote. point_sweep.c is the same for locks without a remote.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/point.h"
#include "core/tune.h"

#include "../lib/remote_labels.h"
#include "../remote/hosts.h"

enum { MOST = 256, EACH = 3 };

struct operation {
	const char *name;
	puppet_act *prepare; /* in the victim, before the label is armed; it has opened the space */
	void (*stage)(void); /* in the parent, before */
	puppet_act *run;     /* in the victim, armed */
	void (*during)(void);
	bool strict; /* PAWL_STRICT */
};

static puppet_t *victim, *mate, *rival, *third;
static const char *stuck; /* why the present run has failed */

static void expect(bool good, const char *what)
{
	if (!good && !stuck)
		stuck = what;
}

/* ---- what the victim does ---- */

static int nothing(long unused)
{
	(void)unused;
	return 0;
}

static int take(long unused)
{
	(void)unused;
	return peer_take(0);
}

static int ask_and_leave(long unused)
{
	(void)unused;
	return peer_work(0);
}

/* The lease is there, and nobody is in the way. */
static int come_again(long unused)
{
	int rc = 0;

	(void)unused;
	for (int i = 0; i < EACH && rc == 0; i++)
		rc = peer_work(0);
	return rc;
}

/* Until this host has nothing of the lock any more: what the keeper does then is part of the operation. */
static int until_gone(long unused)
{
	(void)unused;
	for (int ms = 0; ms < KIDS_PATIENCE_MS; ms++) {
		if (peer_tenure(0) == PAWL_TENURE_NONE)
			return 0;
		kids_nap_us(1000);
	}
	return -1;
}

static int leave_to_rival(long unused)
{
	int rc = peer_give(0);

	return rc ? rc : until_gone(unused);
}

static int be_idle(long unused)
{
	int rc = peer_work(0);

	return rc ? rc : until_gone(unused);
}

static int try_in_vain(long unused)
{
	int rc = peer_try(0);

	return rc == EBUSY ? until_gone(unused) : rc ? rc : -1;
}

static int wind_up(long unused)
{
	int rc = peer_work(0);

	return rc ? rc : peer_close(unused);
}

static int lose(long unused)
{
	int rc = peer_take(0);

	(void)unused;
	if (rc)
		return rc;
	for (int ms = 0; ms < KIDS_PATIENCE_MS && peer_valid(0) == 0; ms++)
		kids_nap_us(1000);
	return peer_give(0) == ESTALE ? 0 : -1;
}

static uint32_t *served; /* in shared memory: the mate is through; or the victim is ready for what is to happen */

static int serve(long unused)
{
	(void)unused;
	return kids_until(served, 1) ? 0 : -1;
}

static int succeed(long unused)
{
	PAWL_STORE(served, 1u, RELEASE);
	for (int ms = 0; ms < KIDS_PATIENCE_MS; ms++) {
		if (peer_keeper(0) == getpid())
			return be_idle(unused); /* the lock it gets at once; what becomes of the lease is the keeper's */
		kids_nap_us(500);
	}
	return -1;
}

/* ---- what the parent does meanwhile ---- */

static void no_more(void)
{
}

/* True once the victim has met its end or is through. */
static bool is_over(void)
{
	siginfo_t info = { .si_pid = 0 };

	waitid(P_PID, (id_t)victim->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return info.si_pid != 0 || puppet_done(victim);
}

static void rival_waits(void)
{
	puppet_ask(rival, peer_work, 0);
	expect(puppet_asleep(rival), "the rival does not wait");
}

static void rival_holds(void)
{
	expect(puppet_do(rival, peer_take, 0) == 0, "the rival cannot take the lock");
}

static void rival_gives(void)
{
	while (!is_over())
		kids_nap_us(500);
	expect(puppet_do(rival, peer_give, 0) == 0, "the rival cannot give the lock up");
}

static void mate_works(void)
{
	expect(puppet_do(mate, peer_work, 0) == 0, "the mate does not get the lock");
	PAWL_STORE(served, 1u, RELEASE);
}

static void cut_service(void)
{
	kids_nap_us(20000);
	hosts->forgiving = true;
	hosts_cut(true);
	while (!is_over())
		kids_nap_us(500);
	hosts_cut(false);
}

/* Another one is keeper, holds the lease, and is killed: the victim takes over. */
static void keeper_before(void)
{
	third = hosts_process(0);
	expect(third && puppet_do(third, peer_take, 0) == 0, "no keeper to take over from");
}

static void keeper_dies(void)
{
	expect(kids_until(served, 1), "the victim is not ready");
	puppet_kill(third);
	third = NULL;
}

static const struct operation operations[] = {
	{ "ask and leave", nothing, no_more, ask_and_leave, no_more, false },
	{ "come again", ask_and_leave, no_more, come_again, no_more, false },
	{ "leave to a rival who waits", take, rival_waits, leave_to_rival, no_more, false },
	{ "serve a mate", nothing, no_more, serve, mate_works, false },
	{ "give an idle lease back", nothing, no_more, be_idle, no_more, false },
	{ "try while a rival holds it", nothing, rival_holds, try_in_vain, rival_gives, false },
	{ "leave the space", nothing, no_more, wind_up, no_more, false },
	{ "lose the lease", nothing, no_more, lose, cut_service, false },
	{ "take over from a dead keeper", nothing, keeper_before, succeed, keeper_dies, false },
	{ "ask and leave, strictly", nothing, no_more, ask_and_leave, no_more, true },
	{ "leave to a rival who waits, strictly", take, rival_waits, leave_to_rival, no_more, true },
};

/* ---- one run ---- */

static struct arm {
	const char *label; /* NULL: nobody is killed */
	unsigned nth;
} arm;
static unsigned *passes; /* by label, shared: how often an unharmed run comes by */

static int run_armed(long run)
{
	static unsigned before[MOST];
	int rc;

	for (unsigned i = 0; i < pawl__point_count(); i++)
		before[i] = pawl__point_passed(pawl__point_label(i));
	if (arm.label)
		pawl__point_arm(arm.label, arm.nth, PAWL__POINT_KILL);
	rc = ((puppet_act *)(uintptr_t)run)(0);
	pawl__point_arm(NULL, 0, PAWL__POINT_NOTHING);
	for (unsigned i = 0; i < pawl__point_count(); i++)
		passes[i] = pawl__point_passed(pawl__point_label(i)) - before[i];
	return rc;
}

static void get_ready(const struct operation *o)
{
	bool succeeds = o->stage == keeper_before;

	hosts_begin(1000);
	hosts->idle_keep_ms = 50;
	hosts->strict = o->strict;
	PAWL_STORE(served, 0u, RELAXED);
	if (succeeds)
		o->stage();
	victim = hosts_process(0);
	for (int ms = 0; victim && !succeeds && ms < KIDS_PATIENCE_MS; ms++) {
		if (puppet_do(victim, peer_keeper, 0) == victim->pid)
			break;
		kids_nap_us(1000);
	}
	mate = succeeds ? NULL : hosts_process(0);
	rival = hosts_process(1);
	expect(victim && (succeeds || mate) && rival, "the space cannot be opened");
	expect(puppet_do(victim, o->prepare, 0) == 0, "the victim could not be prepared");
	if (!succeeds)
		o->stage();
}

static void goes_on(puppet_t *p, const char *what)
{
	int rc = puppet_do(p, peer_work, 0);

	if (rc)
		printf("# it was told: %s\n", rc == KIDS_HUNG ? "nothing" : strerror(rc));
	expect(rc == 0, what);
}

/* Whoever is left gets the lock, and leaves nothing behind. */
static void all_go_on(uint32_t dead)
{
	puppet_t *left[] = { mate, rival };

	if (hosts->data[0].inside == dead)
		hosts->data[0].inside = 0; /* it was killed inside */
	if (!puppet_done(rival))
		expect(puppet_answer(rival) == 0, "the rival does not get the lock");
	for (int i = 0; i < 2; i++) {
		if (!left[i])
			continue;
		goes_on(left[i], i ? "the rival does not go on" : "the mate does not go on");
		expect(puppet_do(left[i], peer_close, 0) == 0, "a space cannot be closed");
		puppet_end(left[i]);
	}
	expect(hosts_violations() == 0, "a violation");
	hosts_end();
}

static bool was_killed(void)
{
	int64_t until = kids_now_ns() + (int64_t)KIDS_PATIENCE_MS * 1000000;

	while (!is_over() && kids_now_ns() < until)
		kids_nap_us(50);
	expect(is_over(), "the victim hangs");
	return !puppet_done(victim);
}

static bool play(const struct operation *o, const char *label, unsigned nth)
{
	uint32_t dead;
	bool killed;

	stuck = NULL;
	arm = (struct arm){ label, nth };
	get_ready(o);
	puppet_ask(victim, run_armed, (long)(uintptr_t)o->run);
	o->during();
	killed = was_killed();
	expect(killed || label || victim->answer == 0, "the operation fails though nobody is killed");
	dead = (uint32_t)victim->pid;
	puppet_kill(victim);
	all_go_on(dead);
	return killed;
}

/* ---- all of them ---- */

static unsigned kills, kills_at[MOST], tests;

static bool kill_at(const struct operation *o, unsigned label, unsigned nth)
{
	bool killed = play(o, pawl__point_label(label), nth);

	kills += killed;
	kills_at[label] += killed;
	if (stuck)
		printf("# %s, %s at %s, passage %u: %s\n", o->name, killed ? "killed" : "not killed",
			pawl__point_label(label), nth, stuck);
	return !stuck;
}

static void sweep(const struct operation *o)
{
	unsigned before = kills, reached[MOST];
	bool good;

	memset(passes, 0, MOST * sizeof(*passes));
	play(o, NULL, 0);
	good = !stuck;
	if (stuck)
		printf("# %s, nobody killed: %s\n", o->name, stuck);
	memcpy(reached, passes, sizeof(reached));
	for (unsigned label = 0; good && label < pawl__point_count(); label++)
		for (unsigned nth = 1; good && nth <= reached[label] && nth <= EACH; nth++)
			good = !label_is_remote(pawl__point_label(label)) || kill_at(o, label, nth);
	printf("%s %u - %s: %u kills\n", good && kills > before ? "ok" : "not ok", ++tests, o->name, kills - before);
}

static void every_label(void)
{
	unsigned missed = 0, labels = 0;

	for (unsigned label = 0; label < pawl__point_count(); label++) {
		if (!label_is_remote(pawl__point_label(label)))
			continue;
		labels++;
		if (!kills_at[label]) {
			printf("# nobody was killed at %s\n", pawl__point_label(label));
			missed++;
		}
	}
	printf("# %u kills (label, passage, operation) at %u labels\n", kills, labels);
	printf("%s %u - every label of locks with a remote was killed at\n", missed ? "not ok" : "ok", ++tests);
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	passes = kids_map(MOST * sizeof(*passes));
	served = kids_map(sizeof(*served));
	pawl__tune.slice_ns = PAWL_FOREVER;
	pawl__tune.spin_ns = 0;
	for (unsigned n = 0; n < sizeof(operations) / sizeof(*operations); n++)
		if (!only || strcmp(only, operations[n].name) == 0)
			sweep(&operations[n]);
	if (!only)
		every_label();
	printf("1..%u\n", tests);
	return 0;
}
