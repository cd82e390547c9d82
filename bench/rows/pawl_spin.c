/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl_spin.c: pawl's spinlock. */
#include <pawl/spin.h>

static inline int take(pawl_spin_t *s)
{
	pawl_spin_lock(s);
	return 0;
}

static inline int give(pawl_spin_t *s)
{
	pawl_spin_unlock(s);
	return 0;
}

#define BENCH_PREPARE pawl_spin_t *const s = mem;
#define BENCH_TAKE    take(s)
#define BENCH_GIVE    give(s)
#include "../loop.h"

const bench_row_t bench_pawl_spin = {
	.name = "pawl_spin",
	.what = "pawl_spin_lock, pawl_spin_unlock",
	.spin_ns = -1,
	.open = bench_row_nothing,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
};
