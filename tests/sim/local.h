/* SPDX-License-Identifier: BSD-2-Clause */
/** local.h: the threads of the hosts, which take, hold and leave locks. */
#ifndef SIM_LOCAL_H
#define SIM_LOCAL_H

#include "world.h"

void local_start(uint32_t t);
/** The bell of the slot has moved: its asker wakes, soon. */
void local_told(uint32_t s);
/** Let the threads at this slot take a step or two, at once. */
void local_stir(uint32_t s);
/** What pawl__seat_serve() wants to know. */
void local_look(uint32_t s, struct pawl__look *look);

/** It dies wherever it is; another one takes its place later, if it is to come back. */
void local_die(uint32_t t, bool comes_back);
void local_process_dies(uint32_t h, uint32_t process);

#endif
