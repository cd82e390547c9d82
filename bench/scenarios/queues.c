/* SPDX-License-Identifier: BSD-2-Clause */
/** queues.c: queues with room for 256 elements of 8 bytes, between as many senders as receivers. An operation is an element
 * received. Every element has to be received, and once: the sums of what went in and of what came out have to agree. */
#include "contest.h"

static bool run(const bench_scenario_t *scenario, const bench_config_t *config, bench_results_t *results)
{
	static const bench_contest_kind_t kind = { .act = "queue", .workers = "pairs", .threads = true, .pairs = true };

	return bench_contest(&kind, scenario, config, results);
}

const bench_scenario_t bench_scenario_queues = {
	.name = "queues",
	.what = "from so many senders to as many receivers through 256 slots",
	.rows = bench_rows_queues,
	.takes = BENCH_TAKES_PAIRS | BENCH_TAKES_WINDOW | BENCH_TAKES_PIN | BENCH_TAKES_FOREIGN | BENCH_TAKES_SEED |
		 BENCH_TAKES_SPINS | BENCH_TAKES_SUMMARY,
	.usual = { .rounds = 25,
		.workers = BENCH_LIST(1, 2, 4),
		.inside = BENCH_LIST(0),
		.outside = BENCH_LIST(0),
		.free_ms = 80,
		.crowded_ms = 200,
		.peer = "ck_ring" },
	.quick = { .rounds = 2,
		.workers = BENCH_LIST(1, 2),
		.inside = BENCH_LIST(0),
		.outside = BENCH_LIST(0),
		.free_ms = 20,
		.crowded_ms = 40,
		.peer = "ck_ring" },
	.run = run,
};
