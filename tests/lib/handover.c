/* SPDX-License-Identifier: BSD-2-Clause */
/** handover.c: two threads in step, the one who gives and the one who takes (handover.h). */
#include "handover.h"

#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <pawl/annotate.h>

#include "kids.h"
#include "mates.h"

#define PAGE 4096

static struct {
	const struct handover *of;
	unsigned rounds;
	void *lock; /* alone on its page */
	uint32_t step;
	int wrong; /* the giver's */
} it;

static void await_step(uint32_t step)
{
	for (unsigned looks = 1; __atomic_load_n(&it.step, __ATOMIC_ACQUIRE) < step; looks++)
		if (looks % 1024 == 0)
			sched_yield();
}

static void make_step(uint32_t step)
{
	__atomic_store_n(&it.step, step, __ATOMIC_RELEASE);
}

/* Long enough for a call into the kernel. */
static void rest(uint64_t *rng)
{
	for (uint64_t n = random_next(rng) % (random_next(rng) % 2 ? 10 : 100); n > 0; n--)
		PAWL_CPU_PAUSE();
}

/* On the first or the last CPU there is: two that share one take turns, and never meet. */
static void stay(bool first)
{
	cpu_set_t all, one;

	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &all) && (!first || CPU_COUNT(&one) == 0)) {
			CPU_ZERO(&one);
			CPU_SET(cpu, &one);
		}
	sched_setaffinity(0, sizeof(one), &one);
}

static void give_often(void *unused)
{
	uint64_t rng = 1;

	(void)unused;
	stay(true);
	for (uint32_t n = 0; n < it.rounds; n++) {
		await_step(4 * n + 1);
		it.wrong += it.of->take(it.lock) != 0;
		make_step(4 * n + 2);
		await_step(4 * n + 3);
		rest(&rng);
		it.wrong += it.of->give(it.lock) != 0;
		make_step(4 * n + 4);
	}
}

/* The taker comes asleep, or looking around; gives it up before it is gone, or does not bother. */
static int take_over(uint32_t n, uint64_t *rng)
{
	int wrong;

	sleep_at_once(n % 3 != 0);
	memset(it.lock, 0, PAGE);
	wrong = it.of->init(it.lock) != 0;
	make_step(4 * n + 1);
	await_step(4 * n + 2);
	make_step(4 * n + 3);
	rest(rng);
	wrong += it.of->take(it.lock) != 0;
	if (n % 2)
		wrong += it.of->give(it.lock) != 0;
	if (it.of->unmap)
		munmap(it.lock, PAGE);
	await_step(4 * n + 4);
	if (it.of->unmap)
		it.lock = kids_map(PAGE);
	return wrong;
}

static int hand_over(void *unused)
{
	crew_t *giver = crew_start(1, give_often, NULL, 0);
	uint64_t rng = 2;
	int wrong = 0;

	(void)unused;
	stay(false);
	it.lock = kids_map(PAGE);
	for (uint32_t n = 0; n < it.rounds; n++)
		wrong += take_over(n, &rng);
	crew_join(giver);
	return wrong || it.wrong;
}

int handover_often(const struct handover *of, unsigned rounds)
{
	it.of = of;
	it.rounds = rounds;
	return kids_join(kids_fork(hand_over, NULL));
}
