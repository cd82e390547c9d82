/* SPDX-License-Identifier: BSD-2-Clause */
/** hostile.c: see hostile.h. */
#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/lock.h>

#include "core/park.h"
#include "core/point.h"
#include "core/tune.h"
#include "space/file.h"
#include "space/member.h"
#include "space/segment.h"

enum { CAPACITY = 64, LATER = 16, PATIENCE = 6, DEEP = 0x3000 };

PAWL_STATIC_ASSERT(PAWL__SLOTS_OFF + PAWL__SLOT_BLOCK * sizeof(struct pawl__slot) == DEEP, "the first slots");

static struct image {
	char path[PATH_MAX], kept[PATH_MAX + 8]; /* a second name, should it lose the first */
	size_t size;
	uint8_t *good, *view; /* as it was made; the file itself */
	int peer;
	bool wrote; /* since it was put back */
} images[2], *now;

static struct later {
	unsigned due;
	uint32_t off;
	uint8_t size;
	uint64_t value;
} later[LATER];

static unsigned n_later, passed, waits;
static bool honest;

/* ---- making them ---- */

static int fill_and_die(const char *remote)
{
	pawl_space_options_t options = { .capacity = CAPACITY, .persistent = true, .remote = remote, .looks_only = true };
	char long_name[201];
	pawl_space_t *space;
	pawl_lock_t *lock;

	memset(long_name, 'L', 200);
	long_name[200] = '\0';
	if (pawl_space_open(&space, HOSTILE_SPACE, &options))
		return 1;
	for (int i = 0; i < 4; i++) {
		char name[8] = { (char)('a' + i) };

		if (pawl_lock_open(space, name, 0, &lock))
			return 2;
		if (!remote && pawl_lock_acquire(lock, PAWL_TRY, NULL))
			return 3;
		if (!remote && (i & 1) && pawl_lock_release(lock))
			return 4;
	}
	return pawl_lock_open(space, long_name, 0, &lock) ? 5 : 0;
}

/* Most of the file is slots that nobody has: as long as no write has gone astray, those pages are not there. */
static void make_hole(const struct image *image)
{
	fuzz_must(fallocate(image->peer, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, DEEP, PAWL__OFFICE_OFF - DEEP) == 0);
}

static bool is_hole(const struct image *image)
{
	return lseek(image->peer, DEEP, SEEK_DATA) >= PAWL__OFFICE_OFF;
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
	return n == 0 || (*bytes == 0 && memcmp(bytes, bytes + 1, n - 1) == 0);
}

static void keep(struct image *image)
{
	int fd = open(image->path, O_RDWR | O_CLOEXEC);
	int n = snprintf(image->kept, sizeof(image->kept), "%s+kept%d", image->path, (int)(image - images));

	fuzz_must(n > 0 && (size_t)n < sizeof(image->kept));
	fuzz_must(fd >= 0 && rename(image->path, image->kept) == 0);
	image->size = (size_t)lseek(fd, 0, SEEK_END);
	image->view = mmap(NULL, image->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	image->good = malloc(image->size);
	fuzz_must(image->view != MAP_FAILED && image->good && posix_fallocate(fd, 0, (off_t)image->size) == 0);
	memcpy(image->good, image->view, image->size);
	image->peer = open(image->kept, O_RDWR | O_CLOEXEC);
	fuzz_must(image->peer >= 0 && is_zero(image->good + DEEP, PAWL__OFFICE_OFF - DEEP));
	make_hole(image);
	close(fd);
}

void hostile_prepare(const char *remote)
{
	int status;

	fuzz_folder();
	pawl__tune.spin_ns = pawl__tune.slice_ns = 1000;
	pawl__tune.nap_ns = 1000;
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(fill_and_die(i ? remote : NULL));
		fuzz_must(waitpid(pid, &status, 0) == pid && status == 0);
		fuzz_must(pawl__file_path(HOSTILE_SPACE, 0, images[i].path) == 0);
		keep(&images[i]);
	}
}

/* ---- writing ---- */

static void store(const struct later *w)
{
	honest = false;
	now->wrote = true;
	/* aligned, and in one piece, as whoever means harm would */
	if (w->size == 8)
		__atomic_store_n((uint64_t *)(void *)(now->view + (w->off & ~7u)), w->value, __ATOMIC_RELAXED);
	else if (w->size == 4)
		__atomic_store_n((uint32_t *)(void *)(now->view + (w->off & ~3u)), (uint32_t)w->value, __ATOMIC_RELAXED);
	else
		__atomic_store_n(now->view + w->off, (uint8_t)w->value, __ATOMIC_RELAXED);
}

/* Where the bytes are that anybody reads: the header, some slots, the office and its bells, places in use, a long name, seats. */
static uint32_t read_off(struct fuzz *f)
{
	static const struct {
		uint32_t off, size;
	} parts[] = { { 0, 512 }, { 0, sizeof(struct pawl__header) },
		{ PAWL__SLOTS_OFF, 6 * sizeof(struct pawl__slot) }, { PAWL__OFFICE_OFF, sizeof(struct pawl__office) },
		{ PAWL__BELLS_OFF, 16 }, { PAWL__PLACES_OFF, CAPACITY * sizeof(struct pawl__place) },
		{ PAWL__PLACES_OFF + 0x10000, sizeof(struct pawl__long) },
		{ PAWL__PLACES_OFF + 0x20000, CAPACITY * sizeof(struct pawl__seat) } };
	uint16_t at = (uint16_t)fuzz_number(f, 2);
	uint32_t part = at >> 13, off = parts[part].off + (at & 0x1fffu) % parts[part].size;

	return off + 8 < now->size ? off : 0;
}

/* Numbers that mean something somewhere: words with slots of the living and the dead, what they are next to, edges. */
static uint64_t read_value(struct fuzz *f)
{
	static const uint64_t telling[] = { 0, 1, 2, 3, 4, 5, 7, 0x1000, 0x2000, 0x3000, 0x1001, 0x1002, 0x40001001,
		0x80001000, 0xc0001000, 0x80001001, 0x80002000, 0x3ffff001, 4095, 4096, 63, 64, 65, 128, 0x7fffffff,
		0x80000000, 0xffffffff, 0xfffffffe, INT64_MAX, UINT64_MAX, UINT64_C(1) << 62, UINT64_C(0x1000000000000) };
	uint8_t how = fuzz_byte(f);

	return how < 0x80 ? telling[how % 32] : how < 0xc0 ? fuzz_byte(f) : fuzz_number(f, how < 0xe0 ? 4 : 8);
}

static struct later read_write(struct fuzz *f)
{
	struct later w = { .off = read_off(f) };
	uint8_t how = fuzz_byte(f);

	w.size = how % 3 == 0 ? 1 : how % 3 == 1 ? 4 : 8;
	w.value = how & 0x80 ? now->view[w.off] ^ 1u << (how >> 4 & 7) : read_value(f);
	if (how & 0x80)
		w.size = 1;
	return w;
}

void hostile_write(struct fuzz *f)
{
	struct later w = read_write(f);

	store(&w);
}

void hostile_write_later(struct fuzz *f, uint8_t after)
{
	if (n_later == LATER)
		return;
	later[n_later] = read_write(f);
	later[n_later++].due = passed + after;
}

/* At each labelled point. */
static void pass(const char *label)
{
	unsigned p = PAWL_FETCH_ADD(&passed, 1u, RELAXED); /* a count */

	for (unsigned i = 0; i < n_later; i++)
		if (later[i].due == p)
			store(&later[i]);
	(void)label;
	pawl__point_arm(NULL, 1, PAWL__POINT_CALL);
}

/* ---- an input ---- */

static void restore_part(size_t from, size_t to)
{
	memcpy(now->view + from, now->good + from, to - from);
}

/* If nothing was written, what the library itself writes; else all of it. */
static void restore(void)
{
	static const uint32_t hot[][2] = { { 0, 0x3000 }, { PAWL__OFFICE_OFF, 0x2000 }, { PAWL__PLACES_OFF, 0x2000 },
		{ PAWL__PLACES_OFF + 0x10000, 0x1000 }, { PAWL__PLACES_OFF + 0x20000, 0x4000 } };

	if (!is_hole(now))
		make_hole(now);
	if (now->wrote || ((struct pawl__header *)(void *)now->view)->slots_ready != PAWL__SLOT_BLOCK) {
		restore_part(0, DEEP);
		restore_part(PAWL__OFFICE_OFF, now->size);
	} else {
		for (size_t i = 0; i < sizeof(hot) / sizeof(hot[0]) && hot[i][0] < now->size; i++)
			restore_part(hot[i][0], hot[i][0] + hot[i][1]);
	}
	now->wrote = false;
}

void hostile_begin(struct fuzz *input, bool remote)
{
	(void)input;
	now = &images[remote];
	restore();
	unlink(now->path);
	fuzz_must(link(now->kept, now->path) == 0);
	n_later = passed = waits = 0;
	honest = true;
	pawl__point_hook = pass;
	pawl__point_arm(NULL, 1, PAWL__POINT_CALL);
}

void hostile_be_peer(bool is)
{
	pawl__file_lock(now->peer, is ? F_RDLCK : F_UNLCK);
}

bool hostile_is_honest(void)
{
	return honest;
}

/* The C library's list of this thread, which still leads through tokens that could not be left. */
static void forget_tokens(void)
{
	struct {
		uintptr_t next;
		long futex_offset;
		uintptr_t pending;
	} * head;
	size_t size;

	if (syscall(SYS_get_robust_list, 0, &head, &size) == 0)
		head->next = (uintptr_t)head;
}

/* Twice: who could not leave stays on the list, without a number. */
static void force_out(struct pawl_space *space)
{
	struct pawl__member *m;

	for (m = space->members; m; m = m->next_of_space)
		PAWL_STORE(&m->held, 0u, RELAXED); /* nobody else is here */
	pawl__member_leave(space);
	pawl__member_leave(space);
	while ((m = space->members)) { /* of threads that have ended */
		space->members = m->next_of_space;
		free(m);
	}
	space->opens = 0;
	pawl__space_end(space);
}

void hostile_end(void)
{
	pawl__point_arm(NULL, 0, PAWL__POINT_NOTHING);
	while (pawl__spaces)
		force_out(pawl__spaces);
	forget_tokens();
	hostile_be_peer(false);
}

/* ---- waiting ---- */

/* Linked with --wrap: nobody sleeps; who would, looks again. Whoever holds one of the segment's own words for ever makes everybody wait
 * who needs it, and where nobody is the keeper no lease comes: no fault. So who waits is let go, by what ends any wait. */
int __wrap_pawl__park(const struct pawl__watch *watch, unsigned n, int64_t until);
int __wrap_pawl__park(const struct pawl__watch *watch, unsigned n, int64_t until)
{
	(void)watch, (void)n, (void)until;
	if (PAWL_FETCH_ADD(&waits, 1u, RELAXED) > PATIENCE) /* a count */
		PAWL_FETCH_OR(&((struct pawl__header *)(void *)now->view)->flags, PAWL__REMOVED, RELAXED);
	return ETIMEDOUT;
}
