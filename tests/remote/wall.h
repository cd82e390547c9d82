/* SPDX-License-Identifier: BSD-2-Clause */
/** wall.h: this process's wall clock, which a test may set: for itself and all that it has loaded. Other clocks run as ever. */
#ifndef PAWL_TESTS_WALL_H
#define PAWL_TESTS_WALL_H

#include <stdbool.h>
#include <stdint.h>

/** So many seconds off the machine's. */
void wall_set(int64_t seconds);
/** Does whatever is loaded look at that clock? */
bool wall_is_everybodys(void);

#endif
