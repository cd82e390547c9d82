/* SPDX-License-Identifier: BSD-2-Clause */
/** window.c: one measurement (window.h): what the workers (crew.h) did between the opening of the gate and the flag that
 * stops them. Their operations are counted twice, by each worker for itself and by all together under the lock: a lock that
 * lets two in loses some of the second. What went into a queue and what came out of it is summed up likewise. */
#include "window.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include <pawl/annotate.h>

#include "crew.h"
#include "load.h"
#include "now.h"
#include "stats.h"
#include "tick.h"
#include "worker.h"

#define WARM_NS 2000000

/* So that all of them are busy when it begins to count. */
static bool warm_up(bench_arena_t *a, unsigned workers)
{
	bench_signal(&a->gate);
	bench_sleep_ns(WARM_NS);
	PAWL_STORE(&a->warm, 1u, RELAXED); /* relaxed: a flag, nothing is handed over by it */
	return bench_await(&a->ready, 2 * workers, BENCH_READY_NS);
}

/* Open the gate, wait, raise the flag. The clock is read just before each of the two stores: reading it after them would
 * count the time for which a worker that was woken has pushed us off our CPU. */
static double open_and_stop(bench_arena_t *a, int64_t length_ns)
{
	int64_t began = bench_now_ns(), ended;

	bench_signal(&a->gate);
	bench_sleep_ns(length_ns);
	ended = bench_now_ns();
	PAWL_STORE(&a->stop, 1u, RELAXED); /* relaxed: a flag, nothing is handed over by it */
	return (double)(ended - began) * 1e-9;
}

/* A worker's own word goes before what we saw of it, and that before sums that are wrong for the same reason. */
static const char *judge(const bench_arena_t *a, const bench_window_t *w, const char *seen)
{
	uint64_t ops = 0, balance = 0;

	for (unsigned i = 0; i < w->workers; i++) {
		if (a->worker[i].rc)
			return strerror(a->worker[i].rc);
		ops += a->worker[i].ops + a->worker[i].warm_ops;
		balance += a->worker[i].balance;
	}
	if (seen)
		return seen;
	if (ops != a->count)
		return "lost updates: two were in the section at once";
	return balance ? "elements were lost, or came twice" : NULL;
}

static bench_sample_t sum_up(const bench_arena_t *a, const bench_window_t *w, double seconds)
{
	bench_sample_t s = { .least = INFINITY };
	double share[BENCH_WORKERS_MOST], ops = 0, cpu = 0, switches = 0;

	for (unsigned i = 0; i < w->workers; i++) {
		cpu += (double)a->worker[i].cpu_ns;
		switches += (double)a->worker[i].switches;
	}
	for (unsigned i = 0; i < w->counted; i++) {
		share[i] = (double)a->worker[i].ops;
		ops += share[i];
		s.least = fmin(s.least, share[i]);
		s.most = fmax(s.most, share[i]);
	}
	s.ops_per_s = ops / seconds;
	s.cpu_ns = cpu / ops;
	s.switches = 1000 * switches / ops;
	s.least /= ops;
	s.most /= ops;
	s.jain = bench_stats_jain(share, w->counted);
	return s;
}

/* Another program does the work; what it reports, is put where our own workers would have put it. */
static double elsewhere(const bench_job_t *j)
{
	bench_report_t report = { .seconds = 0 };
	bench_arena_t *a = j->arena;

	a->worker[0].rc = j->row->elsewhere(j->window, &report);
	a->worker[0].cpu_ns = (int64_t)report.cpu_ns;
	a->worker[0].switches = (long)report.switches;
	for (unsigned i = 0; i < j->window->counted; i++) {
		a->worker[i].ops = report.ops[i];
		a->count += report.ops[i];
	}
	return report.seconds;
}

/* Some are missing: nobody may wait for them, nor run on. */
static void call_off(bench_arena_t *a)
{
	PAWL_STORE(&a->warm, 1u, RELAXED); /* relaxed: a flag, nothing is handed over by it */
	bench_signal(&a->gate);
}

/* Our own workers. */
static double here(const bench_job_t *j, const char **seen)
{
	pid_t pids[BENCH_WORKERS_MOST];
	unsigned processes = bench_crew_start(j, pids), workers = j->window->workers;
	bool ready = bench_await(&j->arena->ready, workers, BENCH_READY_NS) && warm_up(j->arena, workers);
	double seconds;

	if (!ready)
		call_off(j->arena);
	seconds = open_and_stop(j->arena, ready ? j->window->length_ns : 0);
	*seen = ready ? NULL : "a worker did not get ready";
	if (!bench_crew_end(pids, processes))
		*seen = "a worker was stuck, or died";
	return seconds;
}

/* Where the workers put what they timed. */
static uint64_t *make_room(bench_arena_t *a, const bench_window_t *w)
{
	uint64_t *ticks = bench_shared(w->workers * BENCH_LATENCY_ROOM * sizeof(*ticks));

	for (unsigned i = 0; i < w->workers; i++)
		a->worker[i].latency = (bench_latency_t){ .ticks = ticks + i * BENCH_LATENCY_ROOM,
			.every = w->every,
			.seed = w->seed * 1099511628211u + i + 1 };
	return ticks;
}

static void take_ranks(const bench_arena_t *a, const bench_window_t *w, bench_sample_t *s)
{
	const bench_latency_t *timed[BENCH_WORKERS_MOST];

	for (unsigned i = 0; i < w->workers; i++)
		timed[i] = &a->worker[i].latency;
	s->timed = bench_latency_merge(timed, w->workers, bench_tick_ns(), bench_tick_cost(), s->latency);
}

bench_sample_t bench_window_once(const bench_row_t *row, void *lock, const bench_window_t *window)
{
	bench_arena_t *a = bench_shared(sizeof(*a));
	bench_load_t before = bench_load_now();
	bench_job_t job = { .row = row, .lock = lock, .window = window, .arena = a };
	uint64_t *ticks = window->every ? make_room(a, window) : NULL;
	const char *seen = NULL;
	double seconds = row->elsewhere ? elsewhere(&job) : here(&job, &seen);
	bench_sample_t s = sum_up(a, window, seconds);

	s.foreign = bench_load_foreign(&before);
	if (s.ops_per_s == 0)
		s.foreign = INFINITY; /* the host stood still: nothing was measured. A lock that hangs is found by its end */
	s.failure = judge(a, window, seen);
	take_ranks(a, window, &s);
	if (ticks)
		munmap(ticks, window->workers * BENCH_LATENCY_ROOM * sizeof(*ticks));
	munmap(a, sizeof(*a));
	return s;
}

bench_sample_t bench_window(const bench_row_t *row, void *lock, const bench_window_t *window)
{
	bench_sample_t best = { .foreign = INFINITY };

	for (int i = 0; i < BENCH_LOAD_TRIES; i++) {
		bench_sample_t s;

		if (window->again <= BENCH_LOAD_AGAIN)
			bench_load_wait();
		s = bench_window_once(row, lock, window);
		if (s.failure)
			return s;
		if (s.foreign < best.foreign)
			best = s;
		if (best.foreign <= window->again)
			break;
	}
	return best;
}
