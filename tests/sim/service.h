/* SPDX-License-Identifier: BSD-2-Clause */
/** service.h: the lock service: one of two kinds, by sim.o.mode. Each has what both need: a record for each (client, lock). */
#ifndef SIM_SERVICE_H
#define SIM_SERVICE_H

#include "net.h"

void service_begin(void);
/** How many locks somebody has or waits for. */
uint32_t service_left(void);
static inline int64_t service_now(void)
{
	return clock_at(&sim.service, true_now);
}

/* The two kinds. */
void script_begin(void);
void script_hear(struct message *m);
uint32_t script_left(void);
/** After `lag`, go on from the state of now. */
void script_fail_over(int64_t lag);
void session_begin(void);
void session_hear(struct message *m);
uint32_t session_left(void);

#endif
