/* SPDX-License-Identifier: BSD-2-Clause */
/** test_hostile.c: files that are not to be used as a space: of the wrong kind, owner, mode or length, with a wrong stamp;
 * and files that are a space but for one bit, or one huge number, anywhere in what the library reads. The wrong ones are
 * refused with EPROTO and a reason that names the file, and stay as they were; the damaged ones may be used as far as they
 * go, yet never crash or hang a process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "space/layout.h"

#include "../lib/kids_acts.h"

/* A good file: its bytes, as the list of its pages that are not empty. */
enum { PAGE = 4096, MOST_PAGES = 64 };

static struct image {
	char path[PATH_MAX];
	off_t size;
	unsigned pages;
	struct {
		off_t off;
		char bytes[PAGE];
	} page[MOST_PAGES];
} good;

static char long_name[201];

static int use_and_die(void *arg)
{
	pawl_space_options_t options = { .capacity = 64, .persistent = true };
	pawl_space_t *space;
	pawl_lock_t *lock;

	(void)arg;
	if (pawl_space_open(&space, "hostile", &options))
		return 1;
	if (strcmp(good.path, pawl_space_path(space)) != 0)
		return 5;
	for (int n = 0; n < 6; n++) {
		char name[16];

		snprintf(name, sizeof(name), "name-%d", n);
		if (pawl_lock_open(space, name, 0, &lock) || pawl_lock_acquire(lock, PAWL_TRY, NULL))
			return 2;
		if (n & 1 && pawl_lock_release(lock))
			return 3;
	}
	return pawl_lock_open(space, long_name, 0, &lock) || pawl_lock_acquire(lock, PAWL_TRY, NULL) ? 4 : 0;
}

static int read_image(struct image *image)
{
	static const char empty[PAGE];
	int fd = open(image->path, O_RDONLY);
	struct stat st;
	char bytes[PAGE];

	if (fd < 0 || fstat(fd, &st))
		return -1;
	image->size = st.st_size;
	image->pages = 0;
	for (off_t off = 0; off < st.st_size; off += PAGE) {
		memset(bytes, 0, PAGE);
		if (pread(fd, bytes, PAGE, off) < 0)
			return -1;
		if (memcmp(bytes, empty, PAGE) == 0)
			continue;
		if (image->pages == MOST_PAGES)
			return -1;
		image->page[image->pages].off = off;
		memcpy(image->page[image->pages++].bytes, bytes, PAGE);
	}
	return close(fd);
}

/* The file as it was, and of that length. */
static int write_image(const struct image *image, off_t size)
{
	int fd = open(image->path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	int rc = fd < 0 || ftruncate(fd, size);

	for (unsigned n = 0; !rc && n < image->pages; n++)
		if (image->page[n].off < size) {
			size_t len = size - image->page[n].off < PAGE ? (size_t)(size - image->page[n].off) : PAGE;

			rc = pwrite(fd, image->page[n].bytes, len, image->page[n].off) != (ssize_t)len;
		}
	if (fd >= 0)
		close(fd);
	return rc;
}

static int begin(void **state)
{
	(void)state;
	kids_dir_make();
	memset(long_name, 'L', sizeof(long_name) - 1);
	snprintf(good.path, sizeof(good.path), "%s/pawl.%d.hostile", getenv("PAWL_DIR"), (int)geteuid());
	return kids_join(kids_fork(use_and_die, NULL)) || read_image(&good) || good.pages < 4;
}

static int end(void **state)
{
	(void)state;
	kids_dir_remove();
	return 0;
}

static int remove_it(void **state)
{
	(void)state;
	if (unlink(good.path) && errno == EISDIR)
		rmdir(good.path);
	return 0;
}

/* ---- refused ---- */

static void refused_with(int want)
{
	pawl_space_t *space = NULL;
	struct stat before, after;

	assert_int_equal(lstat(good.path, &before), 0);
	assert_int_equal(pawl_space_open(&space, "hostile", NULL), want);
	assert_null(space);
	assert_non_null(strstr(pawl_space_reason(), good.path));
	assert_int_equal(lstat(good.path, &after), 0);
	assert_true(before.st_ino == after.st_ino && before.st_size == after.st_size && before.st_mode == after.st_mode);
	assert_true(before.st_mtim.tv_sec == after.st_mtim.tv_sec && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
	assert_true(before.st_blocks == after.st_blocks);
}

static void refused(void)
{
	refused_with(EPROTO);
}

static void kinds(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char target[PATH_MAX + 8];
	int fd;

	(void)state;
	snprintf(target, sizeof(target), "%s.2", good.path);
	assert_int_equal(write_image(&good, good.size), 0);
	assert_int_equal(rename(good.path, target), 0); /* a link to a good one */
	assert_int_equal(symlink(target, good.path), 0);
	refused();
	assert_int_equal(unlink(good.path), 0);
	assert_int_equal(unlink(target), 0);
	assert_int_equal(symlink("nowhere", good.path), 0);
	refused();
	assert_int_equal(unlink(good.path), 0);
	assert_int_equal(mkfifo(good.path, 0600), 0);
	refused();
	assert_int_equal(unlink(good.path), 0);
	assert_int_equal(mkdir(good.path, 0700), 0);
	refused();
	assert_int_equal(rmdir(good.path), 0);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(strlen(good.path) < sizeof(address.sun_path));
	memcpy(address.sun_path, good.path, strlen(good.path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	refused();
	close(fd);
	assert_int_equal(unlink(good.path), 0);
}

static void device(void **state)
{
	(void)state;
	if (mknod(good.path, S_IFCHR | 0600, makedev(1, 5)))
		skip(); /* no right to make one; 1, 5 is /dev/zero */
	refused();
}

static void wider_modes(void **state)
{
	static const mode_t wide[] = { 0601, 0602, 0604, 0610, 0620, 0640, 0660, 0644, 0666, 0777 };

	(void)state;
	assert_int_equal(write_image(&good, good.size), 0);
	for (unsigned n = 0; n < sizeof(wide) / sizeof(*wide); n++) {
		assert_int_equal(chmod(good.path, wide[n]), 0);
		refused();
	}
}

static void foreign_owner(void **state)
{
	(void)state;
	assert_int_equal(write_image(&good, good.size), 0);
	if (chown(good.path, 12345, (gid_t)-1))
		skip(); /* no right to give files away */
	refused();
}

/* A space of a group is refused when the file belongs to another group, or lets everybody in. */
static void foreign_group(void **state)
{
	pawl_space_options_t options = { .capacity = 64, .gid = geteuid() ? getegid() : 12345, .mode = 0660, .persistent = true };
	pawl_space_t *space;
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(pawl_space_open(&space, "grouped", &options), 0);
	snprintf(path, sizeof(path), "%s", pawl_space_path(space));
	assert_int_equal(pawl_space_close(space), 0);
	assert_int_equal(chmod(path, 0662), 0);
	assert_int_equal(pawl_space_open(&space, "grouped", &options), EPROTO);
	assert_int_equal(chmod(path, 0660), 0);
	assert_int_equal(pawl_space_open(&space, "grouped", &options), 0);
	assert_int_equal(pawl_space_close(space), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, (uid_t)-1, 54321), 0);
		assert_int_equal(pawl_space_open(&space, "grouped", &options), EPROTO);
		assert_non_null(strstr(pawl_space_reason(), path));
	}
	assert_int_equal(unlink(path), 0);
}

static void lengths(void **state)
{
	static const off_t edge[] = { 0, 1, 7, 8, 63, 64, 100, 511, 512, 1024, sizeof(struct pawl__header) - 1,
		sizeof(struct pawl__header), PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, PAWL__PLACES_OFF - 1, PAWL__PLACES_OFF,
		PAWL__PLACES_OFF + 1, PAWL__PLACES_OFF + PAWL__CHUNK };

	(void)state;
	for (unsigned n = 0; n < sizeof(edge) / sizeof(*edge); n++) {
		assert_int_equal(write_image(&good, edge[n]), 0);
		refused();
	}
	for (off_t size = 3; size < good.size; size += 4096 * 3 + 1) {
		assert_int_equal(write_image(&good, size), 0);
		refused();
	}
	assert_int_equal(write_image(&good, good.size - 1), 0);
	refused();
	assert_int_equal(write_image(&good, good.size + 1), 0);
	refused();
	assert_int_equal(write_image(&good, good.size + PAWL__CHUNK), 0);
	refused();
}

#define FIELD(name)                                                                                                    \
	{                                                                                                              \
		offsetof(struct pawl__header, name), sizeof(((struct pawl__header *)0)->name)                          \
	}

/* Each bit of what the stamp says about the layout. */
static void stamp(void **state)
{
	static const struct {
		size_t off, size;
	} fields[] = { FIELD(magic), FIELD(format), FIELD(header_size), FIELD(total_size), FIELD(layout_hash),
		FIELD(capacity), FIELD(token_off) };
	struct image bad = good;

	(void)state;
	assert_int_equal(bad.page[0].off, 0);
	for (unsigned f = 0; f < sizeof(fields) / sizeof(*fields); f++)
		for (size_t bit = 0; bit < 8 * fields[f].size; bit++) {
			char *byte = &bad.page[0].bytes[fields[f].off + bit / 8];

			*byte ^= (char)(1 << bit % 8);
			assert_int_equal(write_image(&bad, bad.size), 0);
			refused();
			*byte ^= (char)(1 << bit % 8);
		}
}

static void rubbish(void **state)
{
	uint64_t seed = kids_seed();
	struct image bad = good;

	(void)state;
	for (int n = 0; n < 50; n++) {
		for (unsigned p = 0; p < bad.pages; p++)
			for (unsigned i = 0; i < PAGE; i++)
				bad.page[p].bytes[i] = (char)kids_random(&seed);
		assert_int_equal(write_image(&bad, bad.size), 0);
		refused();
	}
}

/* ---- damaged ---- */

static uint64_t *progress; /* [0] off and [1] what was written there: for a crash report; [2] attempts; [3] refusals */

static int look_at(const pawl_lock_info_t *info, void *arg)
{
	*(size_t *)arg += strlen(info->name);
	return 0;
}

static void use_name(pawl_space_t *space, const char *name)
{
	pawl_lock_info_t info;
	pawl_grant_t grant;
	pawl_lock_t *lock;

	pawl_lock_peek(space, name, &info);
	if (pawl_lock_open(space, name, 0, &lock))
		return;
	pawl_lock_info(lock, &info);
	if (pawl_acquired(pawl_lock_acquire(lock, PAWL_TRY, &grant)))
		pawl_lock_release(lock);
	pawl_lock_reset(lock);
	pawl_lock_close(lock);
}

/* All that a process can do with a space; the answers do not matter, coming back does. */
static void use_damaged(void)
{
	pawl_space_stats_t stats;
	pawl_space_t *space;
	size_t bytes = 0;

	PAWL_FETCH_ADD(&progress[2], 1u, RELAXED); /* only looked at */
	alarm(60);
	if (pawl_space_open(&space, "hostile", NULL)) {
		progress[3]++;
		return;
	}
	pawl_space_check(space);
	pawl_space_stats(space, &stats);
	pawl_lock_list(space, look_at, &bytes);
	use_name(space, "name-0");
	use_name(space, "name-1");
	use_name(space, "a new one");
	use_name(space, long_name);
	pawl_space_close(space);
}

static int flip_region(void *arg)
{
	const size_t *region = arg; /* offset and size in the file */
	struct image bad = good;

	for (size_t off = region[0]; off < region[0] + region[1]; off++)
		for (unsigned p = 0; p < bad.pages; p++) {
			char *byte = bad.page[p].bytes + off % PAGE;

			if (off / PAGE != (size_t)bad.page[p].off / PAGE)
				continue;
			for (int bit = 0; bit < 8; bit++) {
				progress[0] = off;
				progress[1] = (uint64_t)1 << bit;
				*byte ^= (char)(1 << bit);
				if (write_image(&bad, bad.size))
					return 1;
				use_damaged();
				*byte ^= (char)(1 << bit);
			}
		}
	return 0;
}

/* Thousands of files may take longer than anything else is waited for: hung is who makes no progress. */
static int join_while_it_moves(pid_t pid)
{
	uint64_t last = 0;
	int64_t since = kids_now_ns();
	siginfo_t info = { .si_pid = 0 };

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0) {
		if (PAWL_LOAD(&progress[2], RELAXED) != last) {
			last = PAWL_LOAD(&progress[2], RELAXED); /* relaxed: only looked at */
			since = kids_now_ns();
			alarm(60);
		}
		if (kids_now_ns() - since > (int64_t)KIDS_PATIENCE_MS * 1000000)
			break;
		kids_nap_us(1000);
	}
	return kids_join(pid);
}

static void check_damage(int (*body)(void *), const void *arg, uint64_t at_least)
{
	size_t copy[2];
	int rc;

	memcpy(copy, arg, sizeof(copy));
	memset(progress, 0, 4 * sizeof(*progress));
	rc = join_while_it_moves(kids_fork(body, copy));
	if (rc)
		print_error("at 0x%lx, 0x%lx\n", (unsigned long)progress[0], (unsigned long)progress[1]);
	assert_int_equal(rc, 0);
	print_message("# %lu damaged files, %lu refused\n", (unsigned long)progress[2], (unsigned long)progress[3]);
	assert_true(progress[2] >= at_least);
}

static void header_bits(void **state)
{
	/* the words of the stripes are all alike: the first two stand for them */
	static const size_t region[2] = { 0, offsetof(struct pawl__header, stripes) + 2 * sizeof(pawl_robust_t) };

	(void)state;
	check_damage(flip_region, region, 8 * region[1]);
}

static void slot_bits(void **state)
{
	static const size_t region[2] = { PAWL__SLOTS_OFF, 3 * sizeof(struct pawl__slot) }; /* nobody's, the dead one's, a free one */

	(void)state;
	check_damage(flip_region, region, 8 * region[1]);
}

/* Where the places with a name are. */
static size_t find_place(uint32_t nth)
{
	for (unsigned p = 0; p < good.pages; p++)
		for (size_t i = 0; good.page[p].off >= PAWL__PLACES_OFF && i < PAGE; i += sizeof(struct pawl__place)) {
			struct pawl__place place;
			size_t off = (size_t)good.page[p].off + i;

			memcpy(&place, good.page[p].bytes + i, sizeof(place));
			if (off < pawl__longs_off(64) && (place.gen & 3) == PAWL__PLACE_READY && nth-- == 0)
				return off;
		}
	return 0;
}

static void place_bits(void **state)
{
	(void)state;
	for (uint32_t nth = 0; nth < 7; nth += 3) {
		size_t region[2] = { find_place(nth), sizeof(struct pawl__place) };

		assert_true(region[0] != 0);
		check_damage(flip_region, region, 8 * region[1]);
	}
}

static void long_name_bits(void **state)
{
	size_t region[2] = { pawl__longs_off(64), 256 };

	(void)state;
	check_damage(flip_region, region, 8 * region[1]);
}

static const uint64_t huge[] = { 0, 1, 0x7fffffff, 0x80000000u, 0xffffffffu, 0xfffffffeu, 0x1000, 4095, 4096, 0x00ffffff,
	0x7fffffffffffffff, 0x8000000000000000u, 0xffffffffffffffffu, 0x4000000000000000u, 0x0000ffffffffffffu };

static int huge_numbers(void *arg)
{
	const size_t *region = arg;
	struct image bad = good;

	for (size_t off = region[0]; off < region[0] + region[1]; off += 4)
		for (unsigned p = 0; p < bad.pages; p++) {
			char *bytes = bad.page[p].bytes + off % PAGE, kept[8];

			if (off / PAGE != (size_t)bad.page[p].off / PAGE)
				continue;
			memcpy(kept, bytes, 8);
			for (unsigned n = 0; n < 2 * sizeof(huge) / sizeof(*huge); n++) {
				size_t size = n & 1 && off % 8 == 0 ? 8 : 4;

				progress[0] = off;
				progress[1] = huge[n / 2];
				memcpy(bytes, &huge[n / 2], size);
				if (write_image(&bad, bad.size))
					return 1;
				use_damaged();
				memcpy(bytes, kept, 8);
			}
		}
	return 0;
}

static void huge_everywhere(void **state)
{
	size_t header[2] = { 0, offsetof(struct pawl__header, stripes) + 2 * sizeof(pawl_robust_t) };
	size_t slots[2] = { PAWL__SLOTS_OFF, 3 * sizeof(struct pawl__slot) };

	(void)state;
	check_damage(huge_numbers, header, 1000);
	check_damage(huge_numbers, slots, 1000);
	for (uint32_t nth = 0; nth < 7; nth += 3) {
		size_t place[2] = { find_place(nth), sizeof(struct pawl__place) };

		check_damage(huge_numbers, place, 500);
	}
}

#define TEST(name)                                                                                                     \
	{                                                                                                              \
#name, name, remove_it, remove_it, NULL                                                                \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kinds),
		TEST(device),
		TEST(wider_modes),
		TEST(foreign_owner),
		TEST(foreign_group),
		TEST(lengths),
		TEST(stamp),
		TEST(rubbish),
		TEST(header_bits),
		TEST(slot_bits),
		TEST(place_bits),
		TEST(long_name_bits),
		TEST(huge_everywhere),
	};

	alarm(120);
	progress = kids_map(4 * sizeof(*progress));
	return cmocka_run_group_tests_name("hostile", tests, begin, end);
}
