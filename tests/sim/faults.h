/* SPDX-License-Identifier: BSD-2-Clause */
/** faults.h: what goes wrong in a run, and how that ends. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "world.h"

extern const char *const fault_names[]; /* by bit; NULL at the end */
extern const char *const plant_names[]; /* by enum plant; NULL at the end */

void faults_begin(void);
/** From now on nothing goes wrong any more that could be kept from it. */
void faults_cease(void);

#endif
