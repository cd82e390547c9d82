/* SPDX-License-Identifier: BSD-2-Clause */
/** memory.h: shared memory with store buffers, for the scheduler: which entries may leave a buffer, and let one leave. */
#ifndef PAWL_TESTS_MODEL_MEMORY_H
#define PAWL_TESTS_MODEL_MEMORY_H

#include "world.h"

/** The kind of memory of this exploration. */
extern enum model_memory memory_kind;

/** Has the store buffer of `t` anything for the four bytes at `p`? */
bool memory_holds(const struct thread *t, uintptr_t p);
/** A word as the kernel sees it: in memory. */
uint32_t memory_word(const uint32_t *p);
/** May entry `i` of the buffer leave now? */
bool memory_may_leave(const struct thread *t, unsigned i);
void memory_leave(unsigned thread, unsigned i);

/* A word that nobody has ever written since setup can be read without asking the scheduler: nothing others do changes
 * what the reader finds. Which words are written is learned on the way; an exploration that learns of a new one has been
 * wrong so far, and begins again. */

/** Nothing is known yet. */
void memory_forget(void);
/** Has the current exploration learned of a new one? Clears that. */
bool memory_has_learned(void);
/** What is known, as text for a replay; and back. Returns false if it is no such text. */
void memory_known(char *text, size_t size);
bool memory_know(const char *text);

#endif
