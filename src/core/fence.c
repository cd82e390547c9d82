/* SPDX-License-Identifier: BSD-2-Clause */
/** fence.c: membarrier(2), private and expedited: registration, refusal, fork (fence.h, restart.h). */
#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pawl/restart.h>

#include "core/fence.h"

/* glibc 2.35 and newer: the area of each thread that it has registered with the kernel. */
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned __rseq_size __attribute__((weak));

__thread ptrdiff_t pawl_restart_;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool registered, restarts, broken;

static bool membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0) == 0;
}

static void enlist(void)
{
	registered = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
#ifndef PAWL_RESTART_NOT_HERE_
	restarts = &__rseq_size && __rseq_size > 0 && membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ);
#endif
}

/* Linux copies the registrations with the address space, but nobody promises that. Should it refuse here what it granted
 * the parent, the fences fail, and waiters look in slices. */
static void enlist_child(void)
{
	if (registered)
		membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	if (restarts)
		membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ);
}

static void enlist_first(void)
{
	enlist();
	pthread_atfork(NULL, NULL, enlist_child);
}

bool pawl__fence_can(void)
{
	pthread_once(&once, enlist_first);
	return registered;
}

#ifndef PAWL_RESTART_NOT_HERE_
/* A thread whose area the kernel has refused later, by a filter, must not think that it is watched: its cpu_id, the second
 * word, is then negative. On x86-64 a thread's pthread_t is its thread pointer. */
static bool is_watched(void)
{
	return *(const volatile int32_t *)((const char *)pthread_self() + __rseq_offset + 4) >= 0;
}

bool pawl__fence_restart_can(void)
{
	pthread_once(&once, enlist_first);
	if (restarts && is_watched())
		pawl_restart_ = __rseq_offset;
	return restarts;
}
#else
bool pawl__fence_restart_can(void)
{
	pthread_once(&once, enlist_first);
	return false;
}
#endif

bool pawl__fence_heavy(void)
{
	return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

bool pawl__fence_restart_works(void)
{
	return !PAWL_LOAD(&broken, RELAXED); /* relaxed: a cached answer of the kernel's */
}

bool pawl__fence_restart(void)
{
	/* The kernel sends the interrupt, and passes the barriers, of the other command too. */
	if (pawl__fence_restart_works() && !membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ))
		PAWL_STORE(&broken, true, RELAXED); /* relaxed: a cached answer of the kernel's */
	return pawl__fence_restart_works();
}
