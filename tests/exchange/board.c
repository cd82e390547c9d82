/* SPDX-License-Identifier: BSD-2-Clause */
/* board.c: one anonymous shared mapping, made before the first fork: what buyers, reaper and audit
 * have in common.
 *
 *   board | places | lanes | books | deaths by serial | recovery times | journal ...
 *
 * The journal comes last and is by far the largest; pages of it that are never written are never
 * made.
 */
#include <string.h>
#include <sys/mman.h>

#include "exchange.h"

#define LINES_A_SECOND 600000
#define LINES_LEAST    (1u << 20)
#define LINES_MOST     (8u << 20) /* 384 MiB, all written */

unsigned lane_count(const struct exchange *x)
{
	return x->opt->workers * x->opt->threads;
}

static uint64_t journal_lines(const struct options *o)
{
	uint64_t lines = (uint64_t)(o->run_ns / 1000000) * (LINES_A_SECOND / 1000);

	return lines < LINES_LEAST ? LINES_LEAST : lines > LINES_MOST ? LINES_MOST : lines;
}

/* Room for `bytes`, aligned to a cache line; only counts when there is no base yet. */
static void *carve(char *base, size_t *at, size_t bytes)
{
	size_t from = (*at + 63) & ~(size_t)63;

	*at = from + bytes;
	return base == NULL ? NULL : base + from;
}

static size_t lay_out(struct exchange *x, char *base)
{
	uint64_t lines = journal_lines(x->opt);
	size_t at = 0;

	x->board = carve(base, &at, sizeof(*x->board));
	x->places = carve(base, &at, x->opt->workers * sizeof(*x->places));
	x->lanes = carve(base, &at, lane_count(x) * sizeof(*x->lanes));
	x->books = carve(base, &at, x->orders->count * sizeof(*x->books));
	x->deaths = carve(base, &at, MAX_SERIALS * sizeof(*x->deaths));
	x->waits = carve(base, &at, MAX_WAITS * sizeof(*x->waits));
	x->journal = carve(base, &at, lines * sizeof(*x->journal));
	if (base != NULL)
		x->board->lines = lines;
	return at;
}

static void open_books(struct exchange *x)
{
	for (unsigned i = 0; i < x->orders->count; i++) {
		x->books[i].now.remaining = x->orders->at[i].quantity;
		x->books[i].seal = book_seal(&x->books[i].now);
	}
}

bool board_map(struct exchange *x)
{
	void *base;

	x->bytes = lay_out(x, NULL);
	base = mmap(NULL, x->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED) {
		fprintf(stderr, "exchange: %zu MiB of shared memory: %s; ask for fewer --seconds\n", x->bytes >> 20,
			strerror(errno));
		return false;
	}
	lay_out(x, base);
	open_books(x);
	return true;
}

void board_unmap(struct exchange *x)
{
	munmap(x->board, x->bytes);
	x->board = NULL;
}
