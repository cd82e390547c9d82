/* SPDX-License-Identifier: BSD-2-Clause */
/** trace.h: what one step did, told in words when somebody wants to read it; and the failure that ended a run. */
#ifndef PAWL_TESTS_MODEL_TRACE_H
#define PAWL_TESTS_MODEL_TRACE_H

#include "atomics.h"
#include "world.h"

/** What the run failed of; empty: nothing. */
extern char trace_failure[200];
void trace_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Are traces wanted? Then trace_event keeps what happens, and trace_flush prints it. */
extern bool trace_wanted;
void trace_flush(void);

/** Whose step begins. */
void trace_who(unsigned thread);
/** What it does, to `p`. Texts are literals: they are printed when the thread has yielded. */
void trace_event(const char *what, const void *p, const struct model_site *site, uint64_t before, uint64_t after);

/** The names of the case before are forgotten. */
void trace_begin(void);

#endif
