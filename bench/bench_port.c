/* SPDX-License-Identifier: BSD-2-Clause */
/** bench_port.c: a lock that is tried rather than waited for, in Go (a channel of one in a `select` with `default`) and here.
 *
 * First what one thread pays for each operation, then the throughput of threads, and of goroutines, that fight over one
 * lock with nothing inside. The program in Go is started once for each of its measurements, in turn with ours.
 *
 * Exit status: 0; 1 if an operation did not do what it should, or two were in the section; 64 for wrong usage.
 */
#include <stdlib.h>

#include "alone.h"
#include "contest.h"
#include "machine.h"

enum { CONTENDED = 0x400 };

typedef struct config {
	bench_contest_config_t contest;
	bool contended; /* as CSV or JSON: this, in place of the single operations */
} config_t;

static const struct argp_option options[] = {
	{ "threads", 't', "N,..", 0, "Threads, or goroutines, that contend", 0 },
	{ "contended", CONTENDED, NULL, 0, "As CSV or JSON: throughput, in place of the single operations", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	config_t *c = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &c->contest;
		return 0;
	case 't':
		bench_contest_workers(state, &c->contest, arg);
		return 0;
	case CONTENDED:
		c->contended = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool single_operations(const bench_options_t *common)
{
	static const char *const acts[] = { "pair", "try", "refused", "timed+clock", NULL };
	bench_alone_config_t config = {
		.bench = "port", .common = *common, .acts = acts, .floor = "floor", .peer = "go_chan", .peer2 = "go_mutex"
	};
	bench_facts_t facts = { .n = 0 };

	if (common->rounds == 0)
		config.common.rounds = common->quick ? 100 : 1000;
	bench_facts_machine(&facts);
	return bench_alone(&config, &facts);
}

static bool contended(bench_contest_config_t *config)
{
	bench_facts_t facts = { .n = 0 };

	if (config->common.rounds == 0)
		config->common.rounds = config->common.quick ? 3 : 25;
	bench_facts_machine(&facts);
	return bench_contest(config, &facts);
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &bench_contest_argp, 0, NULL, 0 }, { NULL, 0, NULL, 0 } };
	static const struct argp argp = { .options = options,
		.parser = parse,
		.children = children,
		.doc = "A lock that is tried, in Go and here: single operations, then threads that contend.\v"
		       "Defaults: --threads 2,8 --inside 0 --outside 0 --peer go_chan, 1000 rounds of single "
		       "operations and 25 "
		       "of contention, windows of 80 ms, or 200 with more threads than CPUs." };
	config_t config = { .contest = { .bench = "port_contended",
				    .common = { .rows = bench_rows_port },
				    .threads = true,
				    .workers = { 2, 8 },
				    .n_workers = 2,
				    .inside = { 0 },
				    .n_inside = 1,
				    .outside = { 0 },
				    .n_outside = 1,
				    .free_ms = 80,
				    .crowded_ms = 200,
				    .peer = "go_chan",
				    .seed = 1 } };
	bool people, good = true;

	argp_parse(&argp, argc, argv, 0, NULL, &config);
	people = config.contest.common.format == BENCH_TABLE;
	if (people || !config.contended)
		good &= single_operations(&config.contest.common);
	if (people)
		putchar('\n');
	if (people || config.contended)
		good &= contended(&config.contest);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
