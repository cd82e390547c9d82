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

#endif
