/* SPDX-License-Identifier: BSD-2-Clause */
/** rally.c: one element that two threads send to and fro through two queues of one: at once, and after thinking (--inside)
 * for so long that the other has gone to sleep. An operation is a round trip. Timed are some of them, without the thinking
 * of the one who serves. */
#include "contest.h"

static bool run(const bench_scenario_t *scenario, const bench_config_t *config, bench_results_t *results)
{
	static const bench_contest_kind_t kind = {
		.act = "rally", .workers = "pairs", .threads = true, .pairs = true, .times = true
	};

	return bench_contest(&kind, scenario, config, results);
}

const bench_scenario_t bench_scenario_rally = {
	.name = "rally",
	.what = "round trips of one element between two threads",
	.rows = bench_rows_rallies,
	.takes = BENCH_TAKES_INSIDE | BENCH_TAKES_WINDOW | BENCH_TAKES_PIN | BENCH_TAKES_FOREIGN | BENCH_TAKES_SEED |
		 BENCH_TAKES_SPINS,
	.usual = { .rounds = 25,
		.workers = BENCH_LIST(1),
		.inside = BENCH_LIST(0, 100000),
		.outside = BENCH_LIST(0),
		.free_ms = 80,
		.crowded_ms = 200,
		.peer = "ck_ring" },
	.quick = { .rounds = 2,
		.workers = BENCH_LIST(1),
		.inside = BENCH_LIST(0, 100000),
		.outside = BENCH_LIST(0),
		.free_ms = 20,
		.crowded_ms = 40,
		.peer = "ck_ring" },
	.run = run,
};
