/* SPDX-License-Identifier: BSD-2-Clause */
/** crew.c: the workers of a window (crew.h). They are fresh each time. Threads, too, live in a process made for them: one
 * that hangs can be killed, and no lock finds what it has left behind in another window. */
#include "crew.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/tune.h"
#include "delay.h"
#include "machine.h"
#include "now.h"
#include "worker.h"

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

static long switches_so_far(void)
{
	struct rusage u;

	return getrusage(RUSAGE_THREAD, &u) == 0 ? u.ru_nvcsw + u.ru_nivcsw : 0;
}

static bench_run_t run_of(const bench_job_t *j)
{
	return (bench_run_t){
		.stop = &j->arena->stop,
		.count = &j->arena->count,
		.inside = bench_delay_turns(j->window->inside_ns),
		.outside = bench_delay_turns(j->window->outside_ns),
		.seed = j->window->seed * 2654435761u + j->i + 1,
		.index = j->i,
		.workers = j->window->workers,
		.draws = j->window->draws,
	};
}

/* Pages, caches, and whatever a lock learns of its use. */
static void warm_up(const bench_job_t *j, bench_worker_t *me)
{
	bench_run_t run = run_of(j);

	run.stop = &j->arena->warm;
	j->row->run(j->lock, &run);
	me->warm_ops = run.ops;
	me->balance = run.balance;
	me->rc = run.rc;
	for (size_t i = 0; j->window->every && i < BENCH_LATENCY_ROOM; i++)
		me->latency.ticks[i] = 0;
}

static void measured(const bench_job_t *j, bench_worker_t *me)
{
	bench_run_t run = run_of(j);
	int64_t cpu = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	long switches = switches_so_far();

	run.latency = j->window->every ? &me->latency : NULL;
	j->row->run(j->lock, &run);
	me->switches = switches_so_far() - switches;
	me->cpu_ns = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	me->ops = run.ops;
	me->balance += run.balance;
	me->rc = run.rc;
}

static void *work(void *arg)
{
	const bench_job_t *j = arg;
	bench_worker_t *me = &j->arena->worker[j->i];

	if (j->window->pin)
		bench_machine_pin(j->i);
	me->rc = j->row->enter(j->lock);
	if (me->rc)
		return NULL;
	bench_signal(&j->arena->ready);
	if (bench_await(&j->arena->gate, 1, BENCH_READY_NS))
		warm_up(j, me);
	bench_signal(&j->arena->ready);
	if (bench_await(&j->arena->gate, 2, BENCH_READY_NS) && !me->rc)
		measured(j, me);
	return NULL;
}

/* A process of threads: its own lock, in memory that a process-shared one could stand in, too. */
static int host(bench_job_t job)
{
	pthread_t thread[BENCH_WORKERS_MOST];
	bench_job_t jobs[BENCH_WORKERS_MOST];
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
static void set_spin(const bench_job_t *j)
{
	if (j->row->spin_ns >= 0)
		*(j->window->threads ? &pawl__tune.own_spin_ns : &pawl__tune.spin_ns) = j->row->spin_ns;
}

unsigned bench_crew_start(const bench_job_t *all, pid_t pids[BENCH_WORKERS_MOST])
{
	unsigned processes = all->window->threads ? 1 : all->window->workers;

	for (unsigned i = 0; i < processes; i++) {
		bench_job_t job = *all;

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
	return processes;
}

bool bench_crew_end(const pid_t *pids, unsigned processes)
{
	bool well = true;

	for (unsigned i = 0; i < processes; i++)
		well &= bench_reap(pids[i], BENCH_READY_NS) >= 0;
	return well;
}
