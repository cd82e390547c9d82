/* SPDX-License-Identifier: BSD-2-Clause */
/** linger.h: holds that outlast their holder, for as long as a descriptor is open somewhere. */
#ifndef PAWL__LINGER_H
#define PAWL__LINGER_H

#include "space/process.h"

/** A new, inheritable descriptor that keeps the place's byte locked while any process has it open. Returns 0, errno. */
int pawl__linger_hold(struct pawl_space *space, uint32_t place, int *fd);

/** Is the place's byte locked by anybody, as far as we can tell? Never blocks. */
bool pawl__linger_is_held(struct pawl_space *space, uint32_t place);

/** Wait until it is not. Returns 0; EBUSY (PAWL_TRY), ETIMEDOUT; EIDRM; EMFILE, ...: one cannot look. */
int pawl__linger_outlast(struct pawl_space *space, uint32_t place, pawl_deadline_t deadline);

#endif
