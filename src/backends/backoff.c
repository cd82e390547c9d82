/* SPDX-License-Identifier: BSD-2-Clause */
/** backoff.c: see backoff.h. Chance comes from the kernel: hosts that were cloned must not agree. */
#include "backends/backoff.h"

#include <sys/random.h>

#define FIRST_NS 20000000ll
enum { DOUBLINGS = 7 }; /* 2.56 s */

int64_t backoff_jitter(int64_t span)
{
	uint32_t chance = 0;

	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
		return span;
	return span - (int64_t)((double)span / 2 * (chance / (double)UINT32_MAX));
}

int64_t backoff_next(struct backoff *b)
{
	unsigned n = b->failures < DOUBLINGS ? b->failures++ : DOUBLINGS;

	return backoff_jitter(FIRST_NS << n);
}
