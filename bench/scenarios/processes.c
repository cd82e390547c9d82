/* SPDX-License-Identifier: BSD-2-Clause */
/** processes.c: locks between processes: alone, and contended. A process alone has nothing inside or outside. */
#include "contest.h"

static bool run(const bench_scenario_t *scenario, const bench_config_t *config, bench_results_t *results)
{
	static const bench_contest_kind_t kind = { .act = "lock", .workers = "procs", .bare_alone = true, .times = true };

	return bench_contest(&kind, scenario, config, results);
}

const bench_scenario_t bench_scenario_processes = {
	.name = "processes",
	.what = "processes contend for a lock in shared memory or a file",
	.rows = bench_rows_processes,
	.takes = BENCH_TAKES_PROCS | BENCH_TAKES_INSIDE | BENCH_TAKES_OUTSIDE | BENCH_TAKES_WINDOW | BENCH_TAKES_PIN |
		 BENCH_TAKES_FOREIGN | BENCH_TAKES_SEED | BENCH_TAKES_SPINS | BENCH_TAKES_SUMMARY,
	.usual = { .rounds = 15,
		.workers = BENCH_LIST(1, 2),
		.inside = BENCH_LIST(0, 150, 1000),
		.outside = BENCH_LIST(50),
		.free_ms = 80,
		.crowded_ms = 200,
		.peer = "glibc_robust" },
	.quick = { .rounds = 2,
		.only = "pawl_robust,pawl_named,glibc_robust,glibc_normal,posix_sem_shared,flock",
		.workers = BENCH_LIST(1, 2),
		.inside = BENCH_LIST(150),
		.outside = BENCH_LIST(50),
		.free_ms = 20,
		.crowded_ms = 40,
		.peer = "glibc_robust" },
	.run = run,
};
