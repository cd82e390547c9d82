/* SPDX-License-Identifier: BSD-2-Clause */
/** handover.h: one thread gives a lock up in the moment in which another one takes it, and then leaves it alone: nobody comes
 * later who could make good what went wrong. Again and again, at all distances in time.
 *
 * A wake-up that is lost leaves the taker asleep. With `unmap` the taker, who may free what he has just acquired, unmaps the
 * page it lies on: a release that touches it after the instruction that frees it is killed there (glibc BZ 13690).
 */
#ifndef PAWL_TESTS_HANDOVER_H
#define PAWL_TESTS_HANDOVER_H

#include <stdbool.h>

struct handover {
	int (*init)(void *lock); /* each returns 0; the memory is zeroed, a page of its own */
	int (*take)(void *lock);
	int (*give)(void *lock);
	bool unmap;
};

/** So many times, in a child of this process. Returns 0, or what kids_join says of the child. */
int handover_often(const struct handover *of, unsigned rounds);

#endif
