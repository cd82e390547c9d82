/* SPDX-License-Identifier: BSD-2-Clause */
/** stress.h: scenes for stress_inproc.c: what a crowd of threads does to a lock until time is up, and what has to be true then.
 *
 * Each file of this folder has the scenes of one lock. Scenes in which everybody waits for ever are there for lost
 * wake-ups, which hang them; scenes with tries and time-outs for all that may go wrong when somebody gives up waiting,
 * and those hide lost wake-ups. Both kinds are needed.
 */
#ifndef PAWL_TESTS_STRESS_H
#define PAWL_TESTS_STRESS_H

#include "../lib/mates.h"

enum { MOST_THREADS = 64 };

/* One thread's part in a scene. */
struct hand {
	unsigned index, of; /* its number among so many */
	uint64_t rng;
	uint64_t did;     /* sections, elements, picks: what the scene counts */
	uint64_t in, out; /* sums of what went in and came out, where something does */
	uint64_t gave_up; /* tries and waits that ended without */
	uint64_t wrong;   /* answers that may not be */
	int last_wrong;   /* one of them */
};

struct scene {
	const char *name;
	unsigned least; /* threads */
	void (*begin)(unsigned threads, uint64_t *rng);
	void (*body)(struct hand *h);
	/* With the sums of all hands. NULL: all is well; or what is not. */
	const char *(*end)(const struct hand *sum);
};

extern const struct scene mutex_scenes[], tokens_scenes[], chan_scenes[], select_scenes[]; /* a NULL name is the end */

/** True when the hands should come to an end. */
bool over(void);
uint64_t dice(struct hand *h, uint64_t sides);
/** Nothing, a few pauses, a yield or a short sleep; mostly nothing. */
void dawdle(struct hand *h);
/** An answer: if it is not 0 it has to be the one that was to be expected. True: it is 0. */
bool answer(struct hand *h, int rc, int otherwise);

#endif
