/* SPDX-License-Identifier: BSD-2-Clause */
/** known.h: what an exploration has learned of the program, so that steps which nobody can tell apart need not be steps.
 *
 * A word that nobody has ever written since setup can be read without asking the scheduler: nothing others do changes what
 * the reader finds. A store that goes into a buffer is seen by nobody until it leaves, unless there are heavy fences: they
 * tell stores that were made before them from those made after. Both is learned on the way; an exploration that learns
 * something has been wrong so far, and begins again.
 */
#ifndef PAWL_TESTS_MODEL_KNOWN_H
#define PAWL_TESTS_MODEL_KNOWN_H

#include "world.h"

/** Nothing is known yet. */
void known_forget(void);
/** Has the current exploration learned anything? Clears that. */
bool known_has_news(void);

/** The running thread writes there, or may; the kernel does. */
void known_write(uintptr_t p, unsigned size);
void known_write_by_kernel(uintptr_t p, unsigned size);
bool known_may_change(const void *p, unsigned size);
void known_fence(void);
bool known_fences(void);

/** What is known, as text for a replay; and back. Returns false if it is no such text. */
void known_print(char *text, size_t size);
bool known_read(const char *text);

#endif
