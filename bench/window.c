/* SPDX-License-Identifier: BSD-2-Clause */
/** window.c: one measurement (window.h). The workers are fresh each time, and all of them wait at a gate, asleep, until
 * the last one is ready. Threads, too, live in a process made for them: one that hangs can be killed, and no lock finds
 * what it has left behind in another window. Operations are counted twice, by each worker for itself and by all together
 * under the lock: a lock that lets two in loses some of the second. */
#include "window.h"

#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <pawl/annotate.h>

#include "core/tune.h"
#include "delay.h"
#include "load.h"
#include "machine.h"
#include "now.h"
#include "stats.h"
#include "worker.h"

#define READY_NS 10000000000 /* how long workers may take to get ready, and to end */

typedef struct worker {
	_Alignas(128) uint64_t ops, balance;
	int64_t cpu_ns;
	long switches;
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

/* One worker, as it is told what to do. */
typedef struct job {
	const bench_row_t *row;
	void *lock;
	const bench_window_t *window;
	arena_t *arena;
	unsigned i;
} job_t;

static long switches_so_far(void)
{
	struct rusage u;

	return getrusage(RUSAGE_THREAD, &u) == 0 ? u.ru_nvcsw + u.ru_nivcsw : 0;
}

static bench_run_t run_of(const job_t *j)
{
	return (bench_run_t){
		.stop = &j->arena->stop,
		.count = &j->arena->count,
		.inside = bench_delay_turns(j->window->inside_ns),
		.outside = bench_delay_turns(j->window->outside_ns),
		.seed = j->window->seed * 2654435761u + j->i + 1,
		.index = j->i,
		.workers = j->window->workers,
	};
}

static void measured(const job_t *j, worker_t *me)
{
	bench_run_t run = run_of(j);
	int64_t cpu = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	long switches = switches_so_far();

	j->row->run(j->lock, &run);
	me->switches = switches_so_far() - switches;
	me->cpu_ns = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	me->ops = run.ops;
	me->balance = run.balance;
	me->rc = run.rc;
}

static void *work(void *arg)
{
	const job_t *j = arg;
	worker_t *me = &j->arena->worker[j->i];

	if (j->window->pin)
		bench_machine_pin(j->i);
	me->rc = j->row->enter(j->lock);
	if (me->rc)
		return NULL;
	bench_signal(&j->arena->ready);
	if (bench_await(&j->arena->gate, 1, READY_NS))
		measured(j, me);
	return NULL;
}

/* A process of threads: its own lock, in memory that a process-shared one could stand in, too. */
static int host(job_t job)
{
	pthread_t thread[BENCH_WORKERS_MOST];
	job_t jobs[BENCH_WORKERS_MOST];
	int rc;

	job.lock = bench_shared(BENCH_LOCK_SIZE);
	rc = job.row->open(job.lock);
	for (unsigned i = 0; i < job.window->workers && !rc; i++) {
		jobs[i] = job;
		jobs[i].i = i;
		rc = pthread_create(&thread[i], NULL, work, &jobs[i]);
	}
	if (rc) {
		job.arena->worker[0].rc = rc;
		return 1; /* and whoever waits at the gate ends with us */
	}
	for (unsigned i = 0; i < job.window->workers; i++)
		pthread_join(thread[i], NULL);
	return 0;
}

/* Locks inside a process have a budget of their own. */
static void set_spin(const job_t *j)
{
	if (j->row->spin_ns >= 0)
		*(j->window->threads ? &pawl__tune.own_spin_ns : &pawl__tune.spin_ns) = j->row->spin_ns;
}

static void start(const job_t *all, unsigned processes, pid_t *pids)
{
	for (unsigned i = 0; i < processes; i++) {
		job_t job = *all;

		pids[i] = bench_fork();
		if (pids[i] != 0)
			continue;
		set_spin(&job);
		if (job.window->threads)
			_exit(host(job));
		become_threaded();
		job.i = i;
		work(&job);
		_exit(0);
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

static const char *judge(const arena_t *a, unsigned workers, double ops)
{
	uint64_t balance = 0;

	for (unsigned i = 0; i < workers; i++) {
		if (a->worker[i].rc)
			return strerror(a->worker[i].rc);
		balance += a->worker[i].balance;
	}
	if (ops != (double)a->count)
		return "lost updates: two were in the section at once";
	return balance ? "elements were lost, or came twice" : NULL;
}

static bench_sample_t sum_up(const arena_t *a, const bench_window_t *w, double seconds)
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
	s.failure = judge(a, w->workers, ops);
	return s;
}

/* Another program does the work; what it reports, is put where our own workers would have put it. */
static double elsewhere(const job_t *j)
{
	bench_report_t report = { .seconds = 0 };
	arena_t *a = j->arena;

	a->worker[0].rc = j->row->elsewhere(j->window, &report);
	a->worker[0].cpu_ns = (int64_t)report.cpu_ns;
	a->worker[0].switches = (long)report.switches;
	for (unsigned i = 0; i < j->window->counted; i++) {
		a->worker[i].ops = report.ops[i];
		a->count += report.ops[i];
	}
	return report.seconds;
}

/* Our own workers. */
static double here(const job_t *j, const char **failure)
{
	const bench_window_t *w = j->window;
	unsigned processes = w->threads ? 1 : w->workers;
	pid_t pids[BENCH_WORKERS_MOST];
	bool all_ready, all_ended = true;
	double seconds;

	start(j, processes, pids);
	all_ready = bench_await(&j->arena->ready, w->workers, READY_NS);
	seconds = open_and_stop(j->arena, all_ready ? w->length_ns : 0);
	for (unsigned i = 0; i < processes; i++)
		all_ended &= bench_reap(pids[i], READY_NS) >= 0;
	*failure = !all_ended ? "a worker was stuck, or died" : !all_ready ? "a worker did not get ready" : NULL;
	return seconds;
}

bench_sample_t bench_window_once(const bench_row_t *row, void *lock, const bench_window_t *window)
{
	arena_t *a = bench_shared(sizeof(*a));
	bench_load_t before = bench_load_now();
	job_t job = { .row = row, .lock = lock, .window = window, .arena = a };
	const char *failure = NULL;
	double seconds = row->elsewhere ? elsewhere(&job) : here(&job, &failure);
	bench_sample_t s = sum_up(a, window, seconds);

	s.foreign = bench_load_foreign(&before);
	if (s.ops_per_s == 0)
		s.foreign = INFINITY; /* the host stood still: nothing was measured. A lock that hangs is found by its end */
	if (failure && !s.failure)
		s.failure = failure;
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
