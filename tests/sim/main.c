/* SPDX-License-Identifier: BSD-2-Clause */
/** main.c: the simulator: the tenure machine and its seats as they are shipped, hosts, threads, a network and a service around
 * them, and one seed that decides everything.
 *
 *   sim                        TAP: a short run of everything, for `make test`; LONG=1: T seconds of each mode (600), from SEED (1) on
 *   sim --seeds 1..1000000     so many seeds, in each mode; see --help. A million take about an hour a mode on two cores.
 *   sim --seed 7 --trace       one of them, and what happened last if it fails
 *   sim --herd                 that messages do not grow with those who wait
 *   sim --scale                hosts 2 to 10,000, on one lock and on 10,000: messages, shares, waiting times
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "faults.h"
#include "options.h"
#include "run.h"

#include "../lib/tap.h"

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- telling ---- */

static void note_counts(double took)
{
	const struct counts *c = &counts;

	tap_note("%llu seeds, %.1f M events (%.2f M/s), %.1f simulated hours", (unsigned long long)c->seeds,
		(double)c->events / 1e6, (double)c->events / 1e6 / took, (double)c->time / 3600e9);
	tap_note("%llu grants, %llu by another tenure, %llu messages, %llu faults, %llu deaths, %llu told of a death, "
		 "%llu left too late, %llu tokens excused, longest wait in peace %.2f s",
		(unsigned long long)c->grants, (unsigned long long)c->handoffs, (unsigned long long)c->messages,
		(unsigned long long)c->faults, (unsigned long long)c->deaths, (unsigned long long)c->died,
		(unsigned long long)c->losses, (unsigned long long)c->excused, (double)c->longest / 1e9);
}

static void tell_failure(struct options o, uint64_t seed)
{
	o.seed = seed;
	o = run_shape(o);
	run_seed(&o);
	tap_note("%s", failure);
	run_print(&o, "# replay: ");
	run_shrink(o, "# least:  ");
}

/* ---- the tests ---- */

static void test_mode(enum mode mode, uint64_t first, uint64_t seeds)
{
	struct options o = options_usual;
	double began = seconds();
	uint64_t seed;

	memset(&counts, 0, sizeof(counts));
	o.mode = mode;
	seed = run_batch(&o, first, first + seeds - 1);
	tap_ok(seed == 0, "%s: nothing is violated in %llu seeds", mode_names[mode], (unsigned long long)seeds);
	note_counts(seconds() - began);
	tap_ok(counts.grants > seeds && counts.handoffs > seeds && counts.losses > 0 && counts.died > 0 && counts.faults > seeds,
		"%s: and much has happened", mode_names[mode]);
	if (seed)
		tell_failure(o, seed);
}

static void test_replay(enum mode mode)
{
	struct options o = options_usual;
	struct counts first;

	o.mode = mode;
	o.seed = 77;
	memset(&counts, 0, sizeof(counts));
	run_seed(&o);
	first = counts;
	o.seed = 78;
	run_seed(&o); /* what it leaves behind does not matter */
	memset(&counts, 0, sizeof(counts));
	o.seed = 77;
	run_seed(&o);
	tap_ok(memcmp(&first, &counts, sizeof(first)) == 0 && first.events > 1000,
		"%s: a seed is the same run each time", mode_names[mode]);
}

/* A fault of the service or the backend has to be found: the judge is not blind. */
static void test_plant(enum plant plant, enum mode mode)
{
	struct options o = options_usual;
	uint64_t seed;

	o.mode = mode;
	o.plant = plant;
	seed = run_batch(&o, 1, 20000);
	tap_ok(seed != 0, "%s: %s is found", mode_names[mode], plant_names[plant]);
	if (seed) {
		o.seed = seed;
		run_seed(&o);
		tap_note("with seed %llu: %s", (unsigned long long)seed, failure);
	}
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static int test_long(void)
{
	uint64_t seed = setting("SEED", 1);

	for (int mode = 0; mode < MODES; mode++)
		for (double end = seconds() + (double)setting("T", 600); seconds() < end; seed += 10000)
			test_mode((enum mode)mode, seed, 10000);
	return tap_done();
}

static int test(void)
{
	if (setting("LONG", 0))
		return test_long();
	for (int mode = 0; mode < MODES; mode++) {
		test_mode((enum mode)mode, 1, 1200);
		test_replay((enum mode)mode);
	}
	for (int plant = P_NONE + 1; plant < PLANTS; plant++)
		if (plant != P_STALE && plant != P_OLD_HINT) /* they take tens of thousands of seeds */
			test_plant((enum plant)plant, plant == P_NEW_ONCE ? SESSION : SCRIPT);
	test_plant(P_DRIFT, SESSION);
	scale_herd();
	return tap_done();
}

/* ---- doing ---- */

/* One line, and not about what passes. */
static bool run_brief(struct options o, uint64_t first, uint64_t last)
{
	uint64_t seed = run_batch(&o, first, last);

	if (!seed)
		return true;
	o.seed = seed;
	run_seed(&o);
	printf("after %llu seeds: %s\n", (unsigned long long)counts.seeds - 1, failure);
	return false;
}

static bool run_mode(struct options o, uint64_t first, uint64_t last)
{
	double began = seconds();
	uint64_t seed;

	memset(&counts, 0, sizeof(counts));
	o.trace &= first == last;
	seed = first == last ? (o.seed = first, run_seed(&o) ? 0 : first) : run_batch(&o, first, last);
	printf("%s\n", mode_names[o.mode]);
	note_counts(seconds() - began);
	if (!seed)
		return true;
	if (o.trace) {
		trace_print(stdout);
		o.trace = false;
	}
	printf("seed %llu fails\n", (unsigned long long)seed);
	tell_failure(o, seed);
	return false;
}

int main(int argc, char **argv)
{
	struct task t;
	bool good = true;

	if (argc < 2)
		return test();
	t = options_read(argc, argv);
	if (t.scale) {
		double began = seconds();

		scale_table();
		printf("%.0f s\n", seconds() - began);
	}
	if (t.herd) {
		scale_herd();
		return tap_done();
	}
	for (int mode = 0; mode < MODES && !t.scale; mode++)
		if (t.all || t.o.mode == (enum mode)mode) {
			t.o.mode = (enum mode)mode;
			good &= t.brief ? run_brief(t.o, t.first, t.last) : run_mode(t.o, t.first, t.last);
			if (!t.all)
				break;
		}
	return good ? 0 : 1;
}
