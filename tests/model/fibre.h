/* SPDX-License-Identifier: BSD-2-Clause */
/** fibre.h: the threads of a client as coroutines: exactly one runs at a time, and only between two of its yields. */
#ifndef PAWL_TESTS_MODEL_FIBRE_H
#define PAWL_TESTS_MODEL_FIBRE_H

#include "world.h"

/** Who runs; NULL outside of the explored part: in setup, finish and the scheduler. */
extern struct thread *fibre_current;
/** 0 as each step begins. What runs on a client's stack must not see anything else that changes from step to step and is not
 * part of the state: a copy of it, left in a register, would make equal states differ. */
extern unsigned fibre_quick;

/** Put a coroutine for each thread at the beginning of `body`. */
void fibre_begin(void (*body)(unsigned me));
/** Let one run until it yields next. */
void fibre_run(unsigned thread);

/** The running thread lets the scheduler decide who goes on; comes back when it is chosen and `need` is met. Nothing outside
 * of the explored part. */
void fibre_step(enum need need, uintptr_t arg);
/** Call a function of the client outside of the explored part. */
void fibre_call(void (*function)(void));
/** A thread is not to run any more. */
void fibre_end(unsigned thread, bool killed);
/** The running thread is killed. */
void fibre_die(void) __attribute__((noreturn));
/** What runs ends here, thread or function: it has failed. */
void fibre_give_up(void) __attribute__((noreturn));

#endif
