/* SPDX-License-Identifier: BSD-2-Clause */
/* random.c: numbers from a seed, and the clock. */
#include <time.h>

#include "exchange.h"

/* Weyl sequence with a finalizer: any seed is good, neighbours included. */
uint64_t random_number(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* The bias is below 2^-40 for the bounds used here. */
uint64_t random_below(uint64_t *state, uint64_t bound)
{
	return random_number(state) % bound;
}

int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
