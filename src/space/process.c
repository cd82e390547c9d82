/* SPDX-License-Identifier: BSD-2-Clause */
/** process.c: the spaces this process has, and the lock over all that it knows about them. */
#include "space/process.h"

pthread_mutex_t pawl__registry = PTHREAD_MUTEX_INITIALIZER;
struct pawl_space *pawl__spaces;
