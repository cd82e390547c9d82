/* SPDX-License-Identifier: BSD-2-Clause */
/** death.h: what the kernel does for a thread that has died, step by step. */
#ifndef PAWL_TESTS_MODEL_DEATH_H
#define PAWL_TESTS_MODEL_DEATH_H

#include "world.h"

/** Has the kernel anything to do when that thread ends? */
bool death_is_noticed(const struct thread *t);
/** In how many ways can the next step for a thread that is DYING be made, and make it. After the last one it has ENDED. */
unsigned death_choices(unsigned thread);
void death_walk(unsigned thread, unsigned choice);

/** T(t) holds the robust mutex with that futex word from the start. In setup only. */
void death_list(unsigned thread, uint32_t *word);

#endif
