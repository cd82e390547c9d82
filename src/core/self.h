/* SPDX-License-Identifier: BSD-2-Clause */
/** self.h: who the calling thread is, for locks inside a process: a number, and a source of random numbers. */
#ifndef PAWL__SELF_H
#define PAWL__SELF_H

#include <stdint.h>

/** The calling thread's number (pawl_self_ in mutex.h), given to it now if it has none. Never 0, never PAWL_NOBODY_. */
uint32_t pawl__self(void);

/** A number below `n` (1 and up), each as likely. The state is the thread's own. */
uint32_t pawl__random_below(uint32_t n);

#endif
