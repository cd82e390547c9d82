/* SPDX-License-Identifier: BSD-2-Clause */
/** visited.h: the states that an exploration has been in, how it got there, and from which of them an end can be reached. */
#ifndef PAWL_TESTS_MODEL_VISITED_H
#define PAWL_TESTS_MODEL_VISITED_H

#include "world.h"

#define VISITED_NONE UINT32_MAX

void visited_begin(bool edges);
unsigned visited_count(void);

/** Note the state with that digest, reached from state `parent` by its action number `choice`, with `left` preemptions to
 * spend. True if it is to be gone on from: it is new, or was met with less to spend only. */
bool visited_add(struct digest d, unsigned left, uint32_t parent, unsigned choice, uint32_t *number);
/** One step leads from one state to the other, and does so in the end if nothing else happens. */
void visited_edge(uint32_t from, uint32_t to);
/** All threads have ended in that state. */
void visited_end(uint32_t number);

/** A state from which no end can be reached; VISITED_NONE: there is none. Only when all has been explored. */
uint32_t visited_trap(void);
/** How a state was first reached: fills `path` with choices, from its end backwards; returns how many, at most `size`. */
size_t visited_path(uint32_t number, unsigned char *path, size_t size);

#endif
