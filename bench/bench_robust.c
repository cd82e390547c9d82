/* SPDX-License-Identifier: BSD-2-Clause */
/** bench_robust.c: locks that survive the death of their owner, against each other: alone, and contended by processes.
 *
 * A round measures every row once in every cell (so many processes, so long a section), row after row. Figures are
 * compared only inside a round, with the peer's: what the host did to both cancels out. Printed are the median of these
 * ratios, their geometric mean and the standard error of their logarithm.
 *
 * Exit status: 0; 1 if a row let two into the section, lost a worker or failed; 64 for wrong usage.
 */
#include <stdlib.h>

#include "contest.h"
#include "machine.h"

static const struct argp_option options[] = {
	{ "procs", 'p', "N,..", 0, "Processes that contend", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		return 0;
	case 'p':
		bench_contest_workers(state, state->input, arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &bench_contest_argp, 0, NULL, 0 }, { NULL, 0, NULL, 0 } };
	static const struct argp argp = { .options = options,
		.parser = parse,
		.children = children,
		.doc = "Crash-robust locks against each other, alone and contended by processes.\v"
		       "Defaults: --procs 1,2 --inside 0,150,1000 --outside 50 --peer glibc_robust --rounds 15, "
		       "windows of 80 ms, or 200 with more processes than CPUs. A process alone has nothing inside or "
		       "outside." };
	bench_contest_config_t config = { .bench = "robust",
		.common = { .rows = bench_rows_processes },
		.workers = { 1, 2 },
		.n_workers = 2,
		.inside = { 0, 150, 1000 },
		.n_inside = 3,
		.outside = { 50 },
		.n_outside = 1,
		.bare_alone = true,
		.free_ms = 80,
		.crowded_ms = 200,
		.peer = "glibc_robust",
		.seed = 1 };
	bench_facts_t facts = { .n = 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &config);
	if (config.common.rounds == 0)
		config.common.rounds = config.common.quick ? 3 : 15;
	bench_facts_machine(&facts);
	return bench_contest(&config, &facts) ? EXIT_SUCCESS : EXIT_FAILURE;
}
