/* SPDX-License-Identifier: BSD-2-Clause */
/** names.c: many locks between processes, some of them more wanted than others: how often each is drawn falls with its rank
 * (zipf.h). With one name it is a contest for one lock; with thousands it is looking up, and memory. */
#include "contest.h"

static bool run(const bench_scenario_t *scenario, const bench_config_t *config, bench_results_t *results)
{
	static const bench_contest_kind_t kind = { .act = "lock", .workers = "procs", .times = true };

	return bench_contest(&kind, scenario, config, results);
}

const bench_scenario_t bench_scenario_names = {
	.name = "names",
	.what = "processes contend for locks drawn by Zipf's law, by name or not",
	.rows = bench_rows_fan,
	.takes = BENCH_TAKES_PROCS | BENCH_TAKES_NAMES | BENCH_TAKES_INSIDE | BENCH_TAKES_OUTSIDE | BENCH_TAKES_WINDOW |
		 BENCH_TAKES_PIN | BENCH_TAKES_FOREIGN | BENCH_TAKES_SEED | BENCH_TAKES_SPINS | BENCH_TAKES_SUMMARY,
	.usual = { .rounds = 10,
		.workers = BENCH_LIST(1, 2, 4),
		.names = BENCH_LIST(1, 64, 4096),
		.inside = BENCH_LIST(50),
		.outside = BENCH_LIST(50),
		.free_ms = 80,
		.crowded_ms = 200,
		.peer = "robust_hashed" },
	.quick = { .rounds = 2,
		.workers = BENCH_LIST(2),
		.names = BENCH_LIST(1, 4096),
		.inside = BENCH_LIST(50),
		.outside = BENCH_LIST(50),
		.free_ms = 20,
		.crowded_ms = 40,
		.peer = "robust_hashed" },
	.run = run,
};
