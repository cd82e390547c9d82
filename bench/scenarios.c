/* SPDX-License-Identifier: BSD-2-Clause */
/** scenarios.c: the table of scenarios (scenario.h). */
#include "scenario.h"

#include <string.h>

extern const bench_scenario_t bench_scenario_alone, bench_scenario_threads, bench_scenario_processes,
	bench_scenario_names, bench_scenario_death, bench_scenario_queues, bench_scenario_rally;

const bench_scenario_t *const bench_scenarios[] = {
	&bench_scenario_alone,
	&bench_scenario_threads,
	&bench_scenario_processes,
	&bench_scenario_names,
	&bench_scenario_death,
	&bench_scenario_queues,
	&bench_scenario_rally,
	NULL,
};

const bench_scenario_t *bench_scenario_named(const char *name)
{
	for (size_t i = 0; bench_scenarios[i]; i++)
		if (strcmp(bench_scenarios[i]->name, name) == 0)
			return bench_scenarios[i];
	return NULL;
}
