/* SPDX-License-Identifier: BSD-2-Clause */
/** search.h: running a case in every order, in many random ones, or in a given one. */
#ifndef PAWL_TESTS_MODEL_SEARCH_H
#define PAWL_TESTS_MODEL_SEARCH_H

#include "world.h"

#define SEARCH_PATH     20000 /* steps of one run, at most */
#define SEARCH_NO_LIMIT 255   /* preemptions */

/* What became of it. A failure is in trace_failure, and the choices that led there in `path`. */
struct search {
	bool failed, exhausted;
	unsigned states;
	uint64_t steps, ended, known, cut; /* steps taken; runs that came to the end, to a known state, beyond the case's bound */
	size_t deepest;
	unsigned char path[SEARCH_PATH];
	size_t length;
};

/** What the next searches are about. */
void search_case(const struct model_case *c, enum model_memory kind);

/** Every order, with at most `preemptions` of them, until `most` states are known. */
void search_all(struct search *s, unsigned preemptions, unsigned most);

/** So many random runs. `twice`: each one again, and it must come out the same. */
void search_random(struct search *s, unsigned runs, uint64_t seed, bool twice);

/** Run `s->path` again, with a trace if that is wanted. False: it did not fail as trace_failure says, or took other turns. */
bool search_replay(const struct search *s);

#endif
