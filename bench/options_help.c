/* SPDX-License-Identifier: BSD-2-Clause */
/** options_help.c: what --help says of the scenarios (options.h). */
#include "options.h"

#include <argp.h>
#include <stdint.h>
#include <stdio.h>

static void put_list(FILE *to, const char *option, const bench_list_t *list)
{
	if (list->n == 0)
		return;
	fprintf(to, " %s ", option);
	for (size_t i = 0; i < list->n; i++)
		fprintf(to, "%s%g", i ? "," : "", list->at[i]);
}

static const char *workers_option(const bench_scenario_t *s)
{
	return s->takes & BENCH_TAKES_THREADS ? "--threads" : s->takes & BENCH_TAKES_PROCS ? "--procs" : "--pairs";
}

static void put_scenario(FILE *to, const bench_scenario_t *s)
{
	const bench_config_t *c = &s->usual;

	fprintf(to, "  %-10s %s\n             --rounds %u --peer %s", s->name, s->what, c->rounds, c->peer);
	if (c->workers.n + c->resident_mib.n > 0)
		fputs("\n            ", to);
	if (s->takes & (BENCH_TAKES_THREADS | BENCH_TAKES_PROCS | BENCH_TAKES_PAIRS))
		put_list(to, workers_option(s), &c->workers);
	if (s->takes & BENCH_TAKES_INSIDE)
		put_list(to, "--inside", &c->inside);
	if (s->takes & BENCH_TAKES_OUTSIDE)
		put_list(to, "--outside", &c->outside);
	put_list(to, "--names", &c->names);
	put_list(to, "--resident", &c->resident_mib);
	fputc('\n', to);
}

char *bench_options_help(int key, const char *text, void *input)
{
	char *help = NULL;
	size_t size;
	FILE *to;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)(uintptr_t)text;
	to = open_memstream(&help, &size);
	if (!to)
		return NULL;
	fputs("Scenarios, with their defaults; without any named, all of them:\n", to);
	for (size_t i = 0; bench_scenarios[i]; i++)
		put_scenario(to, bench_scenarios[i]);
	fputs("\nExit status: 0; 1 if a row let two into the section, lost something or failed, "
	      "or if something is slower in --compare; 64 for wrong usage.\n",
		to);
	return fclose(to) ? NULL : help;
}
