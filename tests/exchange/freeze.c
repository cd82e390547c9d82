/* SPDX-License-Identifier: BSD-2-Clause */
/* freeze.c: a host stands still, as when a machine is suspended, until its lease has run out and another host has written.
 *
 * The moment is the worst: a buyer on that host who has the lock that everybody wants, and has not written yet, stops its process;
 * the reaper stops the others, and lets them go on when somebody on another host has had the lock and written. Who never gets it
 * is the watchdog's business. Nobody is hired or killed on a host that stands still: a new process there would be one that was not
 * frozen, and the dead do not come too late.
 */
#include "exchange.h"

static uint32_t *state_of(struct exchange *x, unsigned host)
{
	return &x->board->freeze[host];
}

/* It has to live on, to come too late. */
static bool is_doomed(const struct buyer *b)
{
	const struct place *place = &b->x->places[b->lane_idx / b->x->opt->threads];

	return PAWL_LOAD(&place->doom, ACQUIRE) != 0 || PAWL_LOAD(&b->x->deaths[place->serial], ACQUIRE) != 0;
}

/* The lock is ours, and the write comes next. */
void freeze_obey(struct buyer *b, unsigned order)
{
	uint32_t wanted = FREEZE_WANTED, *state = state_of(b->x, b->host);

	/* relaxed: the CAS decides */
	if (order != b->x->orders->hottest || PAWL_LOAD(state, RELAXED) != FREEZE_WANTED || is_doomed(b))
		return;
	if (PAWL_CAS(state, &wanted, (uint32_t)FREEZE_BEGUN, ACQ_REL))
		raise(SIGSTOP);
}

static void signal_host(const struct exchange *x, unsigned host, int sig)
{
	for (unsigned i = 0; i < x->opt->workers; i++) {
		if (host_of(x, i) == host && x->places[i].pid != 0)
			kill(x->places[i].pid, sig);
	}
}

static void thaw(struct exchange *x, unsigned host)
{
	PAWL_STORE(state_of(x, host), (uint32_t)FREEZE_NOT, RELEASE);
	signal_host(x, host, SIGCONT);
}

/* Evenly over the run. */
static int64_t between(const struct options *o)
{
	return o->run_ns / (o->freezes + 1);
}

void freeze_plan(struct frost *f, const struct options *o, int64_t now)
{
	f->next_ns = o->freezes == 0 ? INT64_MAX : now + between(o);
}

/* relaxed: it only matters that it has changed, and some time before this is looked at again */
static pawl_fence_t last_sale(const struct exchange *x)
{
	const pawl_fence_t *fence = &x->books[x->orders->hottest].fence;

	return (pawl_fence_t){ PAWL_LOAD(&fence->hi, RELAXED), PAWL_LOAD(&fence->lo, RELAXED) };
}

void freeze_go_on(struct frost *f, struct exchange *x, int64_t now)
{
	switch (PAWL_LOAD(state_of(x, f->host), ACQUIRE)) {
	case FREEZE_NOT:
		if (f->done < x->opt->freezes && now >= f->next_ns)
			PAWL_STORE(state_of(x, f->host), (uint32_t)FREEZE_WANTED, RELEASE);
		break;
	case FREEZE_BEGUN:
		signal_host(x, f->host, SIGSTOP);
		f->sold = last_sale(x);
		PAWL_STORE(state_of(x, f->host), (uint32_t)FREEZE_ALL, RELEASE);
		break;
	case FREEZE_ALL:
		if (pawl_fence_cmp(f->sold, last_sale(x)) == 0)
			break;
		thaw(x, f->host);
		f->done++;
		f->host = (f->host + 1) % x->opt->hosts;
		f->next_ns = now + between(x->opt);
		break;
	}
}

bool freeze_nears(const struct exchange *x, unsigned place)
{
	return PAWL_LOAD(&x->board->freeze[host_of(x, place)], ACQUIRE) != FREEZE_NOT;
}

bool freeze_holds(const struct exchange *x, unsigned place)
{
	return PAWL_LOAD(&x->board->freeze[host_of(x, place)], ACQUIRE) >= FREEZE_BEGUN;
}

void freeze_end(struct exchange *x)
{
	for (unsigned host = 0; host < x->opt->hosts; host++)
		thaw(x, host);
}
