/* SPDX-License-Identifier: BSD-2-Clause */
/** main.c: the program around a table of cases: TAP for all of them, one finding for a mutant, a replay for a human.
 *
 *   model_x                       every case, under each memory it names; LONG=1 for the long ones, too
 *   model_x -c TEXT -m sc|tso|pso the cases whose name contains that, under that memory
 *   ... -p N                      with at most N preemptions
 *   ... -n RUNS -s SEED           so many random runs instead
 *   ... -r TEXT                   the run that was printed with a failure, step by step
 *   model_x -f [-c TEXT]          look for one failure, in the long ones too: 0 if there is one. For mutants
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "known.h"
#include "memory.h"
#include "search.h"
#include "tests/lib/tap.h"
#include "text.h"
#include "trace.h"

#define MOST_SHORT 5000000 /* states */
#define MOST_LONG  40000000
#define MOST_FIND  2000000
#define CHECKED    20 /* random runs that are done twice */

static struct {
	const char *program, *primitive, *name, *replay;
	unsigned memory, runs, preemptions;
	uint64_t seed;
	bool find, is_long;
} options;

static struct search s;

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- one case under one memory ---- */

static unsigned budget_of(const struct model_case *c)
{
	unsigned budget = options.is_long ? c->preemptions_long : c->preemptions;

	if (options.preemptions)
		budget = options.preemptions;
	return budget ? budget : SEARCH_NO_LIMIT;
}

static unsigned runs_of(const struct model_case *c)
{
	return options.runs ? options.runs : c->random;
}

static void search_it(const struct model_case *c)
{
	if (!c->planted)
		search_random(&s, CHECKED, options.seed, true);
	if (s.failed && !c->planted)
		return;
	if (runs_of(c))
		search_random(&s, runs_of(c), options.seed, false);
	else
		search_all(&s, budget_of(c), options.find ? MOST_FIND : options.is_long ? MOST_LONG : MOST_SHORT);
}

/* Of a failure, the run with the fewest preemptions: the one that is read with least pain. */
static void shorten(void)
{
	static struct search shorter;
	char failure[sizeof(trace_failure)];

	memcpy(failure, trace_failure, sizeof(failure));
	for (unsigned budget = 0; budget < 4; budget++) {
		search_all(&shorter, budget, 300000);
		if (shorter.failed) {
			s = shorter;
			return;
		}
	}
	memcpy(trace_failure, failure, sizeof(failure));
}

static void print_trace(void)
{
	trace_wanted = true;
	if (!search_replay(&s))
		tap_note("not deterministic: the run did not end that way again");
	trace_wanted = false;
}

static void print_failure(const struct model_case *c)
{
	char known[1000];
	char *choices = text_choices(s.path, s.length);

	known_print(known, sizeof(known));
	print_trace();
	tap_note("%s", trace_failure);
	tap_note("again: %s -c '%s' -m %s -r %s/%s", options.program, c->name, text_memory(memory_kind), known, choices);
	free(choices);
}

static void print_figures(const struct model_case *c, double took)
{
	char a[32], b[32], d[32], how[64];

	if (runs_of(c))
		snprintf(how, sizeof(how), "random, seed %llu", (unsigned long long)options.seed);
	else if (budget_of(c) != SEARCH_NO_LIMIT)
		snprintf(how, sizeof(how), "%s within %u preemptions", s.exhausted ? "exhausted" : "not exhausted",
			budget_of(c));
	else
		snprintf(how, sizeof(how), "%s", s.exhausted ? "exhausted" : "not exhausted");
	tap_note("%s: %s, %s: %s states, %s executions, %s steps, depth %zu, %s%s, %.1f s", options.primitive, c->name,
		text_memory(memory_kind), text_number(a, s.states), text_number(b, s.ended + s.known + s.cut),
		text_number(d, s.steps), s.deepest, how, s.cut ? " within its bound" : "", took);
}

static bool is_passed(const struct model_case *c)
{
	if (c->planted)
		return s.failed && strstr(trace_failure, c->planted) && search_replay(&s);
	return !s.failed && s.ended > 0 && (s.exhausted || runs_of(c));
}

static void test(const struct model_case *c, enum model_memory kind)
{
	double start = seconds();

	search_case(c, kind);
	search_it(c);
	print_figures(c, seconds() - start);
	if (s.failed && !c->planted) {
		shorten();
		print_failure(c);
	}
	tap_ok(is_passed(c), "%s, %s%s%s", c->name, text_memory(kind), c->planted ? ": " : "",
		c->planted ? trace_failure : "");
}

/* ---- for mutants, for humans ---- */

static void find(const struct model_case *c, enum model_memory kind)
{
	search_case(c, kind);
	search_it(c);
	if (!s.failed)
		return;
	printf("%s, %s: %s\n", c->name, text_memory(kind), trace_failure);
	exit(0);
}

static void replay(const struct model_case *c, enum model_memory kind)
{
	const char *choices = strchr(options.replay, '/');

	search_case(c, kind);
	if (!choices || !known_read(options.replay) || !text_read_choices(choices + 1, s.path, SEARCH_PATH, &s.length)) {
		fprintf(stderr, "no such run: %s\n", options.replay);
		exit(64);
	}
	print_trace();
	tap_note("%s", trace_failure[0] ? trace_failure : "no failure");
}

/* ---- the table ---- */

/* What is possible in SC is possible in TSO, and that in PSO: where nothing is said, PSO alone does for the short run. */
static unsigned memory_of(const struct model_case *c)
{
	if (options.memory)
		return (c->memory ? c->memory : MODEL_ALL) & options.memory;
	return c->memory ? c->memory : options.is_long ? MODEL_ALL : MODEL_PSO;
}

static void each(const struct model_case *cases, size_t n, void (*act)(const struct model_case *, enum model_memory))
{
	for (size_t i = 0; i < n; i++) {
		const struct model_case *c = &cases[i];

		if ((options.name && !strstr(c->name, options.name)) || (c->only_long && !options.is_long && !options.find))
			continue;
		for (unsigned kind = MODEL_SC; kind <= MODEL_PSO; kind *= 2)
			if (memory_of(c) & kind)
				act(c, (enum model_memory)kind);
	}
}

static void read_options(int argc, char **argv)
{
	int o;

	options.program = argv[0];
	options.is_long = getenv("LONG") != NULL;
	options.seed = (uint64_t)time(NULL);
	while ((o = getopt(argc, argv, "c:m:p:n:s:r:f")) != -1)
		switch (o) {
		case 'c':
			options.name = optarg;
			break;
		case 'm':
			options.memory = text_read_memory(optarg);
			break;
		case 'p':
			options.preemptions = (unsigned)atoi(optarg);
			break;
		case 'n':
			options.runs = (unsigned)atoi(optarg);
			break;
		case 's':
			options.seed = strtoull(optarg, NULL, 0);
			break;
		case 'r':
			options.replay = optarg;
			break;
		case 'f':
			options.find = true;
			break;
		default:
			exit(64);
		}
}

int model_main(const char *primitive, const struct model_case *cases, size_t n, int argc, char **argv)
{
	read_options(argc, argv);
	options.primitive = primitive;
	if (options.replay) {
		each(cases, n, replay);
		return 0;
	}
	if (options.find) {
		each(cases, n, find);
		return 1;
	}
	each(cases, n, test);
	return tap_done();
}
