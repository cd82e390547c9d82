/* SPDX-License-Identifier: BSD-2-Clause */
/** random.c: random runs, and runs again (search.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions.h"
#include "known.h"
#include "run.h"
#include "search.h"
#include "trace.h"

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

	run_begin();
	for (s->length = 0; s->length < SEARCH_PATH; s->length++) {
		n = run_has_failed() ? 0 : actions_list(list);
		if (run_judge(n) || run_has_failed())
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

	run_begin();
	for (size_t i = 0; i < s->length; i++) {
		unsigned n = run_has_failed() ? 0 : actions_list(list);

		if (s->path[i] >= n)
			return false;
		run_judge(n);
		action_apply(list[s->path[i]]);
		trace_flush();
	}
	run_judge(run_has_failed() ? 0 : actions_list(list));
	return true;
}

static struct digest digest_now(void)
{
	unsigned char *saved = malloc(world_size());
	struct digest d;

	if (!saved)
		abort();
	d = world_digest(saved, world_save(saved), true);
	free(saved);
	return d;
}

static void repeat(const struct search *s)
{
	struct digest once = digest_now(), again;

	if (!replay(s)) {
		trace_fail("not deterministic: the same choices led to other ones");
		return;
	}
	again = digest_now();
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
		if (twice && !run_has_failed())
			repeat(s);
		s->failed = run_has_failed();
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
