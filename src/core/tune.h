/* SPDX-License-Identifier: BSD-2-Clause */
/** tune.h: the times that the waiting paths are built on, in one place, so that tests can move them.
 *
 * Not a user interface: the values below are measured defaults, and a process that changes them changes only itself.
 */
#ifndef PAWL__TUNE_H
#define PAWL__TUNE_H

#include <stdbool.h>
#include <stdint.h>

struct pawl__tune {
	int64_t slice_ns; /* I5: no waiter sleeps longer without looking again; PAWL_FOREVER switches the slice off */
	int64_t spin_ns;  /* how long a waiter of a shared lock looks before it sleeps */
	int64_t own_spin_ns;   /* the same for a lock inside the process */
	int64_t crowd_spin_ns; /* the same on arrival where others sleep already */
	int64_t nap_ns;        /* how long one rests who cannot fall asleep (wait.c); 0: not at all */
	int64_t hungry_ns;     /* a waiter older than this asks that the next release be the sleepers' turn */
	int64_t turn_ns;       /* how long a newcomer respects that turn */
	bool no_restart;       /* PAWL_STABLE means what it means where restart.h cannot help */
	bool no_waitv;         /* futex_waitv is refused here (old kernel, seccomp): sleep in short slices instead */
};

extern struct pawl__tune pawl__tune;

#endif
