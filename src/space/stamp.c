/* SPDX-License-Identifier: BSD-2-Clause */
/** stamp.c: what a segment says of itself: written once, and compared field by field before anything else is believed. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "space/live.h"
#include "space/segment.h"

/* All numbers that two builds must agree on before they may share memory. FNV-1a over them. */
static uint64_t layout_hash(uint32_t token_off)
{
	const uint64_t parts[] = { PAWL__FORMAT, sizeof(struct pawl__header), sizeof(struct pawl__slot),
		sizeof(struct pawl__place), sizeof(struct pawl__long), sizeof(struct pawl__seat),
		sizeof(struct pawl__office), sizeof(struct pawl__figures), sizeof(pawl_robust_t),
		sizeof(pthread_mutex_t), sizeof(void *), sizeof(long), token_off, PAWL__SLOTS, PAWL__SLOT_BITS,
		PAWL__INC_MAX, PAWL__W_WAITERS, PAWL__W_INCONS, PAWL__WINDOW, PAWL__STRIPES, PAWL__CHUNK,
		PAWL__LONG_RATIO, PAWL__SLOTS_OFF, PAWL__PLACES_OFF, __BYTE_ORDER__, offsetof(struct pawl__slot, state),
		offsetof(struct pawl__place, gen), offsetof(struct pawl__header, stripes) };
	uint64_t hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (int shift = 0; shift < 64; shift += 8)
			hash = (hash ^ (parts[i] >> shift & 0xff)) * 0x100000001b3ull;
	return hash;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The kernel's name for this boot, without the dashes. Zero where /proc is not mounted. */
static void read_boot_id(uint8_t id[16])
{
	char text[64] = "";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC), n = 0;
	ssize_t got = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

	if (fd >= 0)
		close(fd);
	memset(id, 0, 16);
	for (ssize_t i = 0; i < got && n < 32; i++) {
		int d = hex_digit(text[i]);

		if (d >= 0) {
			id[n / 2] = (uint8_t)(id[n / 2] << 4 | d);
			n++;
		}
	}
}

static uint64_t time_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/time", &st) == 0 ? st.st_ino : 0;
}

int pawl__stamp_fill(struct pawl_space *space, const pawl_space_options_t *options, int64_t epoch_ns)
{
	struct pawl__header *h = space->header;
	int token_off = pawl__live_token_offset();

	if (token_off < 0)
		return pawl__refuse(ENOTSUP,
			"%s: this system has no robust futexes (get_robust_list): pawl cannot see deaths here", space->path);
	h->format = PAWL__FORMAT;
	h->header_size = sizeof(*h);
	h->total_size = space->size;
	h->layout_hash = layout_hash((uint32_t)token_off);
	read_boot_id(h->boot_id);
	h->time_ns = time_namespace();
	h->token_off = (uint32_t)token_off;
	h->epoch_ns = epoch_ns;
	h->creator_pid = getpid();
	h->remote = options->remote != NULL;
	h->flags = options->persistent ? PAWL__PERSISTENT : 0;
	h->floor = (uint64_t)epoch_ns;
	h->longs.grant = (uint64_t)epoch_ns;
	/* ST1 release: pairs with ST2 (stamp_check): who reads the magic reads the stamp */
	PAWL_STORE(&h->magic, PAWL__MAGIC, RELEASE);
	return 0;
}

void pawl__stamp_reborn(struct pawl_space *space)
{
	int64_t now = pawl__now_real(), floor = (int64_t)space->header->floor;

	space->header->time_ns = time_namespace();
	space->header->epoch_ns = now > floor ? now : floor; /* I6: see floor.c */
	read_boot_id(space->header->boot_id);
}

static bool bounds_hold(const struct pawl__header *h)
{
	uint32_t c = h->capacity;

	return c >= PAWL__CAPACITY_MIN && c <= PAWL__CAPACITY_MAX && (c & (c - 1)) == 0 && h->remote <= 1 &&
	       (!h->remote || c <= PAWL__CAPACITY_REMOTE) && h->slots_ready >= PAWL__SLOT_BLOCK &&
	       h->slots_ready <= PAWL__SLOTS && h->slots_ready % PAWL__SLOT_BLOCK == 0 &&
	       h->token_off == (uint32_t)pawl__live_token_offset();
}

int pawl__stamp_check(const char *path, const struct pawl__header *h, uint64_t size, bool *reborn)
{
	uint8_t boot[16];

	/* ST2 acquire: pairs with ST1 */
	if (PAWL_LOAD(&h->magic, ACQUIRE) != PAWL__MAGIC)
		return pawl__refuse(EPROTO, "%s: not a pawl segment: remove it, or choose another name", path);
	if (h->format != PAWL__FORMAT)
		return pawl__refuse(EPROTO,
			"%s: segment format %u, this library speaks %u: use one version of pawl on a host: stop the "
			"programs "
			"that use the other one, and remove the file they left",
			path, h->format, PAWL__FORMAT);
	if (h->header_size != sizeof(*h) || h->layout_hash != layout_hash((uint32_t)pawl__live_token_offset()))
		return pawl__refuse(EPROTO,
			"%s: made by a build with another memory layout (C library, architecture, compiler): "
			"use one build of pawl on a host",
			path);
	if (!bounds_hold(h))
		return pawl__refuse(EPROTO, "%s: damaged: its numbers are out of bounds; stop its users and remove it", path);
	if (h->total_size != size || size != pawl__total_of(h->capacity, h->remote))
		return pawl__refuse(EPROTO, "%s: damaged: %llu bytes long, should be %llu; stop its users and remove it",
			path, (unsigned long long)size, (unsigned long long)pawl__total_of(h->capacity, h->remote));
	read_boot_id(boot);
	*reborn = memcmp(boot, h->boot_id, sizeof(boot)) != 0;
	return 0;
}
