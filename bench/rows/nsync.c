/* SPDX-License-Identifier: BSD-2-Clause */
/** nsync.c: nsync's mutex. */
#include "../row.h"

#ifdef BENCH_nsync
#include <errno.h>

#include <nsync.h>

static inline int take(nsync_mu *m)
{
	nsync_mu_lock(m);
	return 0;
}

static inline int give(nsync_mu *m)
{
	nsync_mu_unlock(m);
	return 0;
}

#define BENCH_PREPARE nsync_mu *const m = mem;
#define BENCH_TAKE    take(m)
#define BENCH_GIVE    give(m)
#include "../loop.h"

static int open_mu(void *mem)
{
	nsync_mu_init(mem);
	return 0;
}

BENCH_ACT(pair, nsync_mu *m = mem, take(m) ? EPROTO : give(m))
BENCH_ACT(try, nsync_mu *m = mem, nsync_mu_trylock(m) ? give(m) : EPROTO)
BENCH_ACT(refused, nsync_mu *m = mem, nsync_mu_trylock(m) ? EPROTO : 0)

static const bench_act_t acts[] = {
	{ .name = "pair", .run = pair },
	{ .name = "try", .run = try },
	{ .name = "refused", .holder = BENCH_THEIRS, .run = refused },
	{ .name = NULL },
};

const bench_row_t bench_nsync_mu = {
	.name = "nsync_mu",
	.what = "nsync_mu_lock, nsync_mu_unlock",
	.spin_ns = -1,
	.open = open_mu,
	.enter = bench_row_nothing,
	.run = run_lock,
	.take = take_lock,
	.give = give_lock,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
#else
BENCH_ROW_ABSENT(bench_nsync_mu, "nsync_mu", "nsync_mu_lock, nsync_mu_unlock", "libnsync-dev");
#endif
