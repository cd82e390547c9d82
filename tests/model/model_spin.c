/* SPDX-License-Identifier: BSD-2-Clause */
/** model_spin.c: spin.h in every order. */
#include <pawl/spin.h>

#include "section.h"

static struct shared {
	pawl_spin_t spin;
	struct section section;
} * shared;

static void setup(void)
{
	shared = model_alloc(sizeof(*shared));
	MODEL_NAME(shared->spin);
	MODEL_NAME(shared->section.data);
}

static void lock_once(unsigned me)
{
	(void)me;
	pawl_spin_lock(&shared->spin);
	section_run(&shared->section);
	pawl_spin_unlock(&shared->spin);
}

static void lock_twice(unsigned me)
{
	lock_once(me);
	lock_once(me);
}

static void try_or_lock(unsigned me)
{
	if (me == 0) {
		lock_once(me);
		return;
	}
	if (pawl_spin_trylock(&shared->spin) != 0)
		return;
	section_run(&shared->section);
	pawl_spin_unlock(&shared->spin);
}

/* Whoever comes last does not unlock it, but frees the memory it lies in. */
static void last_one_frees(unsigned me)
{
	(void)me;
	pawl_spin_lock(&shared->spin);
	section_run(&shared->section);
	if (shared->section.done == 3)
		model_retire(&shared->spin, sizeof(shared->spin));
	else
		pawl_spin_unlock(&shared->spin);
}

static const struct model_case cases[] = {
	{ .name = "two threads, twice", .threads = 2, .setup = setup, .thread = lock_twice },
	{ .name = "three threads", .threads = 3, .setup = setup, .thread = lock_once },
	{ .name = "three threads, try", .threads = 3, .setup = setup, .thread = try_or_lock },
	{ .name = "the last one frees it", .threads = 3, .setup = setup, .thread = last_one_frees },
	{ .name = "the clock jumps", .threads = 2, .setup = setup, .thread = lock_once, .ticks = 2 },
};

int main(int argc, char **argv)
{
	return model_main("spin", cases, sizeof(cases) / sizeof(cases[0]), argc, argv);
}
