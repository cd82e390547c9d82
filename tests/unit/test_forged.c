/* SPDX-License-Identifier: BSD-2-Clause */
/** test_forged.c: a peer overwrites the list pointers inside the token of a living thread's slot (T6b). The C library would
 * follow them when the thread leaves: garbage would crash it, and a chosen address would be written to. The thread must
 * come away unharmed, the chosen word unchanged, and the slot count as dead once the thread has ended. And other words, written over between
 one look and the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/point.h"
#include "space/process.h"

#include "../lib/kids_acts.h"

static int setup(void **state)
{
	(void)state;
	return acts_begin();
}

/* A forged token may keep its process a member until it ends, as a puppet has; so this only looks for leftovers. */
static int teardown(void **state)
{
	(void)state;
	return acts_finish();
}

/* The two pointers by which the C library takes the calling thread's token off its list, in the segment. */
static uintptr_t *pointers_of_my_token(void)
{
	struct robust_list_head *head = NULL;
	size_t size = 0;

	for (uint32_t s = 1; s < PAWL__SLOTS; s++) {
		struct pawl__slot *slot = pawl__slot_at(acts_space, s);
		uint32_t *token = slot ? pawl__token(acts_space, slot) : NULL;

		if (!token || (*token & FUTEX_TID_MASK) != (uint32_t)syscall(SYS_gettid))
			continue;
		if (syscall(SYS_get_robust_list, 0, &head, &size))
			return NULL;
		/* the kernel's entry is the address of `next`; `prev` is the word before it */
		return (uintptr_t *)(void *)((char *)token - head->futex_offset) - 1;
	}
	return NULL;
}

enum { PREV = 1, NEXT = 2 };

struct forgery {
	uintptr_t value;
	int where;
	uint32_t stage;
};

static void *join_and_leave_forged(void *arg)
{
	struct forgery *f = arg;
	uint64_t token;
	uintptr_t *pointers;

	if (acts_take(0, PAWL_FOREVER, &token) || act_unlock(0))
		return arg;
	pointers = pointers_of_my_token();
	if (!pointers)
		return arg;
	if (f->where & PREV)
		pointers[0] = f->value;
	if (f->where & NEXT)
		pointers[1] = f->value;
	return NULL; /* the thread leaves */
}

static uintptr_t chosen[8]; /* what an attacker would like to have written */

static int leave_forged(long n)
{
	static const uintptr_t garbage[] = { 0, 1, 8, 0xdeadbeef, UINTPTR_MAX, UINTPTR_MAX - 7, (uintptr_t)1 << 62 };
	struct forgery f = { .where = (int)(n & 3) };
	pthread_t thread;
	void *end = NULL;

	n >>= 2;
	f.value = n < 7 ? garbage[n] : (uintptr_t)&chosen[4];
	for (int i = 0; i < 8; i++)
		chosen[i] = 0x1111;
	if (pthread_create(&thread, NULL, join_and_leave_forged, &f) || pthread_join(thread, &end) || end)
		return 1;
	for (int i = 0; i < 8; i++)
		if (chosen[i] != 0x1111)
			return 2;
	return act_timed(1) || act_unlock(1) ? 3 : 0; /* the process goes on */
}

static void forged_pointers(void **state)
{
	pawl_space_stats_t stats;

	(void)state;
	for (long n = 0; n < 8; n++)
		for (int where = PREV; where <= (PREV | NEXT); where++) {
			puppet_t *p = puppet_new(NULL, 0);

			assert_int_equal(puppet_do(p, leave_forged, n << 2 | where), 0);
			puppet_end(p);
			assert_int_equal(pawl_space_stats(acts_space, &stats), 0);
			assert_int_equal(stats.threads, 0);
		}
}

static void *join_and_leave_uncounted(void *uncounted)
{
	uint64_t token;

	if (acts_take(0, PAWL_FOREVER, &token) || act_unlock(0))
		return uncounted;
	PAWL_STORE(&acts_space->header->slots_ready, (uint32_t)(uintptr_t)uncounted, RELAXED);
	return NULL; /* the thread leaves */
}

static int leave_uncounted(long uncounted)
{
	pthread_t thread;
	void *end = NULL;

	return pthread_create(&thread, NULL, join_and_leave_uncounted, (void *)(uncounted + 1)) ||
	       pthread_join(thread, &end) || end;
}

/* A peer says that there are fewer slots than the one a thread has. */
static void forged_count(void **state)
{
	uint32_t ready = acts_space->header->slots_ready;
	puppet_t *p = puppet_new(NULL, 0);

	(void)state;
	assert_int_equal(puppet_do(p, leave_uncounted, 0), 0);
	puppet_end(p);
	acts_space->header->slots_ready = ready;
}

/* A peer poisons what guards the table, with a bit that no poison has: to be reset all the same, not waited for. */
static void forged_poison(void **state)
{
	const uint32_t poison = PAWL__W_POISON | PAWL__W_WAITERS;
	pawl_lock_t *lock;
	char name[300];

	(void)state;
	for (int i = 0; i < (int)PAWL__STRIPES; i++)
		PAWL_STORE(&acts_space->header->stripes[i].word, poison, RELAXED);
	PAWL_STORE(&acts_space->header->longs.word, poison, RELAXED);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(pawl_lock_open(acts_space, name, 0, &lock), 0);
	assert_int_equal(pawl_lock_close(lock), 0);
}

static struct pawl__header *seen_by_peer;

static void say_remote(const char *label)
{
	(void)label;
	seen_by_peer->remote = 1;
}

/* A peer says that there are seats where the file ends, just when it has been looked at. */
static void forged_remote(void **state)
{
	pawl_space_options_t options = { .capacity = 64, .persistent = true };
	pawl_space_t *space;
	int fd;

	(void)state;
	assert_int_equal(pawl_space_open(&space, "forged", &options), 0);
	fd = open(pawl_space_path(space), O_RDWR | O_CLOEXEC);
	seen_by_peer = mmap(NULL, sizeof(*seen_by_peer), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(fd >= 0 && seen_by_peer != MAP_FAILED);
	assert_int_equal(pawl_space_close(space), 0);
	pawl__point_hook = say_remote;
	pawl__point_arm("segment/attached", 1, PAWL__POINT_CALL);
	assert_int_equal(pawl_space_open(&space, "forged", &options), 0);
	assert_int_equal(seen_by_peer->remote, 1);
	assert_null(space->office);
	assert_int_equal(pawl_space_close(space), 0);
	assert_int_equal(pawl_space_unlink("forged"), 0);
	munmap(seen_by_peer, sizeof(*seen_by_peer));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = { { "forged_pointers", forged_pointers, setup, teardown, NULL },
		{ "forged_count", forged_count, setup, teardown, NULL },
		{ "forged_poison", forged_poison, setup, teardown, NULL },
		{ "forged_remote", forged_remote, NULL, NULL, NULL } };
	int rc;

	alarm(120);
	kids_dir_make();
	rc = cmocka_run_group_tests_name("forged", tests, NULL, NULL);
	kids_dir_remove();
	return rc;
}
