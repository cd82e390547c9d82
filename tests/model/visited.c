/* SPDX-License-Identifier: BSD-2-Clause */
/** visited.c: an open-addressing table of digests, and the edges between them (visited.h).
 *
 * That an end can be reached from every state says more than that no run ends badly: it also excludes threads that chase
 * each other for ever, which no step limit can tell from a long run. Edges are kept in the order of exploration, so one
 * pass from the last to the first finds nearly all; passes are repeated until nothing changes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "visited.h"

struct state {
	struct digest digest;
	uint32_t parent;
	uint8_t choice, left;
	bool ends;
};

static struct state *state;
static uint32_t *slot; /* number + 1; 0: free */
static uint32_t states, state_room, slots;

static struct edge {
	uint32_t from, to;
} * edge;
static size_t edges, edge_room;
static bool with_edges;

static void *grown(void *p, size_t n, size_t size)
{
	p = realloc(p, n * size);
	if (!p) {
		perror("the table of states");
		exit(1);
	}
	return p;
}

void visited_begin(bool edges_too)
{
	if (slots == 0) {
		slots = 1u << 16;
		slot = grown(NULL, slots, sizeof(*slot));
	}
	memset(slot, 0, slots * sizeof(*slot));
	states = 0;
	edges = 0;
	with_edges = edges_too;
}

unsigned visited_count(void)
{
	return states;
}

static uint32_t *find(struct digest d)
{
	uint32_t i = (uint32_t)d.a & (slots - 1);

	while (slot[i] && (state[slot[i] - 1].digest.a != d.a || state[slot[i] - 1].digest.b != d.b))
		i = (i + 1) & (slots - 1);
	return &slot[i];
}

static void grow(void)
{
	if (states == state_room) {
		state_room = state_room ? state_room * 2 : 1u << 14;
		state = grown(state, state_room, sizeof(*state));
	}
	if (states < slots / 2)
		return;
	slots *= 2;
	slot = grown(slot, slots, sizeof(*slot));
	memset(slot, 0, slots * sizeof(*slot));
	for (uint32_t i = 0; i < states; i++)
		*find(state[i].digest) = i + 1;
}

void visited_edge(uint32_t from, uint32_t to)
{
	if (!with_edges || from == VISITED_NONE)
		return;
	if (edges == edge_room) {
		edge_room = edge_room ? edge_room * 2 : 1u << 16;
		edge = grown(edge, edge_room, sizeof(*edge));
	}
	edge[edges++] = (struct edge){ from, to };
}

bool visited_add(struct digest d, unsigned left, uint32_t parent, unsigned choice, uint32_t *number)
{
	uint32_t *at;

	grow();
	at = find(d);
	if (*at == 0) {
		state[states] = (struct state){ d, parent, (uint8_t)choice, (uint8_t)left, false };
		*at = ++states;
		*number = states - 1;
		return true;
	}
	*number = *at - 1;
	if (state[*number].left >= left)
		return false;
	state[*number].left = (uint8_t)left;
	return true;
}

void visited_end(uint32_t number)
{
	state[number].ends = true;
}

uint32_t visited_trap(void)
{
	bool changed = with_edges;

	while (changed) {
		changed = false;
		for (size_t i = edges; i-- > 0;)
			if (state[edge[i].to].ends && !state[edge[i].from].ends)
				state[edge[i].from].ends = changed = true;
	}
	for (uint32_t i = 0; with_edges && i < states; i++)
		if (!state[i].ends)
			return i;
	return VISITED_NONE;
}

size_t visited_path(uint32_t number, unsigned char *path, size_t size)
{
	size_t n = 0;

	for (; state[number].parent != VISITED_NONE && n < size; number = state[number].parent)
		path[size - ++n] = state[number].choice;
	return n;
}
