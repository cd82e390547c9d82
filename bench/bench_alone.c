/* SPDX-License-Identifier: BSD-2-Clause */
/** bench_alone.c: what one thread pays for a lock that nobody else wants: a pair, a try, a refused try, a nested pair, a
 * timed lock; each in nanoseconds, as a multiple of the floor (what no lock can go below: floor.c) and as a part of what
 * pthread's takes, in the same rounds.
 *
 * Exit status: 0; 1 if an operation did not do what it should; 64 for wrong usage.
 */
#include <stdlib.h>

#include "alone.h"
#include "machine.h"

static const struct argp_option options[] = {
	{ "peer", 'P', "ROW", 0, "Compare with this row (default pthread_normal; nested: pthread_recursive)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bench_alone_config_t *c = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &c->common;
		return 0;
	case 'P':
		c->peer = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &bench_options_argp, 0, NULL, 0 }, { NULL, 0, NULL, 0 } };
	static const struct argp argp = { .options = options,
		.parser = parse,
		.children = children,
		.doc = "What one thread pays for a lock that nobody else wants." };
	static const char *const acts[] = { "pair", "try", "refused", "nested", "timed", "timed+clock", NULL };
	bench_alone_config_t config = { .bench = "alone",
		.common = { .rows = bench_rows_threads },
		.acts = acts,
		.floor = "floor",
		.peer = "pthread_normal",
		.peer2 = "pthread_recursive" };
	bench_facts_t facts = { .n = 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &config);
	if (config.common.rounds == 0)
		config.common.rounds = config.common.quick ? 300 : 3000;
	bench_facts_machine(&facts);
	return bench_alone(&config, &facts) ? EXIT_SUCCESS : EXIT_FAILURE;
}
