/* SPDX-License-Identifier: BSD-2-Clause */
/** client_spin.c: the spinlock: three threads, one comes twice, one only tries. */
#include <pawl/spin.h>

#include "client.h"

static pawl_spin_t lock;
static unsigned tried; /* guarded by the lock */

static void begin(void)
{
	lock = (pawl_spin_t)PAWL_SPIN_INIT;
	tried = 0;
}

static void once(void)
{
	pawl_spin_lock(&lock);
	section();
	pawl_spin_unlock(&lock);
}

static void *thread(void *me)
{
	if (me == (void *)2) {
		if (pawl_spin_trylock(&lock) == 0) {
			section();
			tried++;
			pawl_spin_unlock(&lock);
		}
		return NULL;
	}
	once();
	if (me == (void *)1)
		once();
	return NULL;
}

static unsigned sections(void)
{
	return 3 + tried;
}

CLIENT(3)
