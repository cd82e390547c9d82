/* SPDX-License-Identifier: BSD-2-Clause */
/** bench_mutex.c: locks of the threads of one process, against each other: alone, contended, with more threads than CPUs.
 *
 * A round measures every row once in every cell: so many threads, so long a section, so long a time outside. Figures are
 * compared only inside a round: what the host did to both cancels out. Below the cells follows the summary: each of
 * pawl's rows against each peer by number of threads, CPU time likewise, and how evenly the threads were served. The
 * price of a pair alone is measured more finely by bench_alone.
 *
 * Exit status: 0; 1 if a row let two into the section, lost a worker or failed; 64 for wrong usage.
 */
#include <stdlib.h>
#include <string.h>

#include "contest.h"
#include "machine.h"
#include "rows/loaded.h"

enum { LOAD = 0x300 };

static const struct argp_option options[] = {
	{ "threads", 't', "N,..", 0, "Threads that contend", 0 },
	{ "load", LOAD, "FILE", 0,
		"Measure also the lock in this shared object: bench_lock_init, bench_lock, bench_unlock", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bench_contest_config_t *c = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = c;
		return 0;
	case 't':
		bench_contest_workers(state, c, arg);
		return 0;
	case LOAD:
		bench_loaded_file = arg;
		c->common.asked |= BENCH_LOADED;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void set_inside(bench_contest_config_t *c)
{
	static const double all[] = { 0, 50, 500 }, few[] = { 0, 500 };

	c->n_inside = c->common.quick ? 2 : 3;
	memcpy(c->inside, c->common.quick ? few : all, c->n_inside * sizeof(*all));
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &bench_contest_argp, 0, NULL, 0 }, { NULL, 0, NULL, 0 } };
	static const struct argp argp = { .options = options,
		.parser = parse,
		.children = children,
		.doc = "Locks of one process against each other, alone and contended by threads.\v"
		       "Defaults: --threads 1,2,4,8 --inside 0,50,500 --outside 0,200 --peer pthread_normal --rounds "
		       "5, "
		       "windows of 60 ms, or 200 with more threads than CPUs. --quick: 2 rounds, a quarter of that, "
		       "and "
		       "not the 50." };
	bench_contest_config_t config = { .bench = "mutex",
		.common = { .rows = bench_rows_threads },
		.threads = true,
		.workers = { 1, 2, 4, 8 },
		.n_workers = 4,
		.outside = { 0, 200 },
		.n_outside = 2,
		.free_ms = 60,
		.crowded_ms = 200,
		.peer = "pthread_normal",
		.seed = 1 };
	bench_facts_t facts = { .n = 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &config);
	if (config.n_inside == 0)
		set_inside(&config);
	if (config.common.rounds == 0)
		config.common.rounds = config.common.quick ? 2 : 5;
	bench_facts_machine(&facts);
	return bench_contest(&config, &facts) ? EXIT_SUCCESS : EXIT_FAILURE;
}
