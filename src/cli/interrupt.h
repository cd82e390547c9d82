/* SPDX-License-Identifier: BSD-2-Clause */
/** interrupt.h: a wait for a lock that a signal ends, tidily: what was asked for on other hosts is taken back. */
#ifndef PAWL__CLI_INTERRUPT_H
#define PAWL__CLI_INTERRUPT_H

#include <pawl/lock.h>

/** From now on TERM, INT, HUP and QUIT, unless ignored, interrupt whoever waits for `lock`. */
void cli_interrupt_begin(pawl_lock_t *lock);

/** No more. Returns the signal that came, or 0. */
int cli_interrupt_end(void);

#endif
