/* SPDX-License-Identifier: BSD-2-Clause */
/** self.c: thread numbers and the threads' random numbers (self.h). */
#include <pawl/mutex.h>

#include "core/clock.h"
#include "core/fence.h"
#include "core/self.h"

__thread uint32_t pawl_self_ = PAWL_NOBODY_;

/* Numbers are not used again: the 2^30th thread of a process gets the first one's. */
static uint32_t last;

uint32_t pawl__self(void)
{
	if (pawl_self_ == PAWL_NOBODY_)
		pawl__fence_restart_can();
	while (pawl_self_ == PAWL_NOBODY_) {
		uint32_t next = PAWL_FETCH_ADD(&last, 1u, RELAXED) + 1; /* relaxed: only to be told apart */

		pawl_self_ = (next & PAWL_MUTEX_ID_) ? (next & PAWL_MUTEX_ID_) : PAWL_NOBODY_;
	}
	return pawl_self_;
}

uint32_t pawl__random_below(uint32_t n)
{
	static __thread uint64_t state;

	if (state == 0)
		state = (uint64_t)pawl__now() * 0x9e3779b97f4a7c15u ^ pawl__self();
	state = state * 6364136223846793005u + 1442695040888963407u; /* Knuth's multiplier; the upper half is the good one */
	return (uint32_t)((state >> 32) * n >> 32);
}
