/* SPDX-License-Identifier: BSD-2-Clause */
/** run.c: beginning a run, judging a state (run.h). */
#include "actions.h"
#include "fibre.h"
#include "layer.h"
#include "memory.h"
#include "run.h"
#include "space.h"
#include "trace.h"

const struct model_case *run_case;

void run_begin(void)
{
	bool wanted = trace_wanted;

	world_begin(run_case->threads);
	trace_begin();
	memory_begin();
	layer_begin(run_case);
	actions_begin(run_case);
	space_begin(run_case);
	trace_wanted = false;
	if (run_case->setup)
		fibre_call(run_case->setup);
	trace_wanted = wanted;
	fibre_begin(run_case->thread);
}

bool run_has_failed(void)
{
	return trace_failure[0] != '\0';
}

static bool some_deadline(void)
{
	for (unsigned t = 0; t < world->threads; t++)
		if (world->thread[t].life == ASLEEP && world->thread[t].until != INT64_MAX)
			return true;
	return false;
}

static void judge_quiet(void)
{
	if (run_case->rescued && some_deadline())
		return;
	for (unsigned t = 0; t < world->threads; t++)
		if (world->thread[t].life == ASLEEP && !(run_case->may_sleep && run_case->may_sleep(t)))
			trace_fail("lost wake-up: T%u sleeps, and nobody is left who would wake it", t);
}

bool run_judge(unsigned n)
{
	if (run_has_failed())
		return false;
	if (actions_all_done()) {
		if (run_case->finish)
			fibre_call(run_case->finish);
		return true;
	}
	if (actions_quiet())
		judge_quiet();
	return n == 0;
}
