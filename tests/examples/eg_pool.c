/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_pool.c: a pool of workers. Each waits for three things at once: the next job; the end of the day, which is a channel
 * that is closed; and, not for ever, for anything at all: who has been idle for a while tidies up.
 *
 * Prints: 100 jobs done by 4 workers, the sum of their squares is 328350
 */
#include <pthread.h>
#include <stdio.h>

#include <pawl/chan.h>

enum { WORKERS = 4, JOBS = 100 };

static pawl_chan_t *jobs, *results; /* of longs */
static pawl_chan_t *quit;           /* nothing is ever sent */
static int tidied;

static void work(long job)
{
	long result = job * job;

	if (pawl_chan_send(results, &result, PAWL_FOREVER) != 0)
		fprintf(stderr, "nobody wants the result of job %ld\n", job);
}

static void tidy_up(void)
{
	__atomic_fetch_add(&tidied, 1, __ATOMIC_RELAXED);
}

static void *worker(void *unused)
{
	enum { JOB, QUIT, CASES };
	long job;
	const pawl_case_t cases[CASES] = { pawl_case_recv(jobs, &job), pawl_case_recv(quit, NULL) };

	for (;;) {
		size_t chosen;
		int rc = pawl_select(cases, CASES, pawl_in_ms(50), &chosen);

		if (rc == 0 && chosen == JOB)
			work(job);
		else if (rc == ETIMEDOUT)
			tidy_up();
		else /* EPIPE: the day is over */
			return unused;
	}
}

static void *boss(void *unused)
{
	for (long job = 0; job < JOBS; job++)
		if (pawl_chan_send(jobs, &job, PAWL_FOREVER) != 0)
			break;
	return unused;
}

int main(void)
{
	pthread_t workers[WORKERS], sender;
	long sum = 0, result;

	if (pawl_chan_create(&jobs, 8, sizeof(long)) || pawl_chan_create(&results, 8, sizeof(long)) ||
		pawl_chan_create(&quit, 1, 1))
		return 1;
	for (int i = 0; i < WORKERS; i++)
		pthread_create(&workers[i], NULL, worker, NULL);
	pthread_create(&sender, NULL, boss, NULL);
	for (int i = 0; i < JOBS && pawl_chan_recv(results, &result, PAWL_FOREVER) == 0; i++)
		sum += result;
	pawl_chan_close(quit);
	pthread_join(sender, NULL);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i], NULL);
	printf("%d jobs done by %d workers, the sum of their squares is %ld\n", JOBS, WORKERS, sum);
	return pawl_chan_destroy(jobs) || pawl_chan_destroy(results) || pawl_chan_destroy(quit);
}
