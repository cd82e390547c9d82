/* SPDX-License-Identifier: BSD-2-Clause */
/** unmap.h: does a lock keep the promise that whoever has just acquired it may free its memory? The next owner unmaps the
 * page it lies on; a release that touches it after the instruction that frees it is killed there (glibc BZ 13690).
 */
#ifndef PAWL_TESTS_UNMAP_H
#define PAWL_TESTS_UNMAP_H

struct unmap_lock {
	int (*init)(void *lock); /* each returns 0 */
	int (*take)(void *lock);
	int (*give)(void *lock);
};

/** Hand a fresh lock over so many times, in a child of this process. Returns 0, or what kids_join says of the child. */
int unmap_often(const struct unmap_lock *of, unsigned rounds);

#endif
