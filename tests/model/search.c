/* SPDX-License-Identifier: BSD-2-Clause */
/** search.c: depth first through all states, by copying them away and back (search.h).
 *
 * A state that was met before is not gone on from. What a run can come to depends on its state alone, so nothing is missed;
 * and a thread that spins comes back to the same state, so that waiting makes no run endless.
 */
#include <stdlib.h>
#include <string.h>

#include "actions.h"
#include "known.h"
#include "memory.h"
#include "run.h"
#include "search.h"
#include "trace.h"
#include "visited.h"

static unsigned char *saved; /* the state at hand, while it is looked at */

void search_case(const struct model_case *c, enum model_memory kind)
{
	run_case = c;
	memory_kind = kind;
	known_forget();
	if (!saved)
		saved = malloc(world_size());
	if (!saved)
		abort();
}

struct frame {
	unsigned char *saved;
	size_t room;
	struct action list[ACTIONS_MOST];
	unsigned n, next, left;
	uint32_t number;
};

static struct frame *frame;
static size_t frames, depth;

static struct frame *push(size_t length)
{
	struct frame *f;

	if (depth == frames) {
		frames += 1024;
		frame = realloc(frame, frames * sizeof(*frame));
		if (!frame)
			abort();
		memset(frame + frames - 1024, 0, 1024 * sizeof(*frame));
	}
	f = &frame[depth++];
	if (f->room < length) {
		f->room = length * 2;
		free(f->saved);
		f->saved = malloc(f->room);
		if (!f->saved)
			abort();
	}
	memcpy(f->saved, saved, length);
	return f;
}

static void record(struct search *s)
{
	s->failed = true;
	s->length = depth < SEARCH_PATH ? depth : SEARCH_PATH;
	for (size_t i = 0; i < s->length; i++)
		s->path[i] = frame[i].list[frame[i].next - 1].choice;
}

/* Leave out what the budget cannot pay. */
static unsigned affordable(struct action *list, unsigned n, unsigned left)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++)
		if (list[i].cost <= left || left == SEARCH_NO_LIMIT)
			list[kept++] = list[i];
	return kept;
}

/* The state at hand has been reached from frame `f` (NULL: it is the first) by action `a`. */
static void arrive(struct search *s, const struct frame *f, struct action a, unsigned left)
{
	struct action list[ACTIONS_MOST];
	unsigned n = 0;
	bool end, cut, new;
	size_t length;
	uint32_t number;

	if (!run_has_failed())
		n = affordable(list, actions_list(list), left);
	end = run_judge(n);
	if (run_has_failed()) {
		record(s);
		return;
	}
	length = world_save(saved);
	cut = run_case->beyond && run_case->beyond();
	new = visited_add(world_digest(saved, length, left != SEARCH_NO_LIMIT), left, f ? f->number : VISITED_NONE,
		a.choice, &number);
	if (f && a.act != ACT_SPURIOUS)
		visited_edge(f->number, number);
	if (end || cut)
		visited_end(number);
	if (end) {
		s->ended++;
	} else if (cut) {
		s->cut++;
	} else if (!new) {
		s->known++;
	} else {
		struct frame *g = push(length);

		memcpy(g->list, list, n * sizeof(*list));
		g->n = n;
		g->next = 0;
		g->left = left;
		g->number = number;
	}
}

/* From the top frame, the next action. */
static void advance(struct search *s)
{
	struct frame *f = &frame[depth - 1];
	struct action a;

	if (f->next == f->n) {
		depth--;
		return;
	}
	if (f->next > 0) /* else the state at hand is still this one */
		world_load(f->saved);
	a = f->list[f->next++];
	action_apply(a);
	s->steps++;
	if (depth > s->deepest)
		s->deepest = depth;
	arrive(s, f, a, f->left == SEARCH_NO_LIMIT ? f->left : f->left - a.cost);
}

static void find_trap(struct search *s)
{
	uint32_t trap = visited_trap();

	if (trap == VISITED_NONE)
		return;
	trace_fail("livelock: from here on no order of events leads to the end");
	s->failed = true;
	s->length = visited_path(trap, s->path, SEARCH_PATH);
	memmove(s->path, s->path + SEARCH_PATH - s->length, s->length);
}

/* False: it has to begin again. */
static bool search_once(struct search *s, unsigned preemptions, unsigned most)
{
	memset(s, 0, sizeof(*s));
	run_begin();
	depth = 0;
	visited_begin(preemptions == SEARCH_NO_LIMIT && !run_case->livelock_is_fine);
	arrive(s, NULL, (struct action){ 0 }, preemptions);
	while (depth > 0 && !s->failed && visited_count() < most) {
		advance(s);
		if (known_has_news())
			return false;
	}
	s->exhausted = depth == 0 && !s->failed;
	s->states = visited_count();
	if (s->exhausted)
		find_trap(s);
	return true;
}

void search_all(struct search *s, unsigned preemptions, unsigned most)
{
	while (!search_once(s, preemptions, most))
		;
}
