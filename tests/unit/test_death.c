/* SPDX-License-Identifier: BSD-2-Clause */
/** test_death.c: what POSIX asks of a robust mutex, as a table, for robust mutexes and named locks alike:
 *
 *   (lock | try | timed) x (thread exit | _exit | exit | SIGKILL | exec | fork, the child lives on)
 *                        x (made consistent | not) x (asleep before the death | comes after it)
 *
 * all of it with the default re-validation slice, with none at all, and without futex_waitv. In every cell the tokens
 * only rise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/tune.h"

#include "../lib/kids_acts.h"

/* ---- ways to die with the lock `i` in hand: acts that do not come back, or come back with what lock said ---- */

static struct owner {
	pthread_t thread;
	uint32_t stage; /* 1: it has answered; 2: it shall end */
	int rc;
	uint64_t token;
} owner;

static void *own_and_end(void *arg)
{
	owner.rc = acts_take((long)(intptr_t)arg, PAWL_TRY, &owner.token);
	PAWL_STORE(&owner.stage, 1u, RELEASE);
	return kids_until(&owner.stage, 2) ? NULL : &owner;
}

/* Another thread of the puppet takes it. */
static int take_by_thread(long i)
{
	owner.stage = 0;
	if (pthread_create(&owner.thread, NULL, own_and_end, (void *)(intptr_t)i) || !kids_until(&owner.stage, 1))
		return -1;
	puppet_tell(owner.token);
	return owner.rc;
}

static int die_thread(long i)
{
	(void)i;
	PAWL_STORE(&owner.stage, 2u, RELEASE);
	return pthread_join(owner.thread, NULL);
}

static int die_by__exit(long i)
{
	(void)i;
	_exit(0);
}

static int die_by_exit(long i)
{
	(void)i;
	exit(0);
}

static int die_exec(long i)
{
	(void)i;
	execl("/bin/sleep", "sleep", "60", (char *)NULL);
	return -1;
}

static uint32_t *survivor; /* shared: the number of a child that lives on */

static int live_on(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, 0);
	PAWL_STORE(survivor, (uint32_t)getpid(), RELEASE);
	for (;;)
		pause();
	return 0;
}

/* The child, which keeps everything mapped, outlives its parent. */
static int die_forked(long i)
{
	(void)i;
	kids_fork(live_on, NULL);
	_exit(kids_until(survivor, 1) ? 0 : 1);
}

static const struct way {
	const char *name;
	puppet_act *die; /* NULL: SIGKILL */
	bool lives;      /* the process goes on */
	puppet_act *own; /* how it takes the lock first */
} ways[] = {
	{ "thread exit", die_thread, true, take_by_thread },
	{ "_exit", die_by__exit, false, act_lock },
	{ "exit", die_by_exit, false, act_lock },
	{ "SIGKILL", NULL, false, act_lock },
	{ "exec", die_exec, true, act_lock },
	{ "fork, then _exit", die_forked, false, act_lock },
};

static puppet_act *const takes[] = { act_lock, act_try, act_timed };
static const char *const take_names[] = { "lock", "try", "timed" };

struct cell {
	const struct way *way;
	puppet_act *take;
	bool consistent, asleep;
	long lock;
	uint64_t token; /* the newest seen */
};

static void rises(struct cell *c, uint64_t told)
{
	uint64_t token = told & ~ACT_DIED;

	assert_true(token > c->token);
	c->token = token;
}

static void dies(struct cell *c, puppet_t *holder)
{
	if (!c->way->die)
		puppet_kill(holder);
	else if (c->way->die == die_thread)
		assert_int_equal(puppet_do(holder, c->way->die, c->lock), 0);
	else
		puppet_ask(holder, c->way->die, c->lock);
	if (c->way->die && !c->way->lives)
		assert_int_equal(puppet_reap(holder), 0);
}

/* Nobody can say when an exec has happened, so a try that comes after it waits a little. */
static void owner_dies_under(struct cell *c, puppet_t *taker)
{
	puppet_t *holder = puppet_new(NULL, 0);

	assert_int_equal(puppet_do(holder, c->way->own, c->lock), 0);
	rises(c, holder->extra);
	if (c->asleep) {
		puppet_ask(taker, c->take, c->lock);
		assert_true(puppet_asleep(taker));
	}
	dies(c, holder);
	if (!c->asleep)
		puppet_ask(taker, c->take == act_try && c->way->die == die_exec ? act_timed : c->take, c->lock);
	assert_int_equal(puppet_answer(taker), EOWNERDEAD);
	assert_true(taker->extra & ACT_DIED);
	rises(c, taker->extra);
	if (c->way->lives)
		puppet_kill(holder);
	if (*survivor) {
		kids_kill((pid_t)*survivor);
		*survivor = 0;
	}
}

static void taken_plainly(struct cell *c, puppet_t *p)
{
	assert_int_equal(puppet_do(p, act_try, c->lock), 0);
	assert_false(p->extra & ACT_DIED);
	rises(c, p->extra);
	assert_int_equal(puppet_do(p, act_consistent, c->lock), EINVAL);
	assert_int_equal(puppet_do(p, act_unlock, c->lock), 0);
	assert_int_equal(puppet_do(p, act_unlock, c->lock), EPERM);
}

static void made_consistent(struct cell *c, puppet_t *taker, puppet_t *third)
{
	assert_int_equal(puppet_do(third, act_consistent, c->lock), EPERM);
	assert_int_equal(puppet_do(taker, act_consistent, c->lock), 0);
	assert_int_equal(puppet_do(taker, act_consistent, c->lock), EINVAL);
	assert_int_equal(puppet_do(taker, act_reset, c->lock), EINVAL);
	assert_int_equal(puppet_do(taker, act_unlock, c->lock), 0);
	taken_plainly(c, third);
}

static void poisoned_then_reset(struct cell *c, puppet_t *taker, puppet_t *third)
{
	puppet_t *fourth = puppet_new(act_lock, c->lock); /* two sleepers, both must be woken */

	puppet_ask(third, act_timed, c->lock);
	assert_true(puppet_asleep(third));
	assert_true(puppet_asleep(fourth));
	assert_int_equal(puppet_do(taker, act_unlock, c->lock), 0);
	assert_int_equal(puppet_answer(third), ENOTRECOVERABLE);
	assert_int_equal(puppet_answer(fourth), ENOTRECOVERABLE);
	for (int how = 0; how < 3; how++)
		assert_int_equal(puppet_do(taker, takes[how], c->lock), ENOTRECOVERABLE);
	assert_int_equal(puppet_do(taker, act_unlock, c->lock), EPERM);
	assert_int_equal(puppet_do(third, act_reset, c->lock), 0);
	assert_int_equal(puppet_do(fourth, act_reset, c->lock), EINVAL);
	taken_plainly(c, third);
	puppet_end(fourth);
}

static void check_cell(struct cell *c)
{
	puppet_t *taker = puppet_new(NULL, 0), *third = puppet_new(NULL, 0);

	owner_dies_under(c, taker);
	(c->consistent ? made_consistent : poisoned_then_reset)(c, taker, third);
	taken_plainly(c, taker);
	puppet_end(taker);
	puppet_end(third);
}

static void check_table(long lock)
{
	unsigned cells = 0;

	assert_int_equal(acts_begin(), 0);
	for (unsigned w = 0; w < sizeof(ways) / sizeof(*ways); w++)
		for (unsigned bits = 0; bits < 12; bits++) {
			struct cell c = { &ways[w], takes[bits / 4], bits & 1, bits >> 1 & 1, lock, 0 };

			if (c.asleep && c.take == act_try)
				continue; /* a try does not sleep */
			print_message("# %s, %s, %s, %s\n", take_names[bits / 4], c.way->name,
				c.consistent ? "consistent" : "poisoned", c.asleep ? "asleep" : "afterwards");
			check_cell(&c);
			cells++;
			lock = (lock & ~63) | ((lock + 1) & 63);
		}
	assert_int_equal(cells, 60);
	assert_int_equal(pawl_space_check(acts_space), 0);
	assert_int_equal(acts_end(), 0);
	assert_int_equal(kids_dir_files(), 0);
}

static void robust_mutex(void **state)
{
	(void)state;
	check_table(0);
}

static void named_lock(void **state)
{
	(void)state;
	check_table(NAMED);
}

static int tuned(int64_t slice_ns, bool no_waitv)
{
	static struct pawl__tune original;
	static bool known;

	if (!known)
		original = pawl__tune;
	known = true;
	pawl__tune = original;
	if (slice_ns)
		pawl__tune.slice_ns = slice_ns;
	pawl__tune.spin_ns = 0; /* who waits shall sleep */
	pawl__tune.no_waitv = no_waitv;
	return 0;
}

static int by_default(void **state)
{
	(void)state;
	return tuned(0, false);
}

static int without_slice(void **state)
{
	(void)state;
	return tuned(PAWL_FOREVER, false);
}

static int without_waitv(void **state)
{
	(void)state;
	return tuned(0, true);
}

static int begin(void **state)
{
	(void)state;
	kids_dir_make();
	return 0;
}

static int end(void **state)
{
	(void)state;
	kids_dir_remove();
	return 0;
}

#define IN(mode, test)                                                                                                 \
	{                                                                                                              \
#test "_" #mode, test, mode, NULL, NULL                                                                \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN(by_default, robust_mutex),
		IN(by_default, named_lock),
		IN(without_slice, robust_mutex),
		IN(without_slice, named_lock),
		IN(without_waitv, robust_mutex),
		IN(without_waitv, named_lock),
	};

	alarm(240);
	survivor = kids_map(sizeof(*survivor));
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* the survivors become our children */
	return cmocka_run_group_tests_name("death", tests, begin, end);
}
