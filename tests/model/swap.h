/* SPDX-License-Identifier: BSD-2-Clause */
/** swap.h: included before anything else by the library's source where it is built for the explorer: what it calls in place of
 * the C library's robust mutexes and of system calls (death.c, space.c), and paths short enough to be part of a state.
 */
#ifndef PAWL_TESTS_MODEL_SWAP_H
#define PAWL_TESTS_MODEL_SWAP_H

#include <limits.h>
#include <pthread.h>

#undef PATH_MAX
#define PATH_MAX 8

#define pthread_mutex_trylock    model_mutex_trylock
#define pthread_mutex_consistent model_mutex_consistent
#define pthread_mutex_unlock     model_mutex_unlock
#define syscall                  model_syscall
#define __atomic_thread_fence(o) model_full_fence()

int model_mutex_trylock(pthread_mutex_t *m);
int model_mutex_consistent(pthread_mutex_t *m);
int model_mutex_unlock(pthread_mutex_t *m);
long model_syscall(long number, ...);
void model_full_fence(void);

#endif
