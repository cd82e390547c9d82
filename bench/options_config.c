/* SPDX-License-Identifier: BSD-2-Clause */
/** options_config.c: what each scenario gets of the command line (options.h). */
#include "load.h"
#include "options.h"

/* What was given is for who takes that option. */
static void choose(bench_list_t *list, const bench_list_t *given, bool taken)
{
	if (taken && given->n > 0)
		*list = *given;
}

static void choose_lists(bench_config_t *c, const bench_options_t *o, unsigned takes)
{
	const bench_config_t *g = &o->config;

	choose(&c->workers, &o->threads, takes & BENCH_TAKES_THREADS);
	choose(&c->workers, &o->procs, takes & BENCH_TAKES_PROCS);
	choose(&c->workers, &o->pairs, takes & BENCH_TAKES_PAIRS);
	choose(&c->inside, &g->inside, takes & BENCH_TAKES_INSIDE);
	choose(&c->outside, &g->outside, takes & BENCH_TAKES_OUTSIDE);
	choose(&c->names, &g->names, takes & BENCH_TAKES_NAMES);
	choose(&c->resident_mib, &g->resident_mib, takes & BENCH_TAKES_RESIDENT);
	choose(&c->spins, &g->spins, takes & BENCH_TAKES_SPINS);
}

/* Who takes what is loaded anyway, need not wait for better. */
static double most_foreign(const bench_options_t *o)
{
	return o->given & BENCH_TAKES_FOREIGN ? o->config.most_foreign : o->quick ? 1e6 : BENCH_LOAD_DROP;
}

bench_config_t bench_options_config(const bench_options_t *o, const bench_scenario_t *s)
{
	bench_config_t c = o->quick ? s->quick : s->usual;
	const bench_config_t *g = &o->config;

	choose_lists(&c, o, s->takes);
	c.rounds = g->rounds ? g->rounds : c.rounds;
	c.only = g->only ? g->only : c.only;
	c.peer = g->peer && bench_scenario_row(s, g->peer) ? g->peer : c.peer;
	c.asked = g->asked;
	c.window_ms = g->window_ms;
	c.pin = g->pin;
	c.most_foreign = most_foreign(o);
	c.seed = o->given & BENCH_TAKES_SEED ? g->seed : 1;
	c.format = g->format;
	c.summary = g->summary;
	return c;
}
