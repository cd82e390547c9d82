/* SPDX-License-Identifier: BSD-2-Clause */
/** section.h: what a thread does while it holds a lock under test: counts on ordinary memory, and looks whether it is
 * alone and sees what its predecessors wrote.
 */
#ifndef PAWL_TESTS_MODEL_SECTION_H
#define PAWL_TESTS_MODEL_SECTION_H

#include "model.h"

struct section {
	uint32_t data;         /* what the lock protects; through the store buffers */
	unsigned inside, done; /* the checker's own: everybody sees them at once */
};

static inline void section_run(struct section *s)
{
	uint32_t seen;

	MODEL_CHECK(s->inside++ == 0);
	seen = model_read(&s->data); /* others run here */
	if (seen != s->done)
		model_fail("%s: saw %u of %u sections", __func__, seen, s->done);
	model_write(&s->data, seen + 1);
	s->done++;
	MODEL_CHECK(--s->inside == 0);
}

#endif
