/* SPDX-License-Identifier: BSD-2-Clause */
/** point_sweep.c: SIGKILL at every labelled point of every operation. The library has a label between any two stores to a
 * segment; a victim runs one operation with the n-th passage of one label armed, for every label and every n that is
 * reached. After each kill all others go on: those that sleep get the lock, nobody owns twice, tokens only rise, no update
 * is lost, the segment passes its check, and when the last one has left, nothing is left.
 *
 * The re-validation slice is off: a wake-up that is lost is a test that hangs. A label of the library that no operation
 * here reaches fails the test.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/point.h"
#include "core/tune.h"
#include "space/layout.h"

#include "../lib/kids_acts.h"
#include "../lib/kids_world.h"
#include "../lib/remote_labels.h"

enum { MATES = 2, MOST = 128 };

/* One operation. Everything but `stage`, `during` runs in the victim; each returns 0 if it went as it should. */
struct operation {
	const char *name;
	bool mates;           /* two others are members from the beginning, and work afterwards */
	void (*stage)(void);  /* in the parent: prepare what the victim will find */
	puppet_act *prepare;  /* in the victim, before the label is armed */
	puppet_act *run;      /* in the victim, armed */
	void (*during)(void); /* in the parent: what the victim waits for */
};

static puppet_t *mate[MATES], *victim;
static const char *stuck; /* why the present run has failed */

static void expect(bool good, const char *what)
{
	if (!good && !stuck)
		stuck = what;
}

/* ---- acts ---- */

static int act_open(long unused)
{
	(void)unused;
	return world_open();
}

static int act_close(long unused)
{
	(void)unused;
	return world_space ? world_close() : 0;
}

/* The dead are told of before the last one leaves, or the space would stay for those who have not heard. */
static int act_bury(long unused)
{
	(void)unused;
	return world_space ? acts_bury(world_space) : 0;
}

static int act_work(long which)
{
	return world_work((int)which);
}

static int act_take(long which)
{
	return world_take((int)which, PAWL_FOREVER);
}

static int act_give(long which)
{
	return world_give((int)which);
}

static int act_tour(long unused)
{
	(void)unused;
	return world_tour();
}

static int open_and_meet(long unused)
{
	int rc = world_open();

	(void)unused;
	/* the handles and the slot are not to be part of the operation */
	for (int which = 0; rc == 0 && which < WORLD_LOCKS; which++)
		rc = world_work(which);
	return rc;
}

/* ---- stages: the parent's share ---- */

static void no_stage(void)
{
}

static void mate_holds(int which)
{
	expect(puppet_do(mate[0], act_take, which) == 0, "a mate cannot take a lock");
}

static void mate_holds_mutex(void)
{
	mate_holds(WORLD_MUTEX);
}

static void mate_holds_name(void)
{
	mate_holds(WORLD_NAME);
}

/* True once the victim has met its end or is through. */
static bool is_over(void)
{
	siginfo_t info = { .si_pid = 0 };

	waitid(P_PID, (id_t)victim->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return info.si_pid != 0 || puppet_done(victim);
}

/* Give the victim the time to fall asleep, or to meet its end; then let the lock go. */
static void let_go(int which, int ms)
{
	int64_t until = kids_now_ns() + ms * INT64_C(1000000);

	while (!is_over() && kids_now_ns() < until)
		kids_nap_us(200);
	expect(puppet_do(mate[0], act_give, which) == 0, "a mate cannot give a lock up");
}

static void mate_gives_mutex(void)
{
	let_go(WORLD_MUTEX, 8);
}

static void mate_gives_late(void)
{
	let_go(WORLD_MUTEX, KIDS_PATIENCE_MS);
}

static void mate_gives_name(void)
{
	let_go(WORLD_NAME, 8);
}

static int open_and_take_all(long unused)
{
	int rc = open_and_meet(unused);

	for (int which = 0; rc == 0 && which < WORLD_LOCKS; which++)
		rc = world_take(which, PAWL_TRY);
	return rc;
}

static void dead_owner(void)
{
	puppet_t *p = puppet_new(open_and_take_all, 0);

	expect(puppet_answer(p) == 0, "nobody could be made to die with locks");
	puppet_kill(p);
}

/* Killed at a label: what the next one finds is half done. */
static int open_armed(long label)
{
	int rc = open_and_meet(0);
	pawl_lock_t *lock;

	pawl__point_arm((const char *)(uintptr_t)label, 1, PAWL__POINT_KILL);
	return rc ? rc : pawl_lock_open(world_space, "world/half", 0, &lock);
}

static int claim_armed(long label)
{
	int rc = world_open();

	pawl__point_arm((const char *)(uintptr_t)label, 1, PAWL__POINT_KILL);
	return rc ? rc : world_take(WORLD_MUTEX, PAWL_TRY);
}

static long label_of(const char *text)
{
	for (unsigned i = 0; i < pawl__point_count(); i++)
		if (strcmp(pawl__point_label(i), text) == 0)
			return (long)(uintptr_t)pawl__point_label(i);
	expect(false, "a label that the stage needs is gone");
	return 0;
}

static void dies_at(puppet_act *act, const char *label)
{
	expect(puppet_reap(puppet_new(act, label_of(label))) == KIDS_SIGNAL + SIGKILL,
		"nobody could be made to die half-way");
}

/* Left behind by three: one with locks in hand, one that was filling a place, one that was claiming a slot. */
static void leftovers(void)
{
	dead_owner();
	dies_at(open_armed, "table/named");
	dies_at(claim_armed, "live/claimed");
}

/* ... and the machine was restarted since, says the header. */
static void leftovers_of_another_boot(void)
{
	char path[256];
	uint8_t id = 0;
	int fd;

	leftovers();
	snprintf(path, sizeof(path), "%s/pawl.%d.world", getenv("PAWL_DIR"), (int)geteuid());
	fd = open(path, O_RDWR);
	expect(pread(fd, &id, 1, offsetof(struct pawl__header, boot_id)) == 1, "no file to change");
	id ^= 1;
	expect(pwrite(fd, &id, 1, offsetof(struct pawl__header, boot_id)) == 1, "the file cannot be changed");
	close(fd);
}

static void *take_part(void *arg)
{
	if (world_work(WORLD_MUTEX) == 0)
		PAWL_FETCH_ADD((uint32_t *)arg, 1u, RELEASE);
	for (;;)
		pause();
	return NULL;
}

static int open_with_a_crowd(long threads)
{
	static uint32_t joined;
	pthread_t thread;

	if (world_open())
		return -1;
	for (long n = 0; n < threads; n++)
		if (pthread_create(&thread, NULL, take_part, &joined))
			return -1;
	return kids_until(&joined, (uint32_t)threads) ? 0 : -1;
}

/* All the slots that are prepared belong to threads that were killed. */
static void dead_crowd(void)
{
	puppet_t *p = puppet_new(open_with_a_crowd, 80);

	expect(puppet_answer(p) == 0, "no crowd");
	puppet_kill(p);
}

/* Names that nobody uses fill the table. */
static int fill_up(long unused)
{
	(void)unused;
	for (int n = 0; n < 400; n++) {
		pawl_lock_t *lock;
		char name[32];

		snprintf(name, sizeof(name), "idle/%d", n);
		if (pawl_lock_open(world_space, name, 0, &lock))
			return -1;
		pawl_lock_close(lock);
	}
	return 0;
}

static void full_table(void)
{
	expect(puppet_do(mate[1], fill_up, 0) == 0, "the table cannot be filled");
}

static void mates_sleep(int which)
{
	for (int k = 0; k < MATES; k++) {
		puppet_ask(mate[k], act_work, which);
		expect(puppet_asleep(mate[k]), "a mate does not wait");
	}
}

static void mates_sleep_on_mutex(void)
{
	mates_sleep(WORLD_MUTEX);
}

static void mates_sleep_on_name(void)
{
	mates_sleep(WORLD_NAME);
}

/* ---- operations: the victim's share ---- */

static int nothing(long unused)
{
	(void)unused;
	return 0;
}

static int take_mutex(long unused)
{
	(void)unused;
	return world_take(WORLD_MUTEX, PAWL_FOREVER);
}

static int take_name(long unused)
{
	(void)unused;
	return world_take(WORLD_NAME, PAWL_FOREVER);
}

static int take_mutex_soon(long unused)
{
	(void)unused;
	return world_take(WORLD_MUTEX, pawl_in_ms(5)) == ETIMEDOUT ? 0 : -1;
}

static int give_mutex(long unused)
{
	(void)unused;
	return world_give(WORLD_MUTEX);
}

static int give_name(long unused)
{
	(void)unused;
	return world_give(WORLD_NAME);
}

static int own_mutex(long unused)
{
	int rc = open_and_meet(unused);

	return rc ? rc : take_mutex(0);
}

static int own_name(long unused)
{
	int rc = open_and_meet(unused);

	return rc ? rc : take_name(0);
}

/* Both from an owner that died. */
static int recover_mutex(long unused)
{
	int rc = take_mutex(unused);

	return rc != EOWNERDEAD ? -1 : pawl_robust_consistent(world_space, &world->mutex) || give_mutex(0);
}

static int recover_name(long unused)
{
	int rc = take_name(unused);

	return rc != EOWNERDEAD ? -1 : pawl_lock_consistent(world_handle(WORLD_NAME)) || give_name(0);
}

static int poison_mutex(long unused)
{
	int rc = take_mutex(unused);

	return rc != EOWNERDEAD ? -1 : give_mutex(0) || pawl_robust_reset(world_space, &world->mutex);
}

static int new_names(long unused)
{
	pawl_lock_t *lock;

	(void)unused;
	for (int n = 0; n < 3; n++) {
		char name[32];

		snprintf(name, sizeof(name), "new/%d", n);
		if (pawl_lock_open(world_space, name, PAWL_AUTO_RECOVER, &lock) ||
			pawl_lock_acquire(lock, PAWL_TRY, NULL) || pawl_lock_release(lock))
			return -1;
	}
	return 0;
}

/* More than there are records for: each new one takes that of an idle one. */
static int new_long_names(long unused)
{
	pawl_lock_t *lock;

	(void)unused;
	for (int n = 0; n < 7; n++) {
		char name[120];
		int rc;

		snprintf(name, sizeof(name), "long/%0100d", n);
		rc = pawl_lock_open(world_space, name, PAWL_AUTO_RECOVER, &lock);
		if (rc == 0)
			rc = pawl_lock_acquire(lock, PAWL_FOREVER, NULL);
		if (rc || pawl_lock_release(lock))
			return rc ? rc : -1;
	}
	return 0;
}

static int linger(long unused)
{
	int fd, rc;

	(void)unused;
	rc = pawl_lock_linger(world_handle(WORLD_NAME), &fd);
	return rc ? rc : close(fd);
}

static int hold_lingering(long unused)
{
	int fd, rc = own_name(unused);

	if (rc == 0)
		rc = pawl_lock_linger(world_handle(WORLD_NAME), &fd);
	return rc ? rc : world_give(WORLD_NAME);
}

static puppet_t *lingerer;

/* It has released the lock, and a descriptor keeps the hold up until it ends. */
static void somebody_lingers(void)
{
	lingerer = puppet_new(hold_lingering, 0);
	expect(puppet_answer(lingerer) == 0, "nobody lingers");
}

static void lingering_ends(void)
{
	kids_nap_us(4000);
	puppet_kill(lingerer);
}

/* As the last one out, with a side file to remove as well. */
static int linger_and_release(long unused)
{
	int rc = own_name(unused);

	return rc ? rc : linger(0) || world_give(WORLD_NAME);
}

static int open_removed(long unused)
{
	pawl_lock_t *lock;

	(void)unused;
	return pawl_lock_open(world_space, "another", 0, &lock) == EIDRM ? 0 : -1;
}

static int meet_and_unlink(long unused)
{
	int rc = open_and_meet(unused);

	return rc ? rc : unlink(pawl_space_path(world_space));
}

static void *work_and_end(void *arg)
{
	return world_work(WORLD_MUTEX) || world_work(WORLD_NAME) ? arg : NULL;
}

static int thread_comes_and_goes(long unused)
{
	pthread_t thread;
	void *end = NULL;

	(void)unused;
	return pthread_create(&thread, NULL, work_and_end, &end) || pthread_join(thread, &end) || end;
}

static const struct operation operations[] = {
	{ "create", false, no_stage, nothing, act_open, no_stage },
	{ "attach", true, no_stage, nothing, act_open, no_stage },
	{ "adopt", false, leftovers, nothing, act_open, no_stage },
	{ "adopt after a restart", false, leftovers_of_another_boot, nothing, act_open, no_stage },
	{ "join", true, no_stage, act_open, take_mutex, no_stage },
	{ "claim a dead slot", true, dead_crowd, act_open, take_mutex, no_stage },
	{ "take", true, no_stage, open_and_meet, take_mutex, no_stage },
	{ "take by name", true, no_stage, open_and_meet, take_name, no_stage },
	{ "sleep and take", true, mate_holds_mutex, act_open, take_mutex, mate_gives_mutex },
	{ "sleep and take by name", true, mate_holds_name, act_open, take_name, mate_gives_name },
	{ "time out", true, mate_holds_mutex, act_open, take_mutex_soon, mate_gives_late },
	{ "take over, consistent", true, dead_owner, act_open, recover_mutex, no_stage },
	{ "take over by name", true, dead_owner, act_open, recover_name, no_stage },
	{ "take over, poison, reset", true, dead_owner, act_open, poison_mutex, no_stage },
	{ "the first name", false, no_stage, act_open, new_names, no_stage },
	{ "new names", true, no_stage, act_open, new_names, no_stage },
	{ "reclaim", true, full_table, act_open, new_names, no_stage },
	{ "long names", true, no_stage, act_open, new_long_names, no_stage },
	{ "linger", true, no_stage, own_name, linger, no_stage },
	{ "outlast a lingerer", true, somebody_lingers, act_open, take_name, lingering_ends },
	{ "leave", true, no_stage, open_and_meet, act_close, no_stage },
	{ "leave as the last", false, no_stage, linger_and_release, act_close, no_stage },
	{ "a thread comes and goes", true, no_stage, open_and_meet, thread_comes_and_goes, no_stage },
	{ "find the name removed", false, no_stage, meet_and_unlink, open_removed, no_stage },
};

/* Two mates sleep on what the victim holds when it is killed: asked once the victim is ready. */
static const struct operation watched[] = {
	{ "release, two asleep", true, mates_sleep_on_mutex, own_mutex, give_mutex, no_stage },
	{ "release by name, two asleep", true, mates_sleep_on_name, own_name, give_name, no_stage },
};

/* ---- one run ---- */

static void start_mates(const struct operation *o)
{
	for (int k = 0; k < MATES; k++) {
		mate[k] = o->mates ? puppet_new(open_and_meet, 0) : NULL;
		expect(!mate[k] || puppet_answer(mate[k]) == 0, "a mate cannot open the space");
	}
}

static int verify(void *unused)
{
	(void)unused;
	if (world_open())
		return 1;
	return world_tour() || act_bury(0) ? 2 : world_close() ? 3 : 0;
}

static int files_left(void)
{
	return kids_dir_files();
}

/* Mates go on, all at once; the last one out leaves nothing; and somebody new can come, and go. */
static void all_go_on(void)
{
	for (int k = 0; k < MATES; k++) /* what they have been waiting for */
		expect(!mate[k] || puppet_answer(mate[k]) == 0, "a mate was left asleep");
	for (int k = 0; k < MATES; k++)
		if (mate[k])
			puppet_ask(mate[k], act_tour, 0);
	for (int k = 0; k < MATES; k++)
		expect(!mate[k] || puppet_answer(mate[k]) == 0, "a mate cannot go on");
	expect(!mate[0] || puppet_do(mate[0], act_bury, 0) == 0, "a mate cannot bury the dead");
	for (int k = 0; k < MATES; k++)
		expect(!mate[k] || puppet_do(mate[k], act_close, 0) == 0, "a mate cannot close the space");
	expect(!mate[0] || files_left() == 0, "the last mate left something behind");
	expect(kids_join(kids_fork(verify, NULL)) == 0, "a newcomer cannot use the space");
	expect(files_left() == 0, "something is left");
	for (int k = 0; k < MATES; k++)
		if (mate[k])
			puppet_end(mate[k]);
	expect(world_violations() == 0, "violations");
}

static struct arm {
	const char *label; /* NULL: nobody is killed, but counted: */
	unsigned nth;
} arm;
static unsigned *passes; /* by label, shared: how often an unharmed run comes by */

/* Labels are told apart by their text: one that stands at two places in the library is one label. */
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

static bool was_killed(void)
{
	int64_t until = kids_now_ns() + (int64_t)KIDS_PATIENCE_MS * 1000000;

	while (!is_over() && kids_now_ns() < until)
		kids_nap_us(50);
	expect(is_over(), "the victim hangs");
	return !puppet_done(victim);
}

/* Returns true if the victim was killed. */
static bool play(const struct operation *o, bool is_watched, const char *label, unsigned nth)
{
	bool killed;

	stuck = NULL;
	arm = (struct arm){ label, nth };
	world_new();
	start_mates(o);
	if (!is_watched)
		o->stage();
	victim = puppet_new(o->prepare, 0);
	expect(puppet_answer(victim) == 0, "the victim could not be prepared");
	if (is_watched)
		o->stage();
	puppet_ask(victim, run_armed, (long)(uintptr_t)o->run);
	o->during();
	killed = was_killed();
	expect(killed || label || victim->answer == 0, "the operation fails though nobody is killed");
	puppet_kill(victim);
	all_go_on();
	return killed;
}

/* ---- all of them ---- */

static unsigned kills, kills_at[MOST], tests;

static bool kill_at(const struct operation *o, bool is_watched, unsigned label, unsigned nth)
{
	bool killed = play(o, is_watched, pawl__point_label(label), nth);

	kills += killed;
	kills_at[label] += killed;
	if (stuck)
		printf("# %s, %s at %s, passage %u: %s\n", o->name, killed ? "killed" : "not killed",
			pawl__point_label(label), nth, stuck);
	return !stuck;
}

/* Of a long loop (a table, place by place) the beginning and the end. Passages differ from run to run by a few. */
static bool sweep_label(const struct operation *o, bool is_watched, unsigned label, unsigned reached)
{
	enum { EACH = 8 };

	for (unsigned nth = 1; nth <= reached; nth++)
		if ((nth <= EACH || nth + 2 > reached) && !kill_at(o, is_watched, label, nth))
			return false;
	return true;
}

static void sweep(const struct operation *o, bool is_watched)
{
	unsigned before = kills, reached[MOST];
	bool good;

	memset(passes, 0, MOST * sizeof(*passes));
	play(o, is_watched, NULL, 0);
	good = !stuck;
	if (stuck)
		printf("# %s, nobody killed: %s\n", o->name, stuck);
	memcpy(reached, passes, sizeof(reached));
	for (unsigned label = 0; good && label < pawl__point_count(); label++)
		good = sweep_label(o, is_watched, label, reached[label]);
	printf("%s %u - %s: %u kills\n", good && kills > before ? "ok" : "not ok", ++tests, o->name, kills - before);
}

/* ---- and at random, for a while ---- */

static int anything(long seed)
{
	uint64_t state = (uint64_t)seed;

	while (!act_open(0)) {
		for (unsigned n = (unsigned)(kids_random(&state) % 20); n > 0; n--)
			switch (kids_random(&state) % 8) {
			case 0:
				new_names(0);
				break;
			case 1:
				new_long_names(0);
				break;
			default:
				world_work((int)(kids_random(&state) % WORLD_LOCKS));
			}
		if (act_close(0))
			return -1;
	}
	return -1;
}

static void at_random(int64_t seconds)
{
	enum { ENOUGH = 200 };
	uint64_t seed = kids_seed();
	int64_t until = kids_now_ns() + seconds * 1000000000;
	unsigned n = 0;
	puppet_t *p[3] = { NULL, NULL, NULL };

	stuck = NULL;
	world_new();
	world->killed_inside = true;
	start_mates(&operations[1]);
	/* as long as it takes for enough of them on a machine that is busy with other things, within reason */
	while (kids_now_ns() < until || (n < ENOUGH && kids_now_ns() < until + 60 * INT64_C(1000000000))) {
		puppet_t **next = &p[n++ % 3];

		if (*next)
			puppet_kill(*next);
		*next = puppet_new(anything, (long)(kids_random(&seed) >> 1));
		kids_nap_us((long)(kids_random(&seed) % 3000));
		expect(!puppet_done(*next), "one that was to go on for ever has ended");
	}
	for (int k = 0; k < 3; k++)
		if (p[k])
			puppet_kill(p[k]);
	world->data[WORLD_MUTEX].owner = world->data[WORLD_NAME].owner = world->data[WORLD_LONG_NAME].owner = 0;
	all_go_on();
	if (stuck)
		printf("# %s\n", stuck);
	printf("# %u kills at random, %d deaths told\n", n, (int)world->deaths);
	printf("%s %u - killed at random\n", !stuck && n >= ENOUGH && world->deaths > 0 ? "ok" : "not ok", ++tests);
}

static void every_label(void)
{
	unsigned missed = 0;

	for (unsigned label = 0; label < pawl__point_count(); label++)
		if (!kills_at[label] && !label_is_remote(pawl__point_label(label))) {
			printf("# nobody was killed at %s\n", pawl__point_label(label));
			missed++;
		}
	printf("# %u kills (label, passage, operation) at %u labels\n", kills, pawl__point_count());
	printf("%s %u - every label of the library was killed at\n", missed ? "not ok" : "ok", ++tests);
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	kids_dir_make();
	passes = kids_map(MOST * sizeof(*passes));
	pawl__tune.slice_ns = PAWL_FOREVER;
	pawl__tune.spin_ns = 0;
	for (unsigned n = 0; n < sizeof(operations) / sizeof(*operations); n++)
		if (!only || strcmp(only, operations[n].name) == 0)
			sweep(&operations[n], false);
	for (unsigned n = 0; n < sizeof(watched) / sizeof(*watched); n++)
		if (!only || strcmp(only, watched[n].name) == 0)
			sweep(&watched[n], true);
	if (!only)
		at_random(3);
	if (!only)
		every_label();
	printf("1..%u\n", tests);
	kids_dir_remove();
	return 0;
}
