/* SPDX-License-Identifier: BSD-2-Clause */
/** drepper.c: the mutex of three states that Ulrich Drepper's "Futexes Are Tricky" ends with: free, taken, taken and
 * perhaps waited for. The plain futex mutex, without spinning: what many programs carry. */
#include <errno.h>

#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pawl/annotate.h>

enum { FREE, TAKEN, WAITED };

__attribute__((noinline)) static void wait_for(uint32_t *word)
{
	/* DR1 acquire: pairs with DR2. Whoever has slept cannot know that it was the only one */
	while (PAWL_XCHG(word, WAITED, ACQUIRE) != FREE)
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, WAITED, NULL, NULL, 0);
}

static inline int take(uint32_t *word)
{
	uint32_t free = FREE;

	/* DR1 acquire: pairs with DR2 */
	if (PAWL_UNLIKELY(!PAWL_CAS(word, &free, TAKEN, ACQUIRE)))
		wait_for(word);
	return 0;
}

static inline int give(uint32_t *word)
{
	/* DR2 release: pairs with DR1 */
	if (PAWL_UNLIKELY(PAWL_XCHG(word, FREE, RELEASE) == WAITED))
		syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return 0;
}

#define BENCH_PREPARE uint32_t *const word = mem;
#define BENCH_TAKE    take(word)
#define BENCH_GIVE    give(word)
#include "../loop.h"

BENCH_ACT(pair, uint32_t *word = mem, take(word) ? EPROTO : give(word))

static const bench_act_t acts[] = {
	{ .name = "pair", .run = pair },
	{ .name = NULL },
};

const bench_row_t bench_drepper = {
	.name = "drepper",
	.what = "the three-state futex mutex of \"Futexes Are Tricky\"",
	.spin_ns = -1,
	.open = bench_row_nothing,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
