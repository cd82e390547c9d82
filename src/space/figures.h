/* SPDX-License-Identifier: BSD-2-Clause */
/** figures.h: how long a lock was waited for and held: histograms of a place, for people. */
#ifndef PAWL__FIGURES_H
#define PAWL__FIGURES_H

#include "space/process.h"

/** Compiled out by -DPAWL_NO_FIGURES, to see what they cost. The segment is the same. */
#ifdef PAWL_NO_FIGURES
#define PAWL__FIGURES 0
#else
#define PAWL__FIGURES 1
#endif

/** The lock's owner has just got it, and waited so long for it. */
void pawl__figures_waited(const struct pawl_space *space, const struct pawl__place *place, int64_t ns);

/** The lock's owner is about to give it back, and has had it for so long. */
void pawl__figures_held(const struct pawl_space *space, const struct pawl__place *place, int64_t ns);

/** Somebody's time was up before the lock was to be had. */
void pawl__figures_gave_up(const struct pawl_space *space, const struct pawl__place *place);

/** The place gets another name. The caller owns the lock. */
void pawl__figures_forget(const struct pawl_space *space, const struct pawl__place *place);

/** What there is, for an info that is all zero. */
void pawl__figures_read(const struct pawl_space *space, uint32_t place, pawl_lock_info_t *info);

#endif
