/* SPDX-License-Identifier: BSD-2-Clause */
/** test_table.c: locks by name: which names there are, that each is one lock with one counter, that idle ones give way when
 * the table is full and come back with larger tokens, and what looking at them shows. At the end many processes use far
 * more names than there are places, and are killed at it: never two owners, never a smaller token, never a lost death.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../lib/kids_acts.h"

static pawl_space_t *space;

static int open_space(const char *name, uint32_t capacity)
{
	pawl_space_options_t options = { .capacity = capacity };

	return pawl_space_open(&space, name, &options);
}

static int setup(void **state)
{
	return open_space("table", (uint32_t)(uintptr_t)*state);
}

static int teardown(void **state)
{
	(void)state;
	return acts_bury(space) || pawl_space_check(space) || pawl_space_close(space) || kids_dir_files();
}

static pawl_lock_t *known(const char *name, unsigned flags)
{
	pawl_lock_t *lock = NULL;

	assert_int_equal(pawl_lock_open(space, name, flags, &lock), 0);
	assert_non_null(lock);
	return lock;
}

static uint64_t granted(pawl_lock_t *lock, int want)
{
	pawl_grant_t grant = { .remote = true };

	assert_int_equal(pawl_lock_acquire(lock, PAWL_TRY, &grant), want);
	assert_false(grant.remote);
	assert_true(grant.fence.hi == 0);
	assert_true(grant.good_until_ns == INT64_MAX);
	return grant.fence.lo;
}

static pawl_lock_info_t looked_up(const char *name)
{
	pawl_lock_info_t info;

	assert_int_equal(pawl_lock_peek(space, name, &info), 0);
	assert_string_equal(info.name, name);
	return info;
}

/* ---- names ---- */

static void check_name(const char *name)
{
	pawl_lock_t *lock = known(name, 0);
	pawl_lock_info_t info;

	assert_ptr_equal(known(name, 0), lock);
	granted(lock, 0);
	assert_int_equal(looked_up(name).state, PAWL_STATE_HELD);
	assert_int_equal(pawl_lock_info(lock, &info), 0);
	assert_string_equal(info.name, name);
	assert_int_equal(pawl_lock_release(lock), 0);
	assert_int_equal(pawl_lock_close(lock), 0);
	assert_int_equal(pawl_lock_close(lock), 0);
}

/* Every length there is; 63 bytes are the most that fit beside the lock, longer ones live elsewhere. */
static void lengths(void **state)
{
	char name[PAWL_NAME_MAX + 2];
	pawl_lock_t *lock;

	(void)state;
	for (size_t length = 1; length <= PAWL_NAME_MAX; length++) {
		memset(name, 'x', length);
		name[length] = '\0';
		check_name(name);
	}
	memset(name, 'x', PAWL_NAME_MAX + 1);
	name[PAWL_NAME_MAX + 1] = '\0';
	assert_int_equal(pawl_lock_open(space, name, 0, &lock), ENAMETOOLONG);
	assert_int_equal(pawl_lock_open(space, "", 0, &lock), EINVAL);
	assert_int_equal(pawl_lock_open(space, "flag", 0x40000000u, &lock), EINVAL);
}

static void bytes(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		char alone[2] = { (char)c, '\0' }, inside[4] = { '/', (char)c, (char)c, '\0' };

		check_name(alone);
		check_name(inside);
	}
}

/* Names that agree in all but one byte, on both sides of the 63/64 boundary, are different locks. */
static void neighbours(void **state)
{
	static const size_t length[] = { 1, 62, 63, 64, 65, 127, 128, 1015 };
	char a[PAWL_NAME_MAX + 1], b[PAWL_NAME_MAX + 1];

	(void)state;
	for (unsigned n = 0; n < sizeof(length) / sizeof(*length); n++)
		for (int where = 0; where < 2; where++) {
			pawl_lock_t *first, *second;

			memset(a, 'n', sizeof(a));
			memcpy(b, a, sizeof(a));
			a[length[n]] = b[length[n]] = '\0';
			b[where ? length[n] - 1 : 0] = 'm';
			first = known(a, 0);
			second = known(b, 0);
			assert_ptr_not_equal(first, second);
			granted(first, 0);
			granted(second, 0);
			assert_int_equal(pawl_lock_release(first), 0);
			assert_int_equal(looked_up(b).state, PAWL_STATE_HELD);
			assert_int_equal(looked_up(a).state, PAWL_STATE_FREE);
			assert_int_equal(pawl_lock_release(second), 0);
			pawl_lock_close(first);
			pawl_lock_close(second);
		}
}

/* A prefix of a name is another name, also where the longer one no longer fits beside its lock. */
static void prefixes(void **state)
{
	char name[81];
	pawl_lock_t *lock[81];

	(void)state;
	memset(name, 'p', sizeof(name));
	for (int n = 40; n <= 80; n++) {
		name[n] = '\0';
		lock[n] = known(name, 0);
		granted(lock[n], 0);
		name[n] = 'p';
	}
	for (int n = 40; n <= 80; n++)
		assert_int_equal(pawl_lock_release(lock[n]), 0);
}

/* ---- handles ---- */

static void flags_are_the_handle(void **state)
{
	pawl_lock_t *plain = known("flags", 0), *recursive = known("flags", PAWL_RECURSIVE);

	(void)state;
	assert_ptr_not_equal(plain, recursive);
	granted(recursive, 0);
	granted(recursive, 0);
	assert_int_equal(pawl_lock_acquire(plain, PAWL_TRY, NULL), EDEADLK); /* one lock, whichever the handle */
	assert_int_equal(pawl_lock_release(recursive), 0);
	assert_int_equal(pawl_lock_release(recursive), 0);
	assert_int_equal(pawl_lock_release(recursive), EPERM);
	granted(plain, 0);
	assert_int_equal(pawl_lock_close(plain), EBUSY);
	assert_int_equal(pawl_lock_release(plain), 0);
	assert_int_equal(pawl_lock_close(plain), 0);
	assert_int_equal(pawl_lock_close(recursive), 0);
}

/* ---- reclaim ---- */

enum { CROWD = 300 }; /* names, for 64 places */

static void crowd_name(int n, char name[32])
{
	snprintf(name, 32, "crowd/%d", n);
}

/* Idle names give way to new ones; each comes back with a larger token than it ever had. Handles that are kept meanwhile
 * find their lock again. */
static void reclaimed_names_go_on(void **state)
{
	static uint64_t token[CROWD];
	static pawl_lock_t *handle[CROWD];
	pawl_space_stats_t stats;
	char name[32];

	(void)state;
	memset(token, 0, sizeof(token));
	for (int round = 0; round < 6; round++)
		for (int n = 0; n < CROWD; n++) {
			uint64_t next;

			crowd_name(n, name);
			if (round == 0 || n % 3 == 0)
				handle[n] = known(name, 0);
			next = granted(handle[n], 0);
			assert_true(next > token[n]);
			token[n] = next;
			assert_int_equal(pawl_lock_release(handle[n]), 0);
			assert_int_equal(looked_up(name).state, PAWL_STATE_FREE);
		}
	assert_int_equal(pawl_space_stats(space, &stats), 0);
	assert_true(stats.reclaimed > CROWD);
	assert_true(stats.names <= 64);
}

/* Long names, of which there is room for fewer, give way to each other as well. */
static void reclaimed_long_names(void **state)
{
	static uint64_t token[20];
	char name[200];

	(void)state;
	memset(token, 0, sizeof(token));
	for (int n = 0; n < 60; n++) {
		pawl_lock_t *lock;
		uint64_t next;

		snprintf(name, sizeof(name), "%0150d", n % 20);
		lock = known(name, 0);
		next = granted(lock, 0);
		assert_true(next > token[n % 20]);
		token[n % 20] = next;
		assert_int_equal(pawl_lock_release(lock), 0);
		assert_int_equal(pawl_lock_close(lock), 0);
	}
}

static int take_name(const char *name)
{
	pawl_lock_t *lock;

	return pawl_lock_open(space, name, 0, &lock) || pawl_lock_acquire(lock, PAWL_TRY, NULL);
}

static int take_two(long unused)
{
	(void)unused;
	return take_name("dead") || take_name("poisoned");
}

static void crowd_comes_by(void)
{
	char name[32];

	for (int n = 0; n < CROWD; n++) {
		pawl_lock_t *lock;

		crowd_name(n, name);
		lock = known(name, 0);
		granted(lock, 0);
		assert_int_equal(pawl_lock_release(lock), 0);
		assert_int_equal(pawl_lock_close(lock), 0);
	}
}

/* What is held, dead or poisoned is not idle, however full it gets: nothing of it is lost. */
static void only_idle_names_give_way(void **state)
{
	pawl_lock_t *held = known("held", 0), *dead = known("dead", 0), *poisoned = known("poisoned", 0);
	puppet_t *p = puppet_new(take_two, 0);
	uint64_t token = granted(held, 0);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	puppet_kill(p);
	granted(poisoned, EOWNERDEAD);
	assert_int_equal(pawl_lock_release(poisoned), 0);
	crowd_comes_by();
	assert_int_equal(looked_up("held").state, PAWL_STATE_HELD);
	assert_true(looked_up("held").fence.lo == token);
	assert_int_equal(looked_up("dead").state, PAWL_STATE_DEAD);
	assert_int_equal(looked_up("poisoned").state, PAWL_STATE_POISONED);
	granted(dead, EOWNERDEAD);
	assert_int_equal(pawl_lock_acquire(poisoned, PAWL_TRY, NULL), ENOTRECOVERABLE);
	assert_int_equal(pawl_lock_reset(poisoned), 0);
	assert_int_equal(pawl_lock_consistent(dead), 0);
	assert_int_equal(pawl_lock_release(dead), 0);
	assert_int_equal(pawl_lock_release(held), 0);
}

/* A handle whose name has been given up in the meantime: looking at it says so, asking for it brings the name back. */
static void stale_handle(void **state)
{
	pawl_lock_t *lock = known("stale", 0);
	pawl_lock_info_t info;
	uint64_t token = granted(lock, 0);

	(void)state;
	assert_int_equal(pawl_lock_release(lock), 0);
	for (int n = 0; n < 3 && pawl_lock_info(lock, &info) == 0; n++)
		crowd_comes_by();
	assert_int_equal(pawl_lock_info(lock, &info), ENOENT);
	assert_int_equal(pawl_lock_peek(space, "stale", &info), ENOENT);
	assert_int_equal(pawl_lock_release(lock), EPERM);
	assert_int_equal(pawl_lock_consistent(lock), EPERM);
	assert_true(granted(lock, 0) > token);
	assert_int_equal(pawl_lock_info(lock, &info), 0);
	assert_int_equal(info.state, PAWL_STATE_HELD);
	assert_int_equal(pawl_lock_release(lock), 0);
}

static int take_by_handle(long handle)
{
	return pawl_lock_acquire((pawl_lock_t *)handle, PAWL_TRY, NULL);
}

static int give_by_handle(long handle)
{
	return pawl_lock_release((pawl_lock_t *)handle);
}

/* The name has come back at another place, and was poisoned there by others. */
static void stale_handle_resets(void **state)
{
	pawl_lock_t *lock = known("stale", 0);
	puppet_t *p = puppet_new(NULL, 0);
	pawl_lock_info_t info;

	(void)state;
	for (int n = 0; n < 3 && pawl_lock_info(lock, &info) == 0; n++)
		crowd_comes_by();
	assert_int_equal(pawl_lock_info(lock, &info), ENOENT);
	assert_int_equal(puppet_do(p, take_by_handle, (long)lock), 0);
	puppet_kill(p);
	p = puppet_new(NULL, 0);
	assert_int_equal(puppet_do(p, take_by_handle, (long)lock), EOWNERDEAD);
	assert_int_equal(puppet_do(p, give_by_handle, (long)lock), 0);
	puppet_end(p);
	assert_int_equal(pawl_lock_info(lock, &info), 0);
	assert_int_equal(info.state, PAWL_STATE_POISONED);
	assert_int_equal(pawl_lock_reset(lock), 0);
	assert_int_equal(pawl_lock_reset(lock), EINVAL);
	granted(lock, 0);
	assert_int_equal(pawl_lock_release(lock), 0);
}

/* Tokens of a name go on when the whole segment has been removed and made again. */
static void re_creation_goes_on(void **state)
{
	uint64_t last = 0;

	(void)state;
	for (int n = 0; n < 20; n++) {
		pawl_lock_t *lock;

		assert_int_equal(open_space("again", 64), 0);
		lock = known("name", 0);
		for (int k = 0; k < 50; k++) {
			uint64_t token = granted(lock, 0);

			assert_true(token > last);
			last = token;
			assert_int_equal(pawl_lock_release(lock), 0);
		}
		assert_int_equal(pawl_space_close(space), 0);
		assert_int_equal(kids_dir_files(), 0);
	}
}

/* ---- looking ---- */

static int name_yourself_and_take(long flags)
{
	pawl_lock_t *lock;

	prctl(PR_SET_NAME, "the-owner");
	return pawl_lock_open(space, "seen", (unsigned)flags, &lock) || pawl_lock_acquire(lock, PAWL_FOREVER, NULL);
}

static int wait_for_seen(long unused)
{
	(void)unused;
	return name_yourself_and_take(0);
}

static int release_seen(long flags)
{
	pawl_lock_t *lock;

	return pawl_lock_open(space, "seen", (unsigned)flags, &lock) || pawl_lock_release(lock);
}

static void info_of_a_holder(void **state)
{
	puppet_t *p = puppet_new(name_yourself_and_take, PAWL_TIMESTAMP), *waiting[3];
	int64_t before = kids_now_ns(), until;
	pawl_lock_info_t info;
	uint64_t fence;

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	info = looked_up("seen");
	assert_int_equal(info.state, PAWL_STATE_HELD);
	assert_int_equal(info.pid, p->pid);
	assert_int_equal(info.tid, p->pid);
	assert_false(info.foreign_pid);
	assert_false(info.inconsistent);
	assert_string_equal(info.command, "the-owner");
	assert_true(info.since_ns > 0 && info.since_ns <= kids_now_ns() && !info.since_is_estimate);
	assert_true(info.since_ns > before - (int64_t)KIDS_PATIENCE_MS * 1000000);
	assert_int_equal(info.waiters, 0);
	assert_true(info.grants == 1 && info.deaths == 0 && info.contended == 0);
	fence = info.fence.lo;
	for (int n = 0; n < 3; n++) {
		waiting[n] = puppet_new(wait_for_seen, 0);
		assert_true(puppet_asleep(waiting[n]));
	}
	until = kids_now_ns() + (int64_t)KIDS_PATIENCE_MS * 1000000;
	while ((info = looked_up("seen")).waiters != 3 && kids_now_ns() < until)
		kids_nap_us(1000); /* between two slices it is awake for a moment */
	assert_int_equal(info.waiters, 3);
	assert_true(info.fence.lo == fence);
	assert_int_equal(kill(p->pid, SIGSTOP), 0); /* looking needs nobody's help */
	assert_int_equal(looked_up("seen").pid, p->pid);
	assert_int_equal(kill(p->pid, SIGCONT), 0);
	assert_int_equal(puppet_do(p, release_seen, PAWL_TIMESTAMP), 0);
	while (!puppet_done(waiting[0]) && !puppet_done(waiting[1]) && !puppet_done(waiting[2]) && kids_now_ns() < until)
		kids_nap_us(100);
	for (int n = 0; n < 3; n++)
		puppet_kill(waiting[n]);
	puppet_kill(p);
	info = looked_up("seen");
	assert_true(info.state == PAWL_STATE_DEAD || info.state == PAWL_STATE_FREE);
	assert_true(info.fence.lo > fence && info.contended >= 1);
}

static void info_of_a_death(void **state)
{
	puppet_t *p = puppet_new(name_yourself_and_take, 0);
	pawl_lock_t *lock;
	pawl_lock_info_t info;
	pid_t pid = p->pid;

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	puppet_kill(p);
	for (int n = 0; n < 10; n++) { /* looking consumes no news of a death */
		info = looked_up("seen");
		assert_int_equal(info.state, PAWL_STATE_DEAD);
		assert_int_equal(info.pid, pid); /* as last seen */
	}
	lock = known("seen", 0);
	granted(lock, EOWNERDEAD);
	info = looked_up("seen");
	assert_int_equal(info.state, PAWL_STATE_HELD);
	assert_true(info.inconsistent);
	assert_int_equal(info.pid, getpid());
	assert_true(info.deaths == 1);
	assert_int_equal(pawl_lock_release(lock), 0);
	info = looked_up("seen");
	assert_int_equal(info.state, PAWL_STATE_POISONED);
	assert_int_equal(info.pid, 0);
	assert_int_equal(pawl_lock_reset(lock), 0);
	assert_int_equal(looked_up("seen").state, PAWL_STATE_FREE);
}

static int tick_off(const pawl_lock_info_t *info, void *arg)
{
	int *seen = arg;
	int n;

	if (sscanf(info->name, "crowd/%d", &n) == 1)
		seen[n]++;
	return 0;
}

static int stop_at_once(const pawl_lock_info_t *info, void *arg)
{
	++*(int *)arg;
	return info ? 42 : 0;
}

static void listing(void **state)
{
	int seen[CROWD] = { 0 }, calls = 0;
	char name[32];

	(void)state;
	for (int n = 0; n < 20; n++) {
		crowd_name(n, name);
		known(name, 0);
	}
	assert_int_equal(pawl_lock_list(space, tick_off, seen), 0);
	for (int n = 0; n < CROWD; n++)
		assert_int_equal(seen[n], n < 20);
	assert_int_equal(pawl_lock_list(space, stop_at_once, &calls), 42);
	assert_int_equal(calls, 1);
}

static void state_names(void **state)
{
	(void)state;
	assert_string_equal(pawl_lock_state_name(PAWL_STATE_FREE), "free");
	assert_string_equal(pawl_lock_state_name(PAWL_STATE_HELD), "held");
	assert_string_equal(pawl_lock_state_name(PAWL_STATE_DEAD), "dead");
	assert_string_equal(pawl_lock_state_name(PAWL_STATE_POISONED), "poisoned");
	assert_string_equal(pawl_lock_state_name(PAWL_STATE_LINGERING), "lingering");
}

/* ---- many names, few places, and kills ---- */

enum { MESS = 120, WORKERS = 4, KILLS = 250 };

static struct mess {
	uint64_t doubles, backwards, lost, errors, grants, deaths;
	struct {
		uint32_t owner; /* worker that is inside, 0 none */
		uint32_t dirty; /* somebody is half-way: if it is set on entry, a death must have been told */
		uint64_t token;
	} name[MESS];
} * mess;

static void inside(int n, uint32_t me, uint64_t token, bool died)
{
	uint32_t nobody = 0;

	if (died)
		PAWL_STORE(&mess->name[n].owner, 0u, SEQ_CST);
	if (mess->name[n].dirty && !died)
		PAWL_FETCH_ADD(&mess->lost, 1u, RELAXED); /* read at the end, as all of these */
	if (!PAWL_CAS(&mess->name[n].owner, &nobody, me, SEQ_CST))
		PAWL_FETCH_ADD(&mess->doubles, 1u, RELAXED);
	if (token <= mess->name[n].token)
		PAWL_FETCH_ADD(&mess->backwards, 1u, RELAXED);
	mess->name[n].dirty = 1;
	mess->name[n].token = token;
	PAWL_FETCH_ADD(&mess->grants, 1u, RELAXED);
	PAWL_FETCH_ADD(&mess->deaths, (uint64_t)died, RELAXED);
	for (volatile int spin = 0; spin < 200; spin++)
		;
	PAWL_STORE(&mess->name[n].owner, 0u, SEQ_CST);
	mess->name[n].dirty = 0;
}

static void once(uint64_t *seed, uint32_t me)
{
	int n = (int)(kids_random(seed) % MESS), rc;
	pawl_grant_t grant;
	pawl_lock_t *lock;
	char name[100];

	snprintf(name, sizeof(name), n % 40 ? "mess/%d" : "mess/%080d", n);
	rc = pawl_lock_open(space, name, n & 1 ? PAWL_AUTO_RECOVER : 0, &lock);
	if (rc == 0) {
		rc = pawl_lock_acquire(lock, kids_random(seed) % 4 ? PAWL_FOREVER : pawl_in_ns(20000), &grant);
		if (pawl_acquired(rc)) {
			inside(n, me, grant.fence.lo, grant.owner_died);
			if (rc == EOWNERDEAD && pawl_lock_consistent(lock))
				PAWL_FETCH_ADD(&mess->errors, 1u, RELAXED);
			rc = pawl_lock_release(lock);
		}
		pawl_lock_close(lock);
	}
	if (rc != 0 && rc != ETIMEDOUT && rc != ENOSPC)
		PAWL_FETCH_ADD(&mess->errors, 1u, RELAXED);
}

static int make_a_mess(long me)
{
	uint64_t seed = kids_seed() + (uint64_t)me * 7919;

	for (;;)
		once(&seed, (uint32_t)me);
	return 0;
}

static void names_and_kills(void **state)
{
	uint64_t seed = kids_seed();
	pawl_space_stats_t stats;
	puppet_t *p[WORKERS];
	long next = 1;

	(void)state;
	mess = kids_map(sizeof(*mess));
	for (int k = 0; k < WORKERS; k++)
		p[k] = puppet_new(make_a_mess, next++);
	for (int n = 0; n < KILLS; n++) {
		uint64_t k = kids_random(&seed) % WORKERS;

		kids_nap_us((long)(kids_random(&seed) % 6000));
		puppet_kill(p[k]);
		p[k] = puppet_new(make_a_mess, next++);
	}
	for (int k = 0; k < WORKERS; k++)
		puppet_kill(p[k]);
	assert_int_equal(pawl_space_stats(space, &stats), 0);
	print_message("# %d kills, %lu grants, %lu deaths told, %lu reclaims\n", KILLS + WORKERS,
		(unsigned long)mess->grants, (unsigned long)mess->deaths, (unsigned long)stats.reclaimed);
	assert_true(mess->grants > 1000 && mess->deaths > 0 && stats.reclaimed > 100);
	assert_true(mess->doubles == 0);
	assert_true(mess->backwards == 0);
	assert_true(mess->lost == 0);
	assert_true(mess->errors == 0);
	kids_unmap(mess, sizeof(*mess));
}

static void *give_up_waiting(void *lock)
{
	int rc = pawl_lock_acquire(lock, pawl_in_ms(60), NULL);

	return rc == ETIMEDOUT ? NULL : lock;
}

/* Names whose last waiter gave up, after it had asked for its turn, are idle as well. */
static void turns_nobody_takes(void **state)
{
	(void)state;
	for (int i = 0; i < 80; i++) {
		pthread_t thread;
		char name[16];
		pawl_lock_t *lock;
		void *end = NULL;

		snprintf(name, sizeof(name), "turn/%d", i);
		lock = known(name, 0);
		granted(lock, 0);
		assert_int_equal(pthread_create(&thread, NULL, give_up_waiting, lock), 0);
		assert_int_equal(pthread_join(thread, &end), 0);
		assert_null(end);
		assert_int_equal(pawl_lock_release(lock), 0);
		assert_int_equal(pawl_lock_close(lock), 0);
	}
}

/* Closed once too often: an error, and the name goes on having one handle. */
static void closed_too_often(void **state)
{
	pawl_lock_t *lock = known("closed", 0);

	(void)state;
	assert_int_equal(pawl_lock_close(lock), 0);
	assert_int_equal(pawl_lock_close(lock), EINVAL);
	lock = known("closed", 0);
	assert_ptr_equal(known("closed", 0), lock);
	assert_int_equal(pawl_lock_close(lock), 0);
	assert_int_equal(pawl_lock_close(lock), 0);
}

#define TEST(name, capacity)                                                                                           \
	{                                                                                                              \
#name, name, setup, teardown, (void *)(uintptr_t)(capacity)                                            \
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lengths, 65536),
		TEST(bytes, 1024),
		TEST(neighbours, 4096),
		TEST(prefixes, 4096),
		TEST(flags_are_the_handle, 64),
		TEST(reclaimed_names_go_on, 64),
		TEST(reclaimed_long_names, 64),
		TEST(only_idle_names_give_way, 64),
		TEST(turns_nobody_takes, 64),
		TEST(closed_too_often, 64),
		TEST(stale_handle, 64),
		TEST(stale_handle_resets, 64),
		{ "re_creation_goes_on", re_creation_goes_on, NULL, NULL, NULL },
		TEST(info_of_a_holder, 64),
		TEST(info_of_a_death, 64),
		TEST(listing, 256),
		TEST(state_names, 64),
		TEST(names_and_kills, 64),
	};

	alarm(240);
	return cmocka_run_group_tests_name("table", tests, begin, end);
}
