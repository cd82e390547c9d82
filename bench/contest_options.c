/* SPDX-License-Identifier: BSD-2-Clause */
/** contest_options.c: the options of a contest (contest.h), to hang under a program's own. */
#include "contest.h"

enum { OUTSIDE = 0x200, WINDOW, PIN, SPINS, PEER, SEED, MAX_FOREIGN, SUMMARY };

static const struct argp_option options[] = {
	{ "inside", 'i', "NS,..", 0, "Length of the section", 0 },
	{ "outside", OUTSIDE, "NS,..", 0, "Mean time between two sections", 0 },
	{ "window", WINDOW, "MS", 0, "Length of a measurement (default: more with more workers than CPUs)", 0 },
	{ "pin", PIN, NULL, 0, "Worker i to the i-th CPU, counted round", 0 },
	{ "spins", SPINS, "NS,..", 0, "pawl's rows once for each of these spin budgets", 0 },
	{ "peer", PEER, "ROW", 0, "Compare with this row, cell by cell", 0 },
	{ "seed", SEED, "N", 0, "Of the variation outside (default 1)", 0 },
	{ "max-foreign", MAX_FOREIGN, "PERCENT", 0,
		"Drop what was measured while others used more of a CPU (50; --quick: any)", 0 },
	{ "summary", SUMMARY, NULL, 0, "As CSV or JSON: pawl's rows against each peer, in place of the cells", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bench_contest_config_t *c = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &c->common;
		break;
	case 'i':
		c->n_inside = bench_options_list(state, arg, 0, c->inside, BENCH_LIST_MOST);
		break;
	case OUTSIDE:
		c->n_outside = bench_options_list(state, arg, 0, c->outside, BENCH_LIST_MOST);
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
		c->drop = (double)bench_options_number(state, arg, 1, 100000) / 100;
		break;
	case SUMMARY:
		c->summary = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = { { &bench_options_argp, 0, NULL, 0 }, { NULL, 0, NULL, 0 } };
const struct argp bench_contest_argp = { .options = options, .parser = parse, .children = children };

void bench_contest_workers(const struct argp_state *state, bench_contest_config_t *c, const char *text)
{
	const int most = BENCH_WORKERS_MOST / (c->pairs ? 2 : 1);

	c->n_workers = bench_options_list(state, text, 1, c->workers, BENCH_LIST_MOST);
	for (size_t i = 0; i < c->n_workers; i++)
		if (c->workers[i] > most)
			argp_error(state, "%d at most", most);
}
