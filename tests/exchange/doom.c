/* SPDX-License-Identifier: BSD-2-Clause */
/* doom.c: how a worker carries out the reaper's order to die.
 *
 * The buyer that reads the order, just before it asks for a lock, arms a timer that sends SIGKILL
 * to the whole process some microseconds later. A kernel timer fires on a thread that runs, so most
 * deaths fall inside acquire, section or release; a parent's kill() mostly hits a process that is
 * off the CPU, always at the same few places.
 */
#include <time.h>
#include <unistd.h>

#include "exchange.h"

static void arm(int64_t at_ns)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	struct itimerspec when = { .it_value = { .tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000 } };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, TIMER_ABSTIME, &when, NULL) != 0)
		kill(getpid(), SIGKILL);
}

/* The stamp comes first: whoever inherits a lock from us finds it. */
void doom_obey(struct buyer *b)
{
	struct place *place = &b->x->places[b->lane_idx / b->x->opt->threads];
	uint64_t doom = PAWL_LOAD(&place->doom, RELAXED); /* relaxed: the exchange decides */
	int64_t nobody = 0, at;

	if (doom == 0 || PAWL_XCHG(&place->doom, 0u, ACQ_REL) == 0)
		return;
	at = clock_ns() + (int64_t)doom;
	if (PAWL_CAS(&b->x->deaths[place->serial], &nobody, at, ACQ_REL))
		arm(at);
}
