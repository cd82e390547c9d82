/* SPDX-License-Identifier: BSD-2-Clause */
/** window.c: one measurement (window.h). The workers are fresh processes each time, and all of them wait at a gate, asleep,
 * until the last one is ready. Their operations are counted twice, by each worker for itself and by all together under
 * the lock: a lock that lets two in loses some of the second. */
#include "window.h"

#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pawl/annotate.h>

#include "core/tune.h"
#include "delay.h"
#include "load.h"
#include "machine.h"
#include "now.h"
#include "worker.h"

#define READY_NS 10000000000 /* how long workers may take to get ready, and to end */

typedef struct worker {
	_Alignas(128) uint64_t ops;
	int64_t cpu_ns;
	int rc;
} worker_t;

/* Shared by the workers; the counter, the flag and the gate on lines of their own. */
typedef struct arena {
	_Alignas(128) uint32_t ready;
	_Alignas(128) uint32_t gate;
	_Alignas(128) uint32_t stop;
	_Alignas(128) volatile uint64_t count;
	worker_t worker[BENCH_WORKERS_MOST];
} arena_t;

static void *idle(void *arg)
{
	return arg;
}

/* libc takes cheaper paths while a process has never had a second thread: programs with locks usually have had one. */
static void become_threaded(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, idle, NULL) == 0)
		pthread_join(thread, NULL);
}

static int work(const bench_row_t *row, void *lock, const bench_window_t *w, arena_t *a, unsigned i)
{
	bench_run_t run = {
		.stop = &a->stop,
		.count = &a->count,
		.inside = bench_delay_turns(w->inside_ns),
		.outside = bench_delay_turns(w->outside_ns),
		.seed = w->seed * 2654435761u + i + 1,
	};
	int64_t cpu;

	become_threaded();
	if (w->pin)
		bench_machine_pin(i);
	if (row->spin_ns >= 0)
		pawl__tune.spin_ns = row->spin_ns;
	a->worker[i].rc = row->enter(lock);
	if (a->worker[i].rc)
		return 1;
	bench_signal(&a->ready);
	if (!bench_await(&a->gate, 1, READY_NS))
		return 1;
	cpu = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	row->run(lock, &run);
	a->worker[i].cpu_ns = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	a->worker[i].ops = run.ops;
	a->worker[i].rc = run.rc;
	return run.rc ? 1 : 0;
}

static void start(const bench_row_t *row, void *lock, const bench_window_t *w, arena_t *a, pid_t *pids)
{
	for (unsigned i = 0; i < w->procs; i++) {
		pids[i] = bench_fork();
		if (pids[i] == 0)
			_exit(work(row, lock, w, a, i));
	}
}

/* Open the gate, wait, raise the flag. The clock is read just before each of the two stores: reading it after them would
 * count the time for which a worker that was woken has pushed us off our CPU. */
static double open_and_stop(arena_t *a, int64_t length_ns)
{
	int64_t began = bench_now_ns(), ended;

	bench_signal(&a->gate);
	bench_sleep_ns(length_ns);
	ended = bench_now_ns();
	PAWL_STORE(&a->stop, 1u, RELAXED); /* relaxed: a flag, nothing is handed over by it */
	return (double)(ended - began) * 1e-9;
}

static bench_sample_t sum_up(const arena_t *a, unsigned procs, double seconds)
{
	bench_sample_t s = { .least = INFINITY };
	uint64_t ops = 0;
	int64_t cpu = 0;

	for (unsigned i = 0; i < procs; i++) {
		ops += a->worker[i].ops;
		cpu += a->worker[i].cpu_ns;
		s.least = fmin(s.least, (double)a->worker[i].ops);
		s.most = fmax(s.most, (double)a->worker[i].ops);
		if (a->worker[i].rc)
			s.failure = strerror(a->worker[i].rc);
	}
	s.ops_per_s = (double)ops / seconds;
	s.cpu_ns = (double)cpu / (double)ops;
	s.least /= (double)ops;
	s.most /= (double)ops;
	if (ops != a->count && !s.failure)
		s.failure = "lost updates: two were in the section at once";
	return s;
}

bench_sample_t bench_window_once(const bench_row_t *row, void *lock, const bench_window_t *window)
{
	arena_t *a = bench_shared(sizeof(*a));
	bench_load_t before = bench_load_now();
	pid_t pids[BENCH_WORKERS_MOST];
	bool all_ready, all_ended = true;
	double seconds;
	bench_sample_t s;

	start(row, lock, window, a, pids);
	all_ready = bench_await(&a->ready, window->procs, READY_NS);
	seconds = open_and_stop(a, all_ready ? window->length_ns : 0);
	for (unsigned i = 0; i < window->procs; i++)
		all_ended &= bench_reap(pids[i], READY_NS) >= 0;
	s = sum_up(a, window->procs, seconds);
	s.foreign = bench_load_foreign(&before);
	if (s.ops_per_s == 0)
		s.foreign = INFINITY; /* the host stood still: nothing was measured. A lock that hangs is found below */
	if (!all_ready && !s.failure)
		s.failure = "a worker did not get ready";
	if (!all_ended)
		s.failure = "a worker was stuck, or died";
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
