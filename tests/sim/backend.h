/* SPDX-License-Identifier: BSD-2-Clause */
/** backend.h: the part of a keeper that speaks to the service (pawl/remote.h). */
#ifndef SIM_BACKEND_H
#define SIM_BACKEND_H

#include "world.h"

bool backend_submit(uint32_t s, const pawl_remote_op_t *op);
void backend_connect(uint32_t h);
/** The connection is gone. */
void backend_cut(uint32_t h);

#endif
