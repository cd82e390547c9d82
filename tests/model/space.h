/* SPDX-License-Identifier: BSD-2-Clause */
/** space.h: spaces for clients: a segment with a few liveness slots, and what each of their processes knows of it. */
#ifndef PAWL_TESTS_MODEL_SPACE_H
#define PAWL_TESTS_MODEL_SPACE_H

#include "space/process.h"

#include "model.h"

/** Which threads are of one process. The engine's, as a run begins. */
void space_begin(const struct model_case *c);
/** So many slots; each thread that is a bit of `joined` has one from the start. In setup only, once. */
void space_open(unsigned slots, unsigned joined);

/** The space as the process of T(t) has it open. */
struct pawl_space *space_of(unsigned thread);
/** The header of all of them. */
struct pawl__header *space_header(void);
/** The calling thread, T(t), leaves, as one does that ends. */
void space_leave(unsigned thread);

#endif
