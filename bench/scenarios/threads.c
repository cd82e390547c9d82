/* SPDX-License-Identifier: BSD-2-Clause */
/** threads.c: locks between the threads of one process: alone, contended, with more threads than CPUs. What a pair costs
 * alone is measured more finely by the scenario `alone`. Goroutines take part where nothing is inside and outside. */
#include "contest.h"

static bool run(const bench_scenario_t *scenario, const bench_config_t *config, bench_results_t *results)
{
	static const bench_contest_kind_t kind = { .act = "lock", .workers = "threads", .threads = true, .times = true };

	return bench_contest(&kind, scenario, config, results);
}

const bench_scenario_t bench_scenario_threads = {
	.name = "threads",
	.what = "threads of one process contend for a lock",
	.rows = bench_rows_threads,
	.takes = BENCH_TAKES_THREADS | BENCH_TAKES_INSIDE | BENCH_TAKES_OUTSIDE | BENCH_TAKES_WINDOW | BENCH_TAKES_PIN |
		 BENCH_TAKES_FOREIGN | BENCH_TAKES_SEED | BENCH_TAKES_SPINS | BENCH_TAKES_LOAD | BENCH_TAKES_SUMMARY,
	.usual = { .rounds = 5,
		.workers = BENCH_LIST(1, 2, 4, 8),
		.inside = BENCH_LIST(0, 50, 500),
		.outside = BENCH_LIST(0, 200),
		.free_ms = 60,
		.crowded_ms = 200,
		.peer = "pthread_normal" },
	.quick = { .rounds = 2,
		.only = "pawl_spin,pawl_mutex,pawl_tokens,pthread_normal,pthread_adaptive,nsync_mu,absl_mutex,ck_fas,"
			"ttas,drepper",
		.workers = BENCH_LIST(2, 4),
		.inside = BENCH_LIST(50),
		.outside = BENCH_LIST(200),
		.free_ms = 15,
		.crowded_ms = 30,
		.peer = "pthread_normal" },
	.run = run,
};
