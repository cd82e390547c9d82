/* SPDX-License-Identifier: BSD-2-Clause */
/** cancel.h: no function of pawl is a cancellation point, though some of the system calls they make are. */
#ifndef PAWL__CANCEL_H
#define PAWL__CANCEL_H

#include <pthread.h>

static inline int pawl__cancel_off(void)
{
	int old;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	return old;
}

static inline void pawl__cancel_back(int old)
{
	pthread_setcancelstate(old, NULL);
}

#endif
