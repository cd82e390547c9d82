/* SPDX-License-Identifier: BSD-2-Clause */
/** ttas.c: the spinlock of the textbooks, in C11: look until it is free, then try. */
#include <errno.h>

#include <stdatomic.h>

#include <pawl/annotate.h>

static inline int take(atomic_uint *word)
{
	while (atomic_exchange_explicit(word, 1, memory_order_acquire))
		while (atomic_load_explicit(word, memory_order_relaxed))
			PAWL_CPU_PAUSE();
	return 0;
}

static inline int give(atomic_uint *word)
{
	atomic_store_explicit(word, 0, memory_order_release);
	return 0;
}

#define BENCH_PREPARE atomic_uint *const word = mem;
#define BENCH_TAKE    take(word)
#define BENCH_GIVE    give(word)
#include "../loop.h"

BENCH_ACT(pair, atomic_uint *word = mem, take(word) ? EPROTO : give(word))

static const bench_act_t acts[] = {
	{ .name = "pair", .run = pair },
	{ .name = NULL },
};

const bench_row_t bench_ttas = {
	.name = "ttas",
	.what = "C11 test-and-test-and-set",
	.spin_ns = -1,
	.open = bench_row_nothing,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
