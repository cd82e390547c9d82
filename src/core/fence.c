/* SPDX-License-Identifier: BSD-2-Clause */
/** fence.c: membarrier(2), private and expedited: registration, refusal, fork (fence.h). */
#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pawl/annotate.h>

#include "core/fence.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool registered;

static bool membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0) == 0;
}

static void enlist(void)
{
	registered = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

/* Linux copies the registration with the address space, but nobody promises that. */
static void enlist_child(void)
{
	if (registered)
		registered = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
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

bool pawl__fence_heavy(void)
{
	return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}
