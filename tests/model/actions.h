/* SPDX-License-Identifier: BSD-2-Clause */
/** actions.h: what can happen next in a state, and make it happen. */
#ifndef PAWL_TESTS_MODEL_ACTIONS_H
#define PAWL_TESTS_MODEL_ACTIONS_H

#include "world.h"

#define ACTIONS_MOST 64

enum act { ACT_RUN, ACT_LEAVE, ACT_TIME_OUT, ACT_SPURIOUS, ACT_DIE, ACT_WALK };

struct action {
	uint8_t act, thread;
	uint8_t arg;    /* ACT_RUN: the answer to a choice; ACT_LEAVE: which entry of the store buffer */
	uint8_t cost;   /* in preemptions */
	uint8_t choice; /* its place in the list of all: what a run is told by, also where a budget leaves some out */
};

void actions_begin(const struct model_case *c);

/** The actions that are possible; the first one goes on with the thread that ran last, if there is such a one. */
unsigned actions_list(struct action list[ACTIONS_MOST]);
void action_apply(struct action a);

/** Have all threads ended, and all their stores reached memory? */
bool actions_all_done(void);
/** Nobody can run, nothing is on its way, but some sleep. */
bool actions_quiet(void);

#endif
