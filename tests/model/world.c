/* SPDX-License-Identifier: BSD-2-Clause */
/** world.c: the arena: layout, saving, loading, digests (world.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "world.h"

#define HEAP      ((char *)THE_ADDRESS + WORLD_HEAD)
#define STACKS    (HEAP + WORLD_HEAP)
#define ARENA_END (STACKS + MODEL_THREADS * WORLD_STACK)

_Static_assert(sizeof(struct world) <= WORLD_HEAD, "the head of the arena");

static void map(void)
{
	static bool done;
	void *at = (void *)THE_ADDRESS;

	if (!done && mmap(at, (size_t)(ARENA_END - (char *)at), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != at) {
		perror("the arena");
		exit(1);
	}
	done = true;
}

void world_begin(unsigned threads)
{
	map();
	memset((void *)THE_ADDRESS, 0, (size_t)(ARENA_END - (char *)THE_ADDRESS));
	world->threads = threads;
	world->now = MODEL_EPOCH;
}

void *model_alloc(size_t size)
{
	char *p = HEAP + world->heap;

	/* A line of its own, as large objects have: so that an overlap of two is a fault of the library's arithmetic. */
	world->heap += (size + 63) / 64 * 64;
	if (world->heap > WORLD_HEAP) {
		fputs("model_alloc: the arena is full\n", stderr);
		exit(1);
	}
	return p;
}

void model_constant(const void *p, size_t size)
{
	world->hole = (size_t)((const char *)p - HEAP);
	world->hole_end = world->hole + size;
}

void *model_aligned_alloc(size_t alignment, size_t size)
{
	world->heap = (world->heap + alignment - 1) / alignment * alignment;
	return model_alloc(size);
}

void model_free(void *p)
{
	(void)p;
}

char *world_stack_top(unsigned thread)
{
	return STACKS + (thread + 1) * WORLD_STACK;
}

bool world_has(const void *p)
{
	return (uintptr_t)p >= THE_ADDRESS && (const char *)p < ARENA_END;
}

unsigned world_stack_of(const void *p)
{
	if ((const char *)p < STACKS || (const char *)p >= ARENA_END)
		return MODEL_THREADS;
	return (unsigned)((size_t)((const char *)p - STACKS) / WORLD_STACK);
}

size_t world_unit(uintptr_t p)
{
	return (p - THE_ADDRESS) / 4;
}

/* ---- saving ---- */

static size_t head_size(void)
{
	return offsetof(struct world, thread) + world->threads * sizeof(struct thread);
}

size_t world_size(void)
{
	return (size_t)(ARENA_END - (char *)THE_ADDRESS);
}

static unsigned char *put(unsigned char *to, const void *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

size_t world_save(unsigned char *to)
{
	unsigned char *at = put(to, world, head_size());

	at = put(at, HEAP, world->hole);
	at = put(at, HEAP + world->hole_end, world->heap - world->hole_end);
	for (unsigned t = 0; t < world->threads; t++)
		at = put(at, world->thread[t].sp, (size_t)(world_stack_top(t) - world->thread[t].sp));
	return (size_t)(at - to);
}

static const unsigned char *get(void *to, const unsigned char *from, size_t n)
{
	memcpy(to, from, n);
	return from + n;
}

void world_load(const unsigned char *from)
{
	from = get(world, from, head_size()); /* the number of threads is the same in all of an exploration's states */
	from = get(HEAP, from, world->hole);
	from = get(HEAP + world->hole_end, from, world->heap - world->hole_end);
	for (unsigned t = 0; t < world->threads; t++)
		from = get(world->thread[t].sp, from, (size_t)(world_stack_top(t) - world->thread[t].sp));
}

/* ---- digests ---- */

/* Multiply and fold, 32 bytes at a time: each 16 of them go into two lanes, by different constants, so that 128 bits are
 * kept; four lanes do not wait for each other. Two states of a million are taken for the same with a probability of about
 * 2^-80. The lengths of what is copied are multiples of 8. */
__extension__ typedef unsigned __int128 wide;

static uint64_t fold(uint64_t a, uint64_t b)
{
	wide p = (wide)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static void mix(uint64_t lane[2], const uint64_t w[2])
{
	lane[0] = fold(w[0] ^ lane[0], w[1] ^ 0xe7037ed1a0b428dbu);
	lane[1] = fold(w[1] ^ lane[1], w[0] ^ 0x589965cc75374cc3u);
}

static struct digest digest(const unsigned char *p, size_t n)
{
	uint64_t even[2] = { 0x9e3779b97f4a7c15u ^ n, 0xd1b54a32d192ed03u }, odd[2] = { 0xa0761d6478bd642fu, n };
	uint64_t w[4];

	for (; n >= 32; p += 32, n -= 32) {
		memcpy(w, p, 32);
		mix(even, w);
		mix(odd, w + 2);
	}
	memset(w, 0, sizeof(w));
	memcpy(w, p, n);
	mix(even, w);
	mix(odd, w + 2);
	return (struct digest){ fold(even[0] ^ 0x8ebc6af09c88c6e3u, odd[0]) + even[1] + odd[1],
		fold(even[1] ^ 0x8ebc6af09c88c6e3u, odd[1]) ^ even[0] ^ odd[0] };
}

struct digest world_digest(unsigned char *saved, size_t length, bool whole)
{
	struct world *w = (struct world *)saved;
	unsigned last = w->last;
	bool resting[MODEL_THREADS];
	struct digest d;

	if (whole)
		return digest(saved, length);
	memcpy(resting, w->resting, sizeof(resting));
	memset(w->resting, 0, sizeof(resting));
	w->last = 0;
	d = digest(saved, length);
	memcpy(w->resting, resting, sizeof(resting));
	w->last = last;
	return d;
}
