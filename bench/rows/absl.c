/* SPDX-License-Identifier: BSD-2-Clause */
/** absl.c: the row of abseil's mutex; its loop is in C++: absl_loop.cc. */
#include "../row.h"

#ifdef BENCH_absl
#include "absl_loop.h"

static const bench_act_t acts[] = {
	{ .name = "pair", .run = bench_absl_pair },
	{ .name = "try", .run = bench_absl_try },
	{ .name = "refused", .holder = BENCH_THEIRS, .run = bench_absl_refused },
	{ .name = NULL },
};

const bench_row_t bench_absl_mutex = {
	.name = "absl_mutex",
	.what = "absl::Mutex, deadlock detection off",
	.spin_ns = -1,
	.open = bench_absl_open,
	.enter = bench_row_nothing,
	.run = bench_absl_run,
	.take = bench_absl_take,
	.give = bench_absl_give,
	.shut = bench_row_shut_nothing,
	.acts = acts,
};
#else
BENCH_ROW_ABSENT(bench_absl_mutex, "absl_mutex", "absl::Mutex, deadlock detection off", "libabsl-dev");
#endif
