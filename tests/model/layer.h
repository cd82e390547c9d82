/* SPDX-License-Identifier: BSD-2-Clause */
/** layer.h: the model of the kernel and the clock, for the scheduler: who sleeps, and what may end a sleep. */
#ifndef PAWL_TESTS_MODEL_LAYER_H
#define PAWL_TESTS_MODEL_LAYER_H

#include "world.h"

/** Library settings as an exploration begins with: no looking before a sleep, no slices, nobody is ever hungry. The case's
 * setup may change them. */
void layer_begin(const struct model_case *c);

/** The time of a sleeper is up: it becomes at least that late. */
void layer_time_out(unsigned thread);
/** A sleeper wakes for no reason. */
void layer_spurious(unsigned thread);

#endif
