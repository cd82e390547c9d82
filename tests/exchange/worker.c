/* SPDX-License-Identifier: BSD-2-Clause */
/* worker.c: a worker process: opens the space by itself, seats its buyers, and leaves when the
 * board says stop. */
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "exchange.h"

struct seat {
	pthread_t thread;
	struct buyer buyer;
	int rc;
};

static void *sit(void *arg)
{
	struct seat *s = arg;
	struct exchange *x = s->buyer.x;

	while (s->rc == 0 && PAWL_LOAD(&x->board->stop, ACQUIRE) == 0)
		s->rc = buyer_round(&s->buyer, orders_pick(x->orders, &s->buyer.rng), PAWL_FOREVER);
	return NULL;
}

static void seat_init(struct seat *s, const struct buyer *model, unsigned place, unsigned thread)
{
	struct exchange *x = model->x;
	unsigned lane = place * x->opt->threads + thread;

	s->buyer = *model;
	s->buyer.lane = &x->lanes[lane];
	s->buyer.lane_idx = lane;
	s->buyer.id = x->places[place].serial << 16 | (thread + 1);
	s->buyer.rng = x->opt->seed ^ s->buyer.id * 0x9e3779b97f4a7c15u;
	s->buyer.lane->phase = PHASE_OUT;
	PAWL_STORE(&s->buyer.lane->serial, x->places[place].serial, RELEASE);
}

static int serve(const struct buyer *model, unsigned place)
{
	const struct exchange *x = model->x;
	static struct seat seats[MAX_BUYERS];
	unsigned started = 0;
	int rc = 0;

	for (; rc == 0 && started < x->opt->threads; started += rc == 0) {
		seat_init(&seats[started], model, place, started);
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
	struct buyer model = { .x = x, .host = host_of(x, place) };
	int rc;

	prctl(PR_SET_NAME, "exchange-worker");
	rc = home_open(x, model.host, &model.space, &model.store);
	if (rc == 0)
		rc = serve(&model, place);
	if (rc == 0 && (rc = home_close(model.space, model.store)) != 0)
		fprintf(stderr, "exchange: worker %d: close: %s\n", (int)getpid(), pawl_strerror(rc));
	_exit(rc == 0 ? EXIT_HELD : EXIT_BROKEN);
}
