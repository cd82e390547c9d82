/* SPDX-License-Identifier: BSD-2-Clause */
/** engine.c: the event queue, a heap of four children a node; the random numbers, splitmix64; and a map (engine.h). */
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t true_now;
uint64_t events;

struct event {
	int64_t at;
	uint64_t number; /* of two at one time, the one put in first comes first */
	act_t *act;
	uint32_t a, b;
	uint64_t c;
};

static struct event *heap;
static uint32_t used, room;
static uint64_t number, state;

void engine_reset(uint64_t seed)
{
	used = 0;
	number = 0;
	true_now = 0;
	state = seed * 0x9e3779b97f4a7c15ull + 1;
}

/* ---- the queue ---- */

static bool is_before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void grow(void)
{
	room = room ? 2 * room : 1024;
	heap = realloc(heap, room * sizeof(*heap));
	if (!heap) {
		perror("sim");
		exit(2);
	}
}

void at(int64_t when, act_t *act, uint32_t a, uint32_t b, uint64_t c)
{
	struct event e = { .at = when > true_now ? when : true_now, .number = number++, .act = act, .a = a, .b = b, .c = c };
	uint32_t i;

	if (used == room)
		grow();
	for (i = used++; i > 0 && is_before(&e, &heap[(i - 1) / 4]); i = (i - 1) / 4)
		heap[i] = heap[(i - 1) / 4];
	heap[i] = e;
}

static void sink(struct event e)
{
	uint32_t i = 0;

	for (;;) {
		uint32_t child = 4 * i + 1, end = child + 4 < used ? child + 4 : used, best = child;

		if (child >= used)
			break;
		for (uint32_t c = child + 1; c < end; c++)
			if (is_before(&heap[c], &heap[best]))
				best = c;
		if (!is_before(&heap[best], &e))
			break;
		heap[i] = heap[best];
		i = best;
	}
	heap[i] = e;
}

bool engine_step(int64_t end)
{
	struct event e;

	if (used == 0 || heap[0].at >= end) {
		true_now = end;
		return false;
	}
	e = heap[0];
	if (--used > 0)
		sink(heap[used]);
	true_now = e.at;
	events++;
	e.act(e.a, e.b, e.c);
	return true;
}

/* ---- random numbers ---- */

uint64_t rnd(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint32_t below(uint32_t n)
{
	return (uint32_t)((rnd() >> 32) * n >> 32);
}

int64_t between(int64_t low, int64_t high)
{
	return low + (int64_t)(rnd() % (uint64_t)(high - low + 1));
}

bool one_in(uint32_t n)
{
	return below(n) == 0;
}

/* ---- the map ---- */

void map_make(struct map *m, uint32_t most)
{
	uint32_t size = 64;

	while (size < 2 * most)
		size *= 2;
	free(m->key);
	free(m->value);
	m->key = calloc(size, sizeof(*m->key));
	m->value = calloc(size, sizeof(*m->value));
	m->mask = size - 1;
	if (!m->key || !m->value) {
		perror("sim");
		exit(2);
	}
}

void map_clear(struct map *m)
{
	memset(m->key, 0, (m->mask + 1ull) * sizeof(*m->key));
	memset(m->value, 0, (m->mask + 1ull) * sizeof(*m->value));
}

uint32_t *map_at(struct map *m, uint64_t key)
{
	uint64_t i = key * 0x9e3779b97f4a7c15ull >> 32;

	while (m->key[i & m->mask] != key && m->key[i & m->mask] != 0)
		i++;
	m->key[i & m->mask] = key;
	return &m->value[i & m->mask];
}
