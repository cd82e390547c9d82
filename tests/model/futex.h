/* SPDX-License-Identifier: BSD-2-Clause */
/** futex.h: the model of the kernel's queues, for the scheduler: what may end a sleep. */
#ifndef PAWL_TESTS_MODEL_FUTEX_H
#define PAWL_TESTS_MODEL_FUTEX_H

#include "world.h"

/** Does a wake take any sleeper, or the one who came first? */
void futex_begin(bool any_sleeper);

/** The time of a sleeper is up: it becomes at least that late. */
void futex_time_out(unsigned thread);
/** A sleeper wakes for no reason. */
void futex_spurious(unsigned thread);
/** It has been killed in its sleep. */
void futex_leave(unsigned thread);

/** Of how many who sleep there, not privately, could a wake take any? And the kernel's own wake of one of these. */
unsigned futex_sleepers(uintptr_t word);
void futex_wake_one(uintptr_t word, unsigned which);

#endif
