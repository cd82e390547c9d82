/* SPDX-License-Identifier: BSD-2-Clause */
/** search.c: depth first through all states, by copying them away and back; random runs; replay (search.h).
 *
 * A state that was met before is not gone on from. What a run can come to depends on its state alone, so nothing is missed;
 * and a thread that spins comes back to the same state, so that waiting makes no run endless.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions.h"
#include "fibre.h"
#include "layer.h"
#include "known.h"
#include "memory.h"
#include "search.h"
#include "trace.h"
#include "visited.h"

static const struct model_case *the_case;
static unsigned char *saved; /* the state at hand, while it is looked at */

void search_case(const struct model_case *c, enum model_memory kind)
{
	the_case = c;
	memory_kind = kind;
	known_forget();
	if (!saved)
		saved = malloc(world_size());
	if (!saved)
		abort();
}

static void begin(void)
{
	bool wanted = trace_wanted;

	world_begin(the_case->threads);
	trace_begin();
	layer_begin(the_case);
	actions_begin(the_case);
	trace_wanted = false;
	if (the_case->setup)
		fibre_call(the_case->setup);
	trace_wanted = wanted;
	fibre_begin(the_case->thread);
}

/* ---- judging a state ---- */

static bool has_failed(void)
{
	return trace_failure[0] != '\0';
}

static bool some_deadline(void)
{
	for (unsigned t = 0; t < world->threads; t++)
		if (world->thread[t].life == ASLEEP && world->thread[t].until != INT64_MAX)
			return true;
	return false;
}

static void judge_quiet(void)
{
	if (the_case->rescued && some_deadline())
		return;
	for (unsigned t = 0; t < world->threads; t++)
		if (world->thread[t].life == ASLEEP && !(the_case->may_sleep && the_case->may_sleep(t)))
			trace_fail("lost wake-up: T%u sleeps, and nobody is left who would wake it", t);
}

/* Look at the state at hand: a failure, an end, or `n` ways to go on. True: an end. */
static bool judge(const struct action *list, unsigned n)
{
	(void)list;
	if (has_failed())
		return false;
	if (actions_all_done()) {
		if (the_case->finish)
			fibre_call(the_case->finish);
		return true;
	}
	if (actions_quiet())
		judge_quiet();
	return n == 0;
}

/* ---- all ---- */

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
		s->path[i] = (unsigned char)(frame[i].next - 1);
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

	if (!has_failed())
		n = affordable(list, actions_list(list), left);
	end = judge(list, n);
	if (has_failed()) {
		record(s);
		return;
	}
	length = world_save(saved);
	cut = the_case->beyond && the_case->beyond();
	new = visited_add(world_digest(saved, length, left != SEARCH_NO_LIMIT), left, f ? f->number : VISITED_NONE,
		f ? f->next - 1 : 0, &number);
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
	begin();
	depth = 0;
	visited_begin(preemptions == SEARCH_NO_LIMIT && !the_case->livelock_is_fine);
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

/* ---- random ---- */

static uint64_t draw(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Nine times of ten the same thread goes on. */
static unsigned pick(unsigned n, uint64_t *seed)
{
	uint64_t r = draw(seed);

	return r % 10 ? 0 : (unsigned)((r >> 8) % n);
}

/* One run, as long as it neither ends nor fails. */
static void run_random(struct search *s, uint64_t *seed)
{
	struct action list[ACTIONS_MOST];
	unsigned n;

	begin();
	for (s->length = 0; s->length < SEARCH_PATH; s->length++) {
		n = has_failed() ? 0 : actions_list(list);
		if (judge(list, n) || has_failed())
			return;
		s->path[s->length] = (unsigned char)pick(n, seed);
		action_apply(list[s->path[s->length]]);
		s->steps++;
	}
	trace_fail("no end after %d steps", SEARCH_PATH);
}

static bool replay(const struct search *s)
{
	struct action list[ACTIONS_MOST];

	begin();
	for (size_t i = 0; i < s->length; i++) {
		unsigned n = has_failed() ? 0 : actions_list(list);

		if (s->path[i] >= n)
			return false;
		judge(list, n);
		action_apply(list[s->path[i]]);
		trace_flush();
	}
	judge(list, has_failed() ? 0 : actions_list(list));
	return true;
}

static void repeat(const struct search *s)
{
	struct digest once = world_digest(saved, world_save(saved), true), again;

	if (!replay(s)) {
		trace_fail("not deterministic: the same choices led to other ones");
		return;
	}
	again = world_digest(saved, world_save(saved), true);
	if (once.a != again.a || once.b != again.b)
		trace_fail("not deterministic: the same choices led to another state");
}

void search_random(struct search *s, unsigned runs, uint64_t seed, bool twice)
{
	uint64_t state = seed;

	memset(s, 0, sizeof(*s));
	for (unsigned i = 0; i < runs && !s->failed; i++) {
		run_random(s, &state);
		if (known_has_news()) {
			i = 0;
			state = seed;
			continue;
		}
		if (s->length > s->deepest)
			s->deepest = s->length;
		s->ended++;
		if (twice && !has_failed())
			repeat(s);
		s->failed = has_failed();
	}
}

bool search_replay(const struct search *s)
{
	char expected[sizeof(trace_failure)];

	memcpy(expected, trace_failure, sizeof(expected));
	if (!replay(s))
		return false;
	return strncmp(expected, "livelock", 8) == 0 || strcmp(expected, trace_failure) == 0;
}
