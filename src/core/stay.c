/* SPDX-License-Identifier: BSD-2-Clause */
/** stay.c: a sequence that nobody is ever in, and whether the kernel says so (stay.h). */
#include "core/stay.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "core/self.h"

#ifdef PAWL__NO_STAY
void pawl__stay_get_ready(void)
{
}
#else
/* Where to go instead has to be preceded by the signature that glibc has registered. Nothing is ever executed there. */
static const struct {
	uint32_t signature, instead;
} landing = { 0x53053053, 0 };

const struct pawl__nowhere pawl__nowhere = {
	.start = (uint64_t)(uintptr_t)&landing,
	.length = 1,
	.instead = (uint64_t)(uintptr_t)&landing.instead,
};

uint64_t pawl__stay_mark;

static void find_out(void)
{
	struct timespec moment = { .tv_nsec = 1 };

	if (pawl_restart_ == 0)
		return;
	*pawl__stay_word() = (uint64_t)(uintptr_t)&pawl__nowhere;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL); /* another thread runs meanwhile, if only the idle one */
	if (!pawl__stay_is_unbroken())
		pawl__stay_mark = (uint64_t)(uintptr_t)&pawl__nowhere;
}

void pawl__stay_get_ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pawl__self(); /* which sees to pawl_restart_ */
	pthread_once(&once, find_out);
}
#endif
