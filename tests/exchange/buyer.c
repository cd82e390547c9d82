/* SPDX-License-Identifier: BSD-2-Clause */
/* buyer.c: one round of a buyer: take the order's lock by name, buy, give it back, keep the
 * receipt.
 *
 * Whoever finds, on leaving, that somebody else has signed, or was sent away by the store, has lost its lease; and release must
 * have said so. */
#include <string.h>
#include <unistd.h>

#include "exchange.h"

#define STALE_ONE_IN 500
#define KEEP_ONE_IN  500

void order_name(const struct order *o, char name[64])
{
	snprintf(name, 64, "orders/%s", o->id);
}

const char *phase_name(uint32_t phase)
{
	static const char *const names[] = { "outside", "asking", "holding", "releasing" };

	return phase < 4 ? names[phase] : "?";
}

static void set_phase(struct buyer *b, enum phase phase)
{
	PAWL_STORE(&b->lane->phase, (uint32_t)phase, RELEASE);
}

static void complain(const char *what, const char *name, int rc)
{
	fprintf(stderr, "exchange: worker %d: %s %s: %s\n", (int)getpid(), what, name, pawl_strerror(rc));
}

/* With the planted faults "lock" and "token" the grant is not what the lock says. */
static int ask(struct buyer *b, pawl_lock_t *lock, const struct book *k, pawl_deadline_t deadline, pawl_fence_t *fence)
{
	pawl_grant_t grant = { .fence = { 0, 0 } };
	int rc = 0;

	if (b->x->opt->fault == FAULT_LOCK)
		grant.fence = (pawl_fence_t){ k->fence.hi, k->fence.lo + 1 };
	else
		rc = pawl_lock_acquire(lock, deadline, &grant);
	*fence = grant.fence;
	if (b->x->opt->fault == FAULT_TOKEN && random_below(&b->rng, STALE_ONE_IN) == 0)
		*fence = k->fence;
	return rc;
}

static int give_back(struct buyer *b, pawl_lock_t *lock)
{
	if (b->x->opt->fault == FAULT_RELEASE && random_below(&b->rng, KEEP_ONE_IN) == 0)
		pause(); /* the planted fault: holds it for good */
	return b->x->opt->fault == FAULT_LOCK ? 0 : pawl_lock_release(lock);
}

/* What is done to the figures: 0; ESTALE: the store has sent us away. */
static int visit_store(struct buyer *b, unsigned order, int rc, pawl_fence_t fence, bool *buys)
{
	int door = store_enter(b, order, rc, fence);

	if (!pawl_acquired(door)) {
		*buys = false;
		return door;
	}
	if (pawl_owner_died(door) && b->x->opt->fault != FAULT_REPAIR)
		book_repair(b, order);
	book_look(b, order, fence);
	*buys = *buys && book_sell(b, order, fence);
	store_leave(b, order);
	return 0;
}

static void note_wait(struct lane *lane)
{
	int64_t waited = clock_ns() - lane->asked_ns;

	lane->waited_ns += waited;
	if (waited > lane->longest_ns)
		lane->longest_ns = waited;
}

int buyer_hold(struct buyer *b, pawl_lock_t *lock, unsigned order, int rc, pawl_fence_t fence, bool buys)
{
	int door;
	bool alone;

	book_sign(b, order, rc);
	b->lane->grants++;
	freeze_obey(b, order);
	door = visit_store(b, order, rc, fence, &buys);
	rc = pawl_owner_died(rc) ? pawl_lock_consistent(lock) : 0;
	alone = book_leave(b, order);
	set_phase(b, PHASE_RELEASE); /* a death from here on may or may not be a holder's */
	if (rc == 0)
		rc = give_back(b, lock);
	if ((!alone || door == ESTALE) && rc != ESTALE)
		book_violation(b, &b->x->board->two_owners);
	b->lane->refused += door == ESTALE;
	b->lane->losses += rc == ESTALE;
	if (buys) /* the receipt: kept apart from book and journal, and only after all is done */
		PAWL_STORE(&b->lane->acked, b->lane->acked + 1, RELEASE);
	rc = rc == ESTALE ? 0 : rc;
	return door == 0 || door == ESTALE ? rc : door;
}

/* 0, or why the lock could not be taken or given back. */
int buyer_round(struct buyer *b, unsigned order, pawl_deadline_t deadline)
{
	const struct order *o = &b->x->orders->at[order];
	pawl_lock_t *lock;
	pawl_fence_t fence;
	char name[64];
	int rc, closed;

	order_name(o, name);
	rc = pawl_lock_open(b->space, name, 0, &lock);
	if (rc != 0) {
		complain("open", name, rc);
		return rc;
	}
	b->lane->order = order;
	b->lane->asked_ns = clock_ns();
	set_phase(b, PHASE_ACQUIRE);
	doom_obey(b);
	rc = ask(b, lock, &b->x->books[order], deadline, &fence);
	if (pawl_acquired(rc)) {
		note_wait(b->lane);
		rc = buyer_hold(b, lock, order, rc, fence, true);
	}
	set_phase(b, PHASE_OUT);
	if (rc != 0)
		complain("acquire or release", name, rc);
	closed = pawl_lock_close(lock);
	return rc != 0 ? rc : closed;
}
