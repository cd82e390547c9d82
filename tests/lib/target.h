/* SPDX-License-Identifier: BSD-2-Clause */
/** target.h: locks of several makes behind one face, so that one crash test judges them all alike.
 *
 * A lock is a number below what init() was given. All calls but init, fini are made by the processes that contend.
 */
#ifndef PAWL_TESTS_TARGET_H
#define PAWL_TESTS_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include <pawl/pawl.h>

#define TARGET_LOCKS_MAX 128
#define TARGET_ID        0x3fffffffu /* the bits of word() that say who: pawl's and the kernel's futex ABI agree on them */

struct target {
	const char *name;
	bool reports_death; /* EOWNERDEAD, so recover() must be called */
	bool has_fence;
	void (*init)(unsigned locks); /* in the parent, before it forks */
	void (*fini)(void);
	int (*lock)(unsigned i); /* as long as it takes: 0 or EOWNERDEAD, held; else an error */
	int (*trylock)(unsigned i);
	int (*timedlock)(unsigned i, int64_t ns);
	int (*unlock)(unsigned i);
	int (*recover)(unsigned i); /* after EOWNERDEAD: the data is whole again */
	uint64_t (*fence)(unsigned i);
	uint32_t (*word)(unsigned i); /* for reports, and to see whether it is free: 0 */
};

extern const struct target target_pawl;      /* pawl_robust_t in shared memory */
extern const struct target target_pawl_name; /* pawl_lock_t by name */
extern const struct target target_glibc;     /* pthread robust, process-shared */
extern const struct target target_glibc_pi;  /* the same with priority inheritance: the kernel hands over */
extern const struct target target_flock;     /* flock(2): nobody is told of a death */
extern const struct target target_busted;    /* locks nothing: who judges this one right judges nothing */

/** What target_pawl works on, for tests that need more of pawl than the table above. */
extern pawl_space_t *target_space;
pawl_robust_t *target_robust(unsigned i);

#endif
