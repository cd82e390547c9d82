/* SPDX-License-Identifier: BSD-2-Clause */
/** plan.c: which faults come when, from a seed. */
#include "torture.h"

#include "../lib/harness.h"

const char *const fault_names[FAULTS] = { "kill", "kill busy", "stop", "slow", "fork", "fork inside", "exec", "remount",
	"fill", "no files", "no memory", "no room", "nice" };

/* How often, of the sum. */
static const unsigned weight[FAULTS] = { 24, 40, 10, 4, 8, 6, 8, 8, 3, 4, 4, 2, 3 };

static fault_t draw(uint64_t *seed)
{
	unsigned sum = 0, dice;

	for (unsigned i = 0; i < FAULTS; i++)
		sum += weight[i];
	dice = (unsigned)(random_next(seed) % sum);
	for (unsigned i = 0; i < FAULTS; i++) {
		if (dice < weight[i])
			return (fault_t)i;
		dice -= weight[i];
	}
	return KILL;
}

struct step plan_next(uint64_t *seed)
{
	struct step s = { .fault = draw(seed) };

	s.wait_us = (unsigned)(random_next(seed) % 6000);
	s.victim = (unsigned)(random_next(seed) % WORKERS);
	s.more = (unsigned)random_next(seed);
	return s;
}

uint64_t plan_digest(uint64_t seed, unsigned n)
{
	uint64_t digest = 0;

	while (n-- > 0) {
		struct step s = plan_next(&seed);

		digest = (digest ^ s.wait_us ^ (uint64_t)s.fault << 20 ^ (uint64_t)s.victim << 28 ^ (uint64_t)s.more << 32) *
			 UINT64_C(0x100000001b3);
	}
	return digest;
}
