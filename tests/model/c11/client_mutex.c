/* SPDX-License-Identifier: BSD-2-Clause */
/** client_mutex.c: the private mutex's inline halves: three threads, one comes twice. Waiting is trying again; nobody sleeps, so the
 * word never says WAITERS, and what the library does about that is the explorer's business.
 */
#include <pawl/mutex.h>

#include "client.h"

__thread uint32_t pawl_self_ = PAWL_NOBODY_;
#ifndef PAWL_ATOMICS
__thread ptrdiff_t pawl_restart_; /* 0: restart.h is of no use */
#endif

static pawl_mutex_t mutex;

int pawl_mutex_wait_(pawl_mutex_t *m, pawl_deadline_t deadline)
{
	(void)deadline;
	while (!pawl_mutex_take_(m))
		;
	return 0;
}

int pawl_mutex_hand_(pawl_mutex_t *m)
{
	(void)m;
	assert(!"who holds it can give it back");
	return EPERM;
}

void pawl_mutex_wake_(pawl_mutex_t *m)
{
	(void)m;
}

static void begin(void)
{
	mutex = (pawl_mutex_t){ 0 };
}

static void once(void)
{
	assert(pawl_mutex_lock(&mutex) == 0);
	section();
	assert(pawl_mutex_unlock(&mutex) == 0);
}

static void *thread(void *me)
{
	pawl_self_ = 1 + (uint32_t)(uintptr_t)me;
	once();
	if (me == (void *)1)
		once();
	return NULL;
}

static unsigned sections(void)
{
	return 4;
}

CLIENT(3)
