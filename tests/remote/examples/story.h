/* SPDX-License-Identifier: BSD-2-Clause */
/** story.h: what happens in each of these examples: two hosts, a lock, and a pause in the middle of the work.
 *
 * Host A is granted the lock, and is stopped, all of it, before it has written. Its lease runs out; host B is granted the lock, and
 * writes. A goes on, and knows nothing: it writes. The store refuses, by the token; release then tells A that the lease was lost.
 */
#ifndef PAWL_TESTS_STORY_H
#define PAWL_TESTS_STORY_H

#include <pawl/pawl.h>

/** A guarded write: 0; ESTALE: the store knows a newer token, and has changed nothing; another errno: the outcome is not known. */
typedef int guarded_write(pawl_fence_t fence, const char *value);

/** Play it, with the lock "orders/42" of the service at `url`, and say how it ends. Returns the exit status: 0, if it ends well. */
int story(const char *url, guarded_write *write);

#endif
