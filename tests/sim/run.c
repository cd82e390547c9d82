/* SPDX-License-Identifier: BSD-2-Clause */
/** run.c: one seed: chaos, then peace while all go on, then rest; and many seeds, shared out to a process for each CPU. */
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"
#include "keeper.h"
#include "local.h"
#include "service.h"

/* ---- one ---- */

bool run_until(int64_t end)
{
	while (!failure[0] && engine_step(end))
		;
	return !failure[0];
}

void run_begin(const struct options *o)
{
	check_begin();
	world_make(o);
	service_begin();
	for (uint32_t h = 1; h <= o->hosts; h++)
		keeper_start(h);
	for (uint32_t t = 1; t <= sim.threads; t++)
		local_start(t);
	faults_begin();
}

static bool all_idle(void)
{
	for (uint32_t t = 1; t <= sim.threads; t++)
		if (sim.thread[t].phase != IDLE)
			return false;
	return true;
}

static void go_to_rest(void)
{
	int64_t end = true_now + sim.bound;

	sim.resting = true;
	for (uint32_t t = 1; t <= sim.threads; t++)
		if (sim.thread[t].phase == IDLE)
			local_start(t);
	while (true_now < end && !all_idle() && run_until(true_now + 10 * MS))
		;
	check_idle();
}

enum { SHAPES = 4 };

struct options run_shape(struct options o)
{
	static const uint32_t shapes[SHAPES][4] = { { 2, 1, 1, 2 }, { 3, 2, 2, 2 }, { 4, 1, 2, 1 }, { 6, 3, 2, 3 } };
	const uint32_t *shape = shapes[o.seed % SHAPES];

	o.hosts = o.hosts ? o.hosts : shape[0];
	o.locks = o.locks ? o.locks : shape[1];
	o.processes = o.processes ? o.processes : shape[2];
	o.threads = o.threads ? o.threads : shape[3];
	return o;
}

bool run_seed(const struct options *options)
{
	struct options o = run_shape(*options);
	uint64_t before = events;

	run_begin(&o);
	if (run_until(o.chaos)) {
		faults_cease();
		run_until(true_now + (one_in(16) ? sim.bound : 500 * MS)); /* the long one shows who starves */
		go_to_rest();
		/* The last keeper's back-off, the last lease of the dead, the last idle one's time. */
		if (run_until(true_now + 2 * sim.rules.idle_keep + 3 * sim.rules.ttl + 3 * S))
			check_empty();
	}
	counts.seeds++;
	counts.events += events - before;
	counts.time += true_now;
	return !failure[0];
}

/* ---- many ---- */

struct told {
	struct counts counts;
	uint64_t failed;
};

static void add(struct counts *sum, const struct counts *c)
{
	const uint64_t *from = &c->seeds;
	uint64_t *to = &sum->seeds;

	for (size_t i = 0; i < offsetof(struct counts, time) / sizeof(uint64_t); i++)
		to[i] += from[i];
	sum->time += c->time;
	sum->longest = c->longest > sum->longest ? c->longest : sum->longest;
}

/* Every `of`-th four seeds, for the shapes differ in what they cost. The first failure of each share ends it. */
static struct told run_share(struct options o, uint64_t first, uint64_t last, uint64_t share, uint64_t of)
{
	struct told told = { .failed = 0 };

	memset(&counts, 0, sizeof(counts));
	for (o.seed = first; o.seed <= last && !told.failed; o.seed++)
		if (o.seed / SHAPES % of == share && !run_seed(&o))
			told.failed = o.seed;
	told.counts = counts;
	return told;
}

static int start_share(const struct options *o, uint64_t first, uint64_t last, uint64_t share, uint64_t of)
{
	int ends[2];

	fflush(stdout);
	if (pipe(ends))
		exit(2);
	if (fork() == 0) {
		struct told told = run_share(*o, first, last, share, of);

		if (write(ends[1], &told, sizeof(told)) != sizeof(told))
			_exit(2);
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

uint64_t run_batch(const struct options *o, uint64_t first, uint64_t last)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t shares = cpus < 1 ? 1 : cpus > 64 ? 64 : (uint64_t)cpus, failed = 0;
	int from[64];

	for (uint64_t i = 0; i < shares; i++)
		from[i] = start_share(o, first, last, i, shares);
	for (uint64_t i = 0; i < shares; i++) {
		struct told told;
		int status;

		if (read(from[i], &told, sizeof(told)) != sizeof(told)) {
			fprintf(stderr, "sim: a share of the seeds has died\n");
			exit(2);
		}
		close(from[i]);
		wait(&status);
		add(&counts, &told.counts);
		if (told.failed && (!failed || told.failed < failed))
			failed = told.failed;
	}
	return failed;
}

/* ---- what a failure needs ---- */

void run_print(const struct options *o, const char *how)
{
	printf("%ssim --mode %s --seed %llu --hosts %u --locks %u --processes %u --threads %u --seconds %g", how,
		o->mode == SCRIPT ? "script" : "session", (unsigned long long)o->seed, o->hosts, o->locks, o->processes,
		o->threads, (double)o->chaos / 1e9);
	if (o->plant)
		printf(" --plant %s", plant_names[o->plant]);
	for (uint32_t i = 0; fault_names[i]; i++)
		if (!(o->faults >> i & 1))
			printf(" --no-%s", fault_names[i]);
	printf("\n");
}

/* Another run than the one that failed, but for the seed: it counts if it fails too, however. */
static bool still_fails(const struct options *o)
{
	return o->hosts > 0 && o->locks > 0 && o->processes > 0 && o->threads > 0 && !run_seed(o);
}

static void less_of(struct options *o, uint32_t *number)
{
	while (*number > 1) {
		--*number;
		if (!still_fails(o)) {
			++*number;
			return;
		}
	}
}

void run_shrink(struct options o, const char *how)
{
	for (uint32_t i = 0; fault_names[i]; i++) {
		o.faults &= ~(1u << i);
		if (!still_fails(&o))
			o.faults |= 1u << i;
	}
	less_of(&o, &o.locks);
	less_of(&o, &o.hosts);
	less_of(&o, &o.threads);
	less_of(&o, &o.processes);
	for (int64_t chaos = o.chaos / 2; chaos > 10 * MS; chaos /= 2) {
		struct options less = o;

		less.chaos = chaos;
		if (still_fails(&less))
			o = less;
	}
	still_fails(&o);
	printf("%s%s\n", how, failure);
	run_print(&o, how);
}
