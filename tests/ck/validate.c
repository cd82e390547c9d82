/* SPDX-License-Identifier: BSD-2-Clause */
/** validate.c: are the adapters of this folder what ck's regressions take a lock to be, and do the locks behind them exclude?
 *
 *   cc -DADAPTER='"ck_pawl_mutex.h"' validate.c ...; a.out THREADS ROUNDS
 *
 * The macros are used in every place and form in which those regressions use them, beside ck's own headers. Each thread
 * takes the lock by LOCK and by TRYLOCK in turn, and looks whether it is alone. Exit status 0: it always was.
 */
#include ADAPTER

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <ck_cc.h>
#include <ck_pr.h>
#include <ck_spinlock.h>

enum { MOST = 64 };

LOCK_DEFINE;

static unsigned rounds;
static unsigned inside; /* under the lock: nobody, or the one who holds it */
static unsigned long sections, crowded, unlocked;

static void take(unsigned round)
{
#ifdef TRYLOCK
	if (round & 1) {
		while (TRYLOCK == false)
			sched_yield();
		return;
	}
#endif
	LOCK;
}

static void *worker(void *unused)
{
	for (unsigned i = 0; i < rounds; i++) {
		take(i);
#ifdef LOCKED
		if (LOCKED == false)
			unlocked++;
#endif
		if (inside++ != 0)
			crowded++;
		sections++;
		if (i % 64 == 0)
			sched_yield();
		inside--;
		UNLOCK;
	}
	return unused;
}

int main(int argc, char **argv)
{
	unsigned threads = argc == 3 ? (unsigned)atoi(argv[1]) : 0;
	pthread_t thread[MOST];

	rounds = argc == 3 ? (unsigned)atoi(argv[2]) : 0;
	if (threads < 1 || threads > MOST || rounds < 1)
		return fprintf(stderr, "usage: validate THREADS ROUNDS\n"), 64;
#ifdef LOCK_INIT
	LOCK_INIT;
#endif
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, worker, NULL) != 0)
			return 1;
	for (unsigned i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	printf(LOCK_NAME ": %lu sections, %lu of them crowded, %lu not locked\n", sections, crowded, unlocked);
	return crowded || unlocked || inside || sections != (unsigned long)threads * rounds;
}
