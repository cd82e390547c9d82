/* SPDX-License-Identifier: BSD-2-Clause */
/* worker.c: a worker process: opens the space by itself, seats its buyers, leaves when the board
 * says stop, and dies when it is told to.
 *
 * The order to die is carried out by the buyer that reads it: it arms a timer that sends SIGKILL to
 * the whole process some microseconds later. A kernel timer fires on a thread that runs, so most
 * deaths fall inside acquire, section or release; a parent's kill() mostly hits a process that is
 * off the CPU, always at the same few places.
 */
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "exchange.h"

struct seat {
	pthread_t thread;
	struct buyer buyer;
	struct place *place;
	int rc;
};

static void arm_death(int64_t at_ns)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
	struct itimerspec when = {
		.it_value = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000}};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
		timer_settime(timer, TIMER_ABSTIME, &when, NULL) != 0)
		kill(getpid(), SIGKILL);
}

/* The stamp comes first: whoever inherits a lock from us finds it. */
static void obey(struct seat *s)
{
	uint64_t doom =
		PAWL_LOAD(&s->place->doom, RELAXED); /* relaxed: the exchange below decides */
	int64_t nobody = 0, at;

	if (doom == 0 || PAWL_XCHG(&s->place->doom, 0u, ACQ_REL) == 0)
		return;
	at = clock_ns() + (int64_t)doom;
	if (PAWL_CAS(&s->buyer.x->deaths[s->place->serial], &nobody, at, ACQ_REL))
		arm_death(at);
}

static void *sit(void *arg)
{
	struct seat *s = arg;
	struct exchange *x = s->buyer.x;

	while (s->rc == 0 && PAWL_LOAD(&x->board->stop, ACQUIRE) == 0) {
		obey(s);
		s->rc = buyer_round(&s->buyer, orders_pick(x->orders, &s->buyer.rng), PAWL_FOREVER);
	}
	return NULL;
}

static void seat_init(
	struct seat *s, struct exchange *x, pawl_space_t *space, unsigned place, unsigned thread)
{
	unsigned lane = place * x->opt->threads + thread;

	s->place = &x->places[place];
	s->buyer =
		(struct buyer){.x = x, .space = space, .lane = &x->lanes[lane], .lane_idx = lane};
	s->buyer.id = s->place->serial << 16 | (thread + 1);
	s->buyer.rng = x->opt->seed ^ s->buyer.id * 0x9e3779b97f4a7c15u;
	s->buyer.lane->phase = PHASE_OUT;
	PAWL_STORE(&s->buyer.lane->serial, s->place->serial, RELEASE);
}

static int serve(struct exchange *x, pawl_space_t *space, unsigned place)
{
	static struct seat seats[MAX_BUYERS];
	unsigned started = 0;
	int rc = 0;

	for (; rc == 0 && started < x->opt->threads; started += rc == 0) {
		seat_init(&seats[started], x, space, place, started);
		rc = pthread_create(&seats[started].thread, NULL, sit, &seats[started]);
	}
	if (rc != 0)
		fprintf(stderr, "exchange: a thread: %s; ask for fewer --threads\n", strerror(rc));
	for (unsigned i = 0; i < started; i++) {
		pthread_join(seats[i].thread, NULL);
		rc = rc != 0 ? rc : seats[i].rc;
	}
	return rc;
}

_Noreturn void worker_run(struct exchange *x, unsigned place)
{
	pawl_space_t *space;
	int rc;

	prctl(PR_SET_NAME, "exchange-worker");
	rc = home_open(x, &space);
	if (rc == 0)
		rc = serve(x, space, place);
	if (rc == 0 && (rc = pawl_space_close(space)) != 0)
		fprintf(stderr, "exchange: worker %d: close: %s\n", (int)getpid(),
			pawl_strerror(rc));
	_exit(rc == 0 ? EXIT_HELD : EXIT_BROKEN);
}
