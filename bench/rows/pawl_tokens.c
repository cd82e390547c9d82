/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl_tokens.c: one token of pawl's, as a lock. */
#include <pawl/chan.h>

#define BENCH_PREPARE pawl_tokens_t *const t = mem;
#define BENCH_TAKE    pawl_tokens_take(t, PAWL_FOREVER)
#define BENCH_GIVE    pawl_tokens_put(t)
#include "../loop.h"

static int open_one(void *mem)
{
	return pawl_tokens_init(mem, 1, PAWL_TOKENS_MAX);
}

const bench_row_t bench_pawl_tokens = {
	.name = "pawl_tokens",
	.what = "pawl_tokens_take, pawl_tokens_put of the only token",
	.spin_ns = -1,
	.open = open_one,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
};
