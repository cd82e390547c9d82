/* SPDX-License-Identifier: BSD-2-Clause */
/** wall.c: the C library's functions that tell the time of day, in its place (wall.h). The program's own come first, for libraries
 * as well. A server, another program, is given preload/clock.c.
 */
#include "wall.h"

#include <dlfcn.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

static int64_t off;

/* A number alone: nothing is ordered by it. */
void wall_set(int64_t seconds)
{
	__atomic_store_n(&off, seconds, __ATOMIC_RELAXED);
}

SHOWN int clock_gettime(clockid_t clock, struct timespec *now)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, now);

	if (rc == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += __atomic_load_n(&off, __ATOMIC_RELAXED);
	return rc;
}

SHOWN int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec t;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &t);
	*now = (struct timeval){ .tv_sec = t.tv_sec, .tv_usec = t.tv_nsec / 1000 };
	return 0;
}

SHOWN time_t time(time_t *to)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (to)
		*to = t.tv_sec;
	return t.tv_sec;
}

bool wall_is_everybodys(void)
{
	return dlsym(RTLD_DEFAULT, "clock_gettime") == (void *)(intptr_t)clock_gettime &&
	       dlsym(RTLD_DEFAULT, "gettimeofday") == (void *)(intptr_t)gettimeofday &&
	       dlsym(RTLD_DEFAULT, "time") == (void *)(intptr_t)time;
}
