/* SPDX-License-Identifier: BSD-2-Clause */
/** bench_chan.c: queues with room for 256 elements of 8 bytes, between as many senders as receivers; then one element that
 * two threads send to and fro through two queues of one, at once, and after thinking for so long that the other has gone
 * to sleep.
 *
 * An operation is an element received, or a round trip. Every element has to be received, and once: the sums of what went
 * in and of what came out have to agree.
 *
 * Exit status: 0; 1 if elements were lost or came twice, or a row failed; 64 for wrong usage.
 */
#include <stdlib.h>

#include "contest.h"
#include "machine.h"

enum { RALLY = 0x400 };

typedef struct config {
	bench_contest_config_t queue;
	bool rally; /* as CSV or JSON: this, in place of the queues */
} config_t;

static const struct argp_option options[] = {
	{ "pairs", 'p', "N,..", 0, "So many senders, and as many receivers", 0 },
	{ "rally", RALLY, NULL, 0, "As CSV or JSON: round trips, in place of the queues", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	config_t *c = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &c->queue;
		return 0;
	case 'p':
		bench_contest_workers(state, &c->queue, arg);
		return 0;
	case RALLY:
		c->rally = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool measure(const bench_contest_config_t *config)
{
	bench_facts_t facts = { .n = 0 };

	bench_facts_machine(&facts);
	return bench_contest(config, &facts);
}

/* One pair; --inside does not matter to queues, but here. */
static bench_contest_config_t rally_of(const bench_contest_config_t *queue)
{
	bench_contest_config_t rally = *queue;

	rally.bench = "chan_rally";
	rally.common.rows = bench_rows_rallies;
	rally.workers[0] = rally.n_workers = 1;
	return rally;
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = { { &bench_contest_argp, 0, NULL, 0 }, { NULL, 0, NULL, 0 } };
	static const struct argp argp = { .options = options,
		.parser = parse,
		.children = children,
		.doc = "Queues between threads: throughput of 256 slots, then round trips through one.\v"
		       "Defaults: --pairs 1,2,4 --inside 0,100000 --peer ck_ring --rounds 25, windows of 80 ms, or 200 "
		       "with "
		       "more threads than CPUs. --inside is for round trips: how long each side thinks before it "
		       "answers." };
	config_t config = { .queue = { .bench = "chan",
				    .common = { .rows = bench_rows_queues },
				    .threads = true,
				    .pairs = true,
				    .workers = { 1, 2, 4 },
				    .n_workers = 3,
				    .inside = { 0, 100000 },
				    .n_inside = 2,
				    .outside = { 0 },
				    .n_outside = 1,
				    .free_ms = 80,
				    .crowded_ms = 200,
				    .peer = "ck_ring",
				    .seed = 1 } };
	bench_contest_config_t queue;
	bool people, good = true;

	argp_parse(&argp, argc, argv, 0, NULL, &config);
	if (config.queue.common.rounds == 0)
		config.queue.common.rounds = config.queue.common.quick ? 3 : 25;
	people = config.queue.common.format == BENCH_TABLE;
	queue = config.queue;
	queue.inside[0] = 0;
	queue.n_inside = 1;
	if (people || !config.rally)
		good &= measure(&queue);
	if (config.rally || (people && good)) {
		bench_contest_config_t rally = rally_of(&config.queue);

		if (people)
			putchar('\n');
		good &= measure(&rally);
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
