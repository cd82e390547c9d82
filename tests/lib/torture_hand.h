/* SPDX-License-Identifier: BSD-2-Clause */
/** torture_hand.h: the page by which the torture judges (torture.h), and the hand: one thread that contends. */
#ifndef PAWL_TESTS_TORTURE_HAND_H
#define PAWL_TESTS_TORTURE_HAND_H

#include "torture.h"

enum { PHASE_OUTSIDE, PHASE_ACQUIRE, PHASE_SECTION, PHASE_RELEASE };

/* Beside each lock; written by whoever believes to own it. */
struct record {
	uint32_t owner; /* hand + 1 */
	uint64_t a, b;  /* equal outside the section */
	uint64_t fence;
	uint64_t died; /* increments of `a` by hands that died before they counted them */
};

struct hand {
	uint64_t count;  /* operations << 1 | one is in flight: the single store of a hand that says it has counted */
	uint64_t intent; /* in flight: what `a` will be */
	uint32_t lock;   /* in flight: of this lock */
	uint32_t phase, done;
	pid_t pid, tid;
	uint64_t rng;
};

struct page {
	uint32_t round, stop, finished;
	uint32_t victims; /* bit per process */
	struct torture plan;
	uint64_t recovered, doubles, torn, tokens, errors;
	struct hand hands[TORTURE_HANDS];
	struct record records[TARGET_LOCKS_MAX];
};

extern struct page *torture_page;

/** The life of a process: its threads contend in every round that begins after `round`. */
void hand_process(unsigned process, uint32_t round);
/** A hand is dead: settle what it had in flight on this lock, once. */
void hand_settle(struct hand *dead, unsigned lock);

#endif
