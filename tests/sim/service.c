/* SPDX-License-Identifier: BSD-2-Clause */
/** service.c: which kind of service it is. */
#include "service.h"

void service_begin(void)
{
	net_reset();
	if (sim.o.mode == SCRIPT)
		script_begin();
	else
		session_begin();
}

void service_hear(struct message *m)
{
	if (sim.o.mode == SCRIPT)
		script_hear(m);
	else
		session_hear(m);
}

uint32_t service_left(void)
{
	return sim.o.mode == SCRIPT ? script_left() : session_left();
}
