/* SPDX-License-Identifier: BSD-2-Clause */
/** keeper.h: the keepers of the hosts. */
#ifndef SIM_KEEPER_H
#define SIM_KEEPER_H

#include "world.h"

/** The host gets a keeper, soon. */
void keeper_start(uint32_t h);
void keeper_ring(uint32_t s);
/** The service has said something of one lease, of the session. */
void keeper_hear(uint32_t s, const pawl_remote_event_t *event);
void keeper_hear_session(uint32_t h, pawl_remote_state_t state, int64_t deadline);
/** Its process has been killed. */
void keeper_die(uint32_t h);
void keeper_host_crashes(uint32_t h);
/** Since when it does not run: 0, or when it will. */
int64_t keeper_stalled(const struct host *h);

#endif
