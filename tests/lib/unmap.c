/* SPDX-License-Identifier: BSD-2-Clause */
/** unmap.c: two threads in step, so that one takes the lock in the moment in which the other gives it up (unmap.h). */
#include "unmap.h"

#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>

#include "kids.h"
#include "mates.h"

#define PAGE 4096

static struct {
	const struct unmap_lock *of;
	unsigned rounds;
	void *lock; /* alone on its page */
	uint32_t step;
	int wrong; /* the releaser's */
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

static void release_often(void *unused)
{
	(void)unused;
	for (uint32_t n = 0; n < it.rounds; n++) {
		await_step(4 * n + 1);
		it.wrong += it.of->take(it.lock) != 0;
		make_step(4 * n + 2);
		await_step(4 * n + 3);
		it.wrong += it.of->give(it.lock) != 0;
		make_step(4 * n + 4);
	}
}

/* The next owner comes asleep, or spinning; gives it up before it is gone, or does not bother. */
static int take_over(uint32_t n)
{
	int wrong;

	sleep_at_once(n % 3 == 0);
	it.lock = kids_map(PAGE);
	wrong = it.of->init(it.lock) != 0;
	make_step(4 * n + 1);
	await_step(4 * n + 2);
	make_step(4 * n + 3);
	wrong += it.of->take(it.lock) != 0;
	if (n % 2)
		wrong += it.of->give(it.lock) != 0;
	munmap(it.lock, PAGE);
	await_step(4 * n + 4);
	return wrong;
}

static int hand_over(void *unused)
{
	crew_t *releaser = crew_start(1, release_often, NULL, 0);
	int wrong = 0;

	(void)unused;
	for (uint32_t n = 0; n < it.rounds; n++)
		wrong += take_over(n);
	crew_join(releaser);
	return wrong || it.wrong;
}

int unmap_often(const struct unmap_lock *of, unsigned rounds)
{
	it.of = of;
	it.rounds = rounds;
	return kids_join(kids_fork(hand_over, NULL));
}
