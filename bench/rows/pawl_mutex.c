/* SPDX-License-Identifier: BSD-2-Clause */
/** pawl_mutex.c: pawl's mutex, by itself and with each of its flags. One loop serves all three: the kind is in the mutex. */
#include <pawl/mutex.h>

#define BENCH_PREPARE pawl_mutex_t *const m = mem;
#define BENCH_TAKE    pawl_mutex_lock(m)
#define BENCH_GIVE    pawl_mutex_unlock(m)
#include "../loop.h"

static int open_plain(void *mem)
{
	return pawl_mutex_init(mem, 0);
}

static int open_stable(void *mem)
{
	return pawl_mutex_init(mem, PAWL_STABLE);
}

static int open_recursive(void *mem)
{
	return pawl_mutex_init(mem, PAWL_RECURSIVE);
}

#define FAR ((pawl_deadline_t)INT64_MAX / 2)
BENCH_ACT(pair, pawl_mutex_t *m = mem, pawl_mutex_lock(m) ? EPROTO : pawl_mutex_unlock(m))
BENCH_ACT(try, pawl_mutex_t *m = mem, pawl_mutex_trylock(m) ? EPROTO : pawl_mutex_unlock(m))
BENCH_ACT(refused, pawl_mutex_t *m = mem, BENCH_FAILS(pawl_mutex_trylock(m), EBUSY))
BENCH_ACT(timed, pawl_mutex_t *m = mem, pawl_mutex_timedlock(m, FAR) ? EPROTO : pawl_mutex_unlock(m))
BENCH_ACT(clocked, pawl_mutex_t *m = mem, pawl_mutex_timedlock(m, pawl_in_ms(1000)) ? EPROTO : pawl_mutex_unlock(m))

/* The first is for the recursive one only. */
static const bench_act_t acts[] = {
	{ .name = "nested", .holder = BENCH_OURS, .run = pair },
	{ .name = "pair", .run = pair },
	{ .name = "try", .run = try },
	{ .name = "refused", .holder = BENCH_THEIRS, .run = refused },
	{ .name = "timed", .run = timed },
	{ .name = "timed+clock", .run = clocked },
	{ .name = NULL },
};

#define ROW(row, its_name, its_what, its_open, its_acts)                                                               \
	const bench_row_t row = {                                                                                      \
		.name = its_name,                                                                                      \
		.what = its_what,                                                                                      \
		.spin_ns = -1,                                                                                         \
		.open = its_open,                                                                                      \
		.enter = bench_row_nothing,                                                                            \
		.run = run_lock,                                                                                       \
		.take = take_lock,                                                                                     \
		.give = give_lock,                                                                                     \
		.shut = bench_row_shut_nothing,                                                                        \
		.acts = its_acts,                                                                                      \
	}

ROW(bench_pawl_mutex, "pawl_mutex", "pawl_mutex_lock, pawl_mutex_unlock", open_plain, acts + 1);
ROW(bench_pawl_stable, "pawl_stable", "the same with PAWL_STABLE", open_stable, acts + 1);
ROW(bench_pawl_recursive, "pawl_recursive", "the same with PAWL_RECURSIVE", open_recursive, acts);
