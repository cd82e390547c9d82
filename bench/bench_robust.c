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
#include "load.h"
#include "machine.h"
#include "window.h"

enum { OUTSIDE = 0x200, WINDOW, PIN, SPINS, PEER, SEED, MAX_FOREIGN };

static const struct argp_option options[] = {
	{ "procs", 'p', "N,..", 0, "Processes that contend (default 1,2)", 0 },
	{ "inside", 'i', "NS,..", 0, "Length of the section, when contended (default 0,150,1000)", 0 },
	{ "outside", OUTSIDE, "NS", 0, "Mean time between two sections, when contended (default 50)", 0 },
	{ "window", WINDOW, "MS", 0, "Length of a measurement (default 80, or 200 with more processes than CPUs)", 0 },
	{ "pin", PIN, NULL, 0, "Process i to the i-th CPU, counted round", 0 },
	{ "spins", SPINS, "NS,..", 0, "pawl's rows once for each of these spin budgets", 0 },
	{ "peer", PEER, "ROW", 0, "Compare with this row (default glibc_robust)", 0 },
	{ "seed", SEED, "N", 0, "Of the variation outside (default 1)", 0 },
	{ "max-foreign", MAX_FOREIGN, "PERCENT", 0, "Drop what was measured while others used more of a CPU (50)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bench_contest_config_t *c = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &c->common;
		break;
	case 'p':
		c->n_procs = bench_options_list(state, arg, 1, c->procs, BENCH_LIST_MOST);
		for (size_t i = 0; i < c->n_procs; i++)
			if (c->procs[i] > BENCH_WORKERS_MOST)
				argp_error(state, "%d processes at most", BENCH_WORKERS_MOST);
		break;
	case 'i':
		c->n_inside = bench_options_list(state, arg, 0, c->inside, BENCH_LIST_MOST);
		break;
	case OUTSIDE:
		c->outside_ns = (double)bench_options_number(state, arg, 0, 1000000000);
		break;
	case WINDOW:
		c->window_ms = bench_options_number(state, arg, 1, 60000);
		break;
	case PIN:
		c->pin = true;
		break;
	case SPINS:
		c->n_spins = bench_options_list(state, arg, 0, c->spins, BENCH_LIST_MOST);
		break;
	case PEER:
		c->peer = arg;
		break;
	case SEED:
		c->seed = (uint64_t)bench_options_number(state, arg, 0, INT32_MAX);
		break;
	case MAX_FOREIGN:
		c->drop = (double)bench_options_number(state, arg, 0, 100000) / 100;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &bench_options_argp, 0, NULL, 0 }, { NULL, 0, NULL, 0 } };
	static const struct argp argp = { .options = options,
		.parser = parse,
		.children = children,
		.doc = "Crash-robust locks against each other, alone and contended by processes." };
	bench_contest_config_t config = { .procs = { 1, 2 },
		.n_procs = 2,
		.inside = { 0, 150, 1000 },
		.n_inside = 3,
		.outside_ns = 50,
		.drop = BENCH_LOAD_DROP,
		.peer = "glibc_robust",
		.seed = 1 };
	bench_facts_t facts = { .n = 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &config);
	if (config.common.rounds == 0)
		config.common.rounds = config.common.quick ? 3 : 15;
	bench_facts_machine(&facts);
	return bench_contest(&config, &facts) ? EXIT_SUCCESS : EXIT_FAILURE;
}
