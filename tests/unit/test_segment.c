/* SPDX-License-Identifier: BSD-2-Clause */
/** test_segment.c: the file behind a space: published whole and once, removed by the last to leave, adopted after a crash,
 * with the right mode under any umask, noticed when it is removed under its members, and ENOSPC when something is full.
 * (test_hostile.c has the files that are not to be used.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/tune.h"

#include "../lib/kids_acts.h"

static int count_space(const char *name, const char *path, void *arg)
{
	(void)name;
	(void)path;
	++*(int *)arg;
	return 0;
}

static int spaces(void)
{
	int n = 0;

	pawl_space_scan(count_space, &n);
	return n;
}

/* What one test left behind fails that one, not the next. */
static int nothing_left(void **state)
{
	int left = spaces() + kids_dir_files();

	(void)state;
	kids_dir_clear();
	return left;
}

/* ---- publication and removal, raced ---- */

enum { RACERS = 8, ROUNDS = 150 };

static struct race {
	uint32_t round;          /* the parent starts it */
	uint32_t opened, closed; /* how many have, over all rounds */
	uint32_t owners, doubles, wrong, errors;
	uint64_t grants, token;
	int last_error;
	ino_t ino[RACERS];
} * race;

static int wrong(int rc)
{
	if (rc) {
		PAWL_FETCH_ADD(&race->errors, 1u, RELAXED); /* read after the round, as the next */
		PAWL_STORE(&race->last_error, rc, RELAXED);
	}
	return rc;
}

static void use_once(pawl_space_t *space)
{
	pawl_lock_t *lock;
	pawl_grant_t grant;

	if (wrong(pawl_lock_open(space, "raced", PAWL_AUTO_RECOVER, &lock)) ||
		wrong(pawl_lock_acquire(lock, PAWL_FOREVER, &grant)))
		return;
	if (PAWL_FETCH_ADD(&race->owners, 1u, SEQ_CST) != 0)
		PAWL_FETCH_ADD(&race->doubles, 1u, RELAXED); /* read after the round */
	if (grant.fence.lo <= race->token)
		PAWL_FETCH_ADD(&race->wrong, 1u, RELAXED); /* read after the round */
	race->token = grant.fence.lo;
	race->grants++; /* by the lock */
	PAWL_FETCH_ADD(&race->owners, -1u, SEQ_CST);
	pawl_lock_release(lock);
}

static int racer(long k)
{
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		pawl_space_t *space;
		struct stat st;

		kids_until(&race->round, round);
		if (pawl_space_open(&space, "race", NULL))
			return (int)round;
		race->ino[k] = stat(pawl_space_path(space), &st) ? 0 : st.st_ino;
		use_once(space);
		PAWL_FETCH_ADD(&race->opened, 1u, RELEASE);
		kids_until(&race->opened, round * RACERS);
		if (pawl_space_close(space))
			return (int)round;
		PAWL_FETCH_ADD(&race->closed, 1u, RELEASE);
	}
	return 0;
}

/* Eight processes open the same space at the same moment: one segment, whoever made it; they close it at the same moment:
 * nothing is left; and the next segment of that name goes on with larger tokens. */
static void opened_and_closed_together(void **state)
{
	puppet_t *p[RACERS];

	(void)state;
	race = kids_map(sizeof(*race));
	for (long k = 0; k < RACERS; k++)
		p[k] = puppet_new(racer, k);
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		PAWL_STORE(&race->round, round, RELEASE);
		assert_true(kids_until(&race->opened, round * RACERS));
		assert_true(kids_until(&race->closed, round * RACERS));
		for (int k = 0; k < RACERS; k++)
			assert_true(race->ino[k] == race->ino[0] && race->ino[0] != 0);
		assert_int_equal(spaces(), 0);
	}
	for (int k = 0; k < RACERS; k++) {
		assert_int_equal(puppet_answer(p[k]), 0);
		puppet_end(p[k]);
	}
	assert_int_equal(race->doubles + race->wrong + race->errors, 0);
	assert_true(race->grants == RACERS * ROUNDS);
	kids_unmap(race, sizeof(*race));
}

static int come_and_go(long k)
{
	for (int n = 0; n < 400; n++) {
		pawl_space_t *space;

		if (wrong(pawl_space_open(&space, "race", NULL)))
			return n + 1;
		if ((n + k) % 3 == 0)
			use_once(space);
		if (wrong(pawl_space_close(space)))
			return -n - 1;
	}
	return 0;
}

/* The same without a starting gun: openers meet those who are just leaving. */
static void coming_and_going(void **state)
{
	puppet_t *p[4];

	(void)state;
	race = kids_map(sizeof(*race));
	for (long k = 0; k < 4; k++)
		p[k] = puppet_new(come_and_go, k);
	for (int k = 0; k < 4; k++) {
		assert_int_equal(puppet_answer(p[k]), 0);
		puppet_end(p[k]);
	}
	assert_int_equal(race->doubles + race->wrong + race->errors, 0);
	assert_true(race->grants > 400);
	assert_int_equal(spaces(), 0);
	kids_unmap(race, sizeof(*race));
}

static int come_and_go_for_ever(long k)
{
	while (come_and_go(k) == 0)
		;
	return -1;
}

/* ... and any of them may be killed: those who live go on, and who opens last can still close for good. */
static void killed_while_coming_and_going(void **state)
{
	uint64_t seed = kids_seed();
	pawl_space_t *space;
	puppet_t *p[3];

	(void)state;
	race = kids_map(sizeof(*race));
	for (long k = 0; k < 3; k++)
		p[k] = puppet_new(come_and_go_for_ever, k);
	for (int n = 0; n < 200; n++) {
		long k = (long)(kids_random(&seed) % 3);

		kids_nap_us((long)(kids_random(&seed) % 3000));
		puppet_kill(p[k]);
		p[k] = puppet_new(come_and_go_for_ever, k);
	}
	for (int k = 0; k < 3; k++)
		puppet_kill(p[k]);
	assert_int_equal(race->last_error, 0);
	assert_int_equal(race->wrong + race->errors, 0);
	assert_true(race->grants > 100);
	assert_int_equal(pawl_space_open(&space, "race", NULL), 0);
	assert_int_equal(pawl_space_check(space), 0);
	assert_int_equal(pawl_space_close(space), 0);
	assert_int_equal(spaces(), 0);
	kids_unmap(race, sizeof(*race));
}

/* ---- what stays ---- */

static uint64_t token_of(pawl_space_t *space, const char *name, int want)
{
	pawl_grant_t grant = { .owner_died = false };
	pawl_lock_t *lock;
	int rc;

	assert_int_equal(pawl_lock_open(space, name, 0, &lock), 0);
	rc = pawl_lock_acquire(lock, pawl_in_ms(KIDS_PATIENCE_MS), &grant);
	assert_int_equal(rc, want);
	if (rc == EOWNERDEAD)
		assert_int_equal(pawl_lock_consistent(lock), 0);
	assert_int_equal(pawl_lock_release(lock), 0);
	assert_int_equal(pawl_lock_close(lock), 0);
	return grant.fence.lo;
}

static void persistent(void **state)
{
	pawl_space_options_t options = { .capacity = 64, .persistent = true };
	pawl_space_stats_t stats;
	pawl_space_t *space;
	uint64_t token = 0;

	(void)state;
	for (int n = 0; n < 3; n++) {
		uint64_t next;

		assert_int_equal(pawl_space_open(&space, "stays", n ? NULL : &options), 0);
		next = token_of(space, "kept", 0);
		assert_true(n == 0 || next == token + 1); /* the same counter */
		token = next;
		assert_int_equal(pawl_space_stats(space, &stats), 0);
		assert_true(stats.persistent);
		assert_int_equal(stats.names, 1);
		assert_int_equal(stats.capacity, 64);
		assert_int_equal(pawl_space_unlink("stays"), EBUSY);
		assert_int_equal(pawl_space_close(space), 0);
		assert_int_equal(spaces(), 1);
	}
	assert_int_equal(pawl_space_unlink("stays"), 0);
	assert_int_equal(pawl_space_unlink("stays"), ENOENT);
	assert_int_equal(spaces(), 0);
}

static void existing_only(void **state)
{
	pawl_space_options_t options = { .existing = true };
	pawl_space_t *space, *again;

	(void)state;
	assert_int_equal(pawl_space_open(&space, "none", &options), ENOENT);
	assert_non_null(strstr(pawl_space_reason(), "none"));
	assert_int_equal(spaces(), 0);
	assert_int_equal(pawl_space_open(&space, "none", NULL), 0);
	assert_int_equal(pawl_space_open(&again, "none", &options), 0);
	assert_ptr_equal(space, again);
	assert_int_equal(pawl_space_close(again), 0);
	assert_int_equal(pawl_space_close(space), 0);
}

static int own_and_hold(long unused)
{
	pawl_space_t *space;
	pawl_lock_t *lock;

	(void)unused;
	return pawl_space_open(&space, "left", NULL) || pawl_lock_open(space, "held", 0, &lock) ||
	       pawl_lock_acquire(lock, PAWL_FOREVER, NULL);
}

/* Its only member was killed: the file stays, the next to open finds the dead owner, and removes the file in the end. */
static void leftovers_are_adopted(void **state)
{
	pawl_space_t *space;

	(void)state;
	for (int n = 0; n < 5; n++) {
		puppet_t *p = puppet_new(own_and_hold, 0);

		assert_int_equal(puppet_answer(p), 0);
		puppet_kill(p);
		assert_int_equal(spaces(), 1);
		assert_int_equal(pawl_space_open(&space, "left", NULL), 0);
		assert_int_equal(pawl_space_check(space), 0);
		token_of(space, "held", EOWNERDEAD);
		token_of(space, "held", 0);
		assert_int_equal(pawl_space_close(space), 0);
		assert_int_equal(spaces(), 0);
	}
}

static int open_and_leave(long unused)
{
	pawl_space_t *space;

	(void)unused;
	return pawl_space_open(&space, "left", NULL) || pawl_space_close(space);
}

/* Members that never asked for the lock come and go: the death, and then the poison, wait for who does. */
static void bad_news_stay(void **state)
{
	puppet_t *p = puppet_new(own_and_hold, 0), *passer = puppet_new(NULL, 0);
	pawl_space_t *space;
	pawl_lock_t *lock;

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	puppet_kill(p);
	assert_int_equal(puppet_do(passer, open_and_leave, 0), 0);
	assert_int_equal(spaces(), 1);
	assert_int_equal(pawl_space_open(&space, "left", NULL), 0);
	assert_int_equal(pawl_lock_open(space, "held", 0, &lock), 0);
	assert_int_equal(pawl_lock_acquire(lock, PAWL_TRY, NULL), EOWNERDEAD);
	assert_int_equal(pawl_lock_release(lock), 0); /* poisons it */
	assert_int_equal(pawl_space_close(space), 0);
	assert_int_equal(puppet_do(passer, open_and_leave, 0), 0);
	assert_int_equal(spaces(), 1);
	assert_int_equal(pawl_space_open(&space, "left", NULL), 0);
	assert_int_equal(pawl_lock_open(space, "held", 0, &lock), 0);
	assert_int_equal(pawl_lock_acquire(lock, PAWL_TRY, NULL), ENOTRECOVERABLE);
	assert_int_equal(pawl_lock_reset(lock), 0);
	assert_int_equal(pawl_space_close(space), 0);
	assert_int_equal(spaces(), 0);
	puppet_end(passer);
}

static void leftovers_can_be_unlinked(void **state)
{
	puppet_t *p = puppet_new(own_and_hold, 0);

	(void)state;
	assert_int_equal(puppet_answer(p), 0);
	assert_int_equal(pawl_space_unlink("left"), EBUSY);
	puppet_kill(p);
	assert_int_equal(pawl_space_unlink("left"), 0);
	assert_int_equal(spaces(), 0);
}

/* ---- modes ---- */

static void check_mode(mode_t mask, const pawl_space_options_t *options, mode_t mode, gid_t gid)
{
	mode_t before = umask(mask);
	pawl_space_t *space;
	struct stat st;
	int rc = pawl_space_open(&space, "mode", options);

	umask(before);
	assert_int_equal(rc, 0);
	assert_int_equal(stat(pawl_space_path(space), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | mode);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(st.st_gid, gid);
	assert_int_equal(pawl_space_close(space), 0);
}

static void modes(void **state)
{
	gid_t other = geteuid() == 0 ? 12345 : getegid();
	pawl_space_options_t group = { .gid = other, .mode = 0660 }, user = { .mode = 0600 }, bad = { .mode = 0666 };
	pawl_space_t *space;

	(void)state;
	check_mode(0, NULL, 0600, getegid());
	check_mode(0777, NULL, 0600, getegid());
	check_mode(0022, &user, 0600, getegid());
	check_mode(0077, &group, 0660, other);
	check_mode(0, &group, 0660, other);
	assert_int_equal(pawl_space_open(&space, "mode", &bad), EINVAL);
	bad.mode = 0660; /* without a group */
	assert_int_equal(pawl_space_open(&space, "mode", &bad), EINVAL);
	bad.mode = 01600;
	assert_int_equal(pawl_space_open(&space, "mode", &bad), EINVAL);
	bad = (pawl_space_options_t){ .capacity = (1u << 20) + 1 };
	assert_int_equal(pawl_space_open(&space, "mode", &bad), EINVAL);
	assert_int_equal(spaces(), 0);
}

/* ---- names ---- */

static void legal(const char *name)
{
	pawl_space_t *space;

	assert_int_equal(pawl_space_open(&space, name, NULL), 0);
	assert_non_null(strstr(pawl_space_path(space), name));
	assert_int_equal(pawl_space_close(space), 0);
}

static void illegal(const char *name, int why)
{
	pawl_space_t *space;

	assert_int_equal(pawl_space_open(&space, name, NULL), why);
	assert_true(strlen(pawl_space_reason()) > 0);
	assert_int_equal(pawl_space_unlink(name), why);
	assert_int_equal(spaces(), 0);
}

static void names(void **state)
{
	char text[256];

	(void)state;
	legal("abcdefghijklmnopqrstuvwxyz");
	legal("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	legal("0123456789._-");
	legal("-");
	illegal("", EINVAL);
	for (int c = 1; c < 256; c++) {
		bool good = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.", c);

		snprintf(text, sizeof(text), "a%cb", c);
		if (!good)
			illegal(text, EINVAL);
		snprintf(text, sizeof(text), "%c", c);
		if (!good || c == '.')
			illegal(text, EINVAL);
	}
	illegal("..", EINVAL);
	illegal("../up", EINVAL);
	memset(text, 'n', sizeof(text));
	text[200] = '\0';
	legal(text);
	text[200] = 'n';
	text[201] = '\0';
	illegal(text, EINVAL);
}

/* ---- removed under its members ---- */

static int wait_for_word(long i)
{
	uint64_t token;

	return acts_take(i, PAWL_FOREVER, &token);
}

static void removed_under_its_members(void **state)
{
	pawl_space_stats_t stats;
	pawl_space_t *old, *second;
	pawl_lock_t *lock;
	puppet_t *holder, *sleeper;
	uint64_t before, after;

	(void)state;
	assert_int_equal(acts_begin(), 0);
	old = acts_space;
	before = token_of(old, "split", 0);
	holder = puppet_new(act_lock, NAMED);
	assert_int_equal(puppet_answer(holder), 0);
	sleeper = puppet_new(act_lock, NAMED + 1);
	assert_int_equal(puppet_answer(sleeper), 0);
	assert_int_equal(puppet_do(sleeper, act_unlock, NAMED + 1), 0);
	puppet_ask(sleeper, wait_for_word, NAMED);
	assert_true(puppet_asleep(sleeper));
	assert_int_equal(unlink(pawl_space_path(old)), 0);
	assert_int_equal(puppet_answer(sleeper), EIDRM);
	assert_int_equal(pawl_lock_open(old, "new name", 0, &lock), EIDRM);
	assert_int_equal(puppet_do(sleeper, act_timed, NAMED + 1), EIDRM); /* a free one */
	assert_int_equal(puppet_do(holder, act_unlock, NAMED), 0);         /* what is held can be given up */
	assert_int_equal(pawl_space_stats(old, &stats), 0);
	assert_true(stats.removed);
	puppet_end(holder);
	puppet_end(sleeper);
	assert_int_equal(acts_end(), 0);
	assert_int_equal(pawl_space_open(&second, acts_name(), NULL), 0);
	after = token_of(second, "split", 0);
	assert_true(after > before);
	assert_int_equal(pawl_space_close(second), 0);
}

static pawl_space_t *replaced;

static int open_replaced(long unused)
{
	(void)unused;
	return pawl_space_open(&replaced, "replaced", NULL);
}

static int close_replaced(long unused)
{
	(void)unused;
	return pawl_space_close(replaced);
}

/* Somebody else has made a new one by now: the old member must not take part in it, nor remove it when it leaves. */
static void removed_and_replaced(void **state)
{
	puppet_t *other = puppet_new(NULL, 0); /* born before: it inherits no membership */
	pawl_lock_t *lock;

	(void)state;
	assert_int_equal(open_replaced(0), 0);
	assert_int_equal(unlink(pawl_space_path(replaced)), 0);
	assert_int_equal(puppet_do(other, open_replaced, 0), 0);
	assert_int_equal(spaces(), 1);
	assert_int_equal(pawl_lock_open(replaced, "new name", 0, &lock), EIDRM);
	assert_int_equal(close_replaced(0), 0);
	assert_int_equal(spaces(), 1);
	assert_int_equal(puppet_do(other, close_replaced, 0), 0);
	assert_int_equal(spaces(), 0);
	puppet_end(other);
}

/* ---- full ---- */

static void full_table(void **state)
{
	pawl_space_options_t options = { .capacity = 64 };
	pawl_lock_t *lock[65];
	pawl_space_t *space;
	char name[16];

	(void)state;
	assert_int_equal(pawl_space_open(&space, "full", &options), 0);
	for (int n = 0; n < 64; n++) {
		snprintf(name, sizeof(name), "held-%d", n);
		assert_int_equal(pawl_lock_open(space, name, 0, &lock[n]), 0);
		assert_int_equal(pawl_lock_acquire(lock[n], PAWL_TRY, NULL), 0);
	}
	for (int n = 0; n < 3; n++)
		assert_int_equal(pawl_lock_open(space, "one more", 0, &lock[64]), ENOSPC);
	assert_int_equal(pawl_space_check(space), 0);
	assert_int_equal(pawl_lock_release(lock[7]), 0); /* idle: may give way */
	assert_int_equal(pawl_lock_open(space, "one more", 0, &lock[64]), 0);
	assert_int_equal(pawl_lock_acquire(lock[64], PAWL_TRY, NULL), 0);
	assert_int_equal(pawl_lock_acquire(lock[7], PAWL_TRY, NULL), ENOSPC);
	assert_int_equal(pawl_space_close(space), EBUSY);
	for (int n = 0; n < 65; n++)
		assert_int_equal(pawl_lock_release(lock[n]), n == 7 ? EPERM : 0);
	assert_int_equal(pawl_space_check(space), 0);
	assert_int_equal(pawl_space_close(space), 0);
}

static int fill_file_system(pawl_space_t *space)
{
	for (int n = 0; n < 20000; n++) {
		pawl_lock_t *lock;
		char name[128];
		int rc;

		snprintf(name, sizeof(name), "%*d", n & 1 ? 90 : 20, n); /* short names, and long ones */
		rc = pawl_lock_open(space, name, 0, &lock);
		if (rc == 0)
			rc = pawl_lock_acquire(lock, PAWL_TRY, NULL);
		if (rc != 0)
			return rc == ENOSPC ? 0 : rc;
	}
	return -1; /* it did not fill */
}

static int on_a_tiny_file_system(void *arg)
{
	const char *dir = getenv("PAWL_DIR");
	int opened = 0;

	(void)arg;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 77;
	for (int pages = 1; pages < 400; pages += pages < 40 ? 1 : 37) {
		pawl_space_t *space;
		char size[32];
		int rc;

		snprintf(size, sizeof(size), "size=%dk", 4 * pages);
		if (mount("tiny", dir, "tmpfs", 0, size))
			return 77;
		rc = pawl_space_open(&space, "tiny", NULL);
		if (rc != 0 && (rc != ENOSPC || !strstr(pawl_space_reason(), dir)))
			return 1;
		if (rc == 0 && (opened++, fill_file_system(space)))
			return 2;
		umount2(dir, MNT_DETACH);
	}
	return opened ? 0 : 3;
}

/* A full file system is ENOSPC where the memory is asked for, never SIGBUS where it is used. */
static void full_file_system(void **state)
{
	int rc = kids_join(kids_fork(on_a_tiny_file_system, NULL));

	(void)state;
	if (rc == 77)
		skip(); /* no right to mount */
	assert_int_equal(rc, 0);
}

static int without_descriptors(void *arg)
{
	struct rlimit few = { 0, 0 }, before;
	pawl_space_t *space;
	int rc;

	(void)arg;
	if (getrlimit(RLIMIT_NOFILE, &before))
		return 1;
	for (few.rlim_max = before.rlim_max; few.rlim_cur < 12; few.rlim_cur++) {
		setrlimit(RLIMIT_NOFILE, &few);
		rc = pawl_space_open(&space, "few", NULL);
		if (rc == 0 && pawl_space_close(space))
			return 2;
		if (rc != 0 && rc != EMFILE)
			return 3;
		if (few.rlim_cur == 0 && rc == 0)
			return 4;
	}
	setrlimit(RLIMIT_NOFILE, &before);
	rc = pawl_space_open(&space, "few", NULL);
	return rc ? 5 : pawl_space_close(space) ? 6 : 0;
}

static void no_descriptors_left(void **state)
{
	(void)state;
	assert_int_equal(kids_join(kids_fork(without_descriptors, NULL)), 0);
	assert_int_equal(spaces(), 0);
}

static int in_a_relative_folder(void *arg)
{
	pawl_space_t *space;

	if (chdir(getenv("PAWL_DIR")) || setenv("PAWL_DIR", ".", 1) || pawl_space_open(&space, arg, NULL) || chdir("/"))
		return 1;
	return pawl_space_close(space) ? 2 : 0;
}

/* PAWL_DIR may be relative, and the process go elsewhere: it still finds the file it has to remove. */
static void relative_folder(void **state)
{
	(void)state;
	assert_int_equal(kids_join(kids_fork(in_a_relative_folder, "relative")), 0);
	assert_int_equal(spaces(), 0);
}

/* asan sees whether the space is asked after it was freed. */
static void closed_too_often(void **state)
{
	pawl_space_t *space;

	(void)state;
	assert_int_equal(pawl_space_open(&space, "closed", NULL), 0);
	assert_int_equal(pawl_space_close(space), 0);
	assert_int_equal(pawl_space_close(space), EINVAL);
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

#define TEST(name)                                                                                                     \
	{                                                                                                              \
#name, name, NULL, nothing_left, NULL                                                                  \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(opened_and_closed_together),
		TEST(coming_and_going),
		TEST(killed_while_coming_and_going),
		TEST(persistent),
		TEST(existing_only),
		TEST(leftovers_are_adopted),
		TEST(bad_news_stay),
		TEST(leftovers_can_be_unlinked),
		TEST(modes),
		TEST(names),
		TEST(removed_under_its_members),
		TEST(removed_and_replaced),
		TEST(full_table),
		TEST(full_file_system),
		TEST(no_descriptors_left),
		TEST(relative_folder),
		TEST(closed_too_often),
	};

	alarm(240);
	return cmocka_run_group_tests_name("segment", tests, begin, end);
}
