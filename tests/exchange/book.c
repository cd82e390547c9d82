/* SPDX-License-Identifier: BSD-2-Clause */
/* book.c: what a buyer does to an order's book while it holds the order's lock.
 *
 * A sale is a dozen stores with a pause after each, so that kills fall between any two of them:
 *
 *   journal line written, state DRAFT; `before` = `now`; `draft` names the line
 *   remaining, sold, cash, sales, a filled order listed again
 *   journal line DONE          <- the commit point
 *   seal; `draft` = 0
 *
 * Whoever gets the order from a dead owner and finds `draft` set makes `now` from `before`, with
 * the sale if its line is DONE, without it if not (the line becomes VOID). Repairing again, after
 * another death, gives the same.
 *
 * Stores are releases so that a reader who comes after a death sees them in the order of the
 * program.
 */
#include "exchange.h"

static void step(struct buyer *b)
{
	for (uint64_t i = random_number(&b->rng) & 15; i > 0; i--)
		PAWL_CPU_PAUSE();
}

#define PUT(b, to, value)                                                                                              \
	do {                                                                                                           \
		PAWL_STORE(&(to), value, RELEASE);                                                                     \
		step(b);                                                                                               \
	} while (0)

/* relaxed: statistics, read when the writers have gone */
static void count(uint64_t *counter)
{
	PAWL_FETCH_ADD(counter, 1, RELAXED);
}

void book_violation(struct buyer *b, uint64_t *counter)
{
	count(counter);
	b->lane->violations++;
}

uint64_t book_seal(const struct figures *f)
{
	const uint64_t all[] = { f->lot, f->remaining, f->sold, f->cash, f->sales };
	uint64_t seal = 0x5ea1;

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		seal ^= all[i];
		seal = random_number(&seal);
	}
	return seal;
}

static void put_figures(struct buyer *b, struct figures *to, const struct figures *from)
{
	PUT(b, to->lot, from->lot);
	PUT(b, to->remaining, from->remaining);
	PUT(b, to->sold, from->sold);
	PUT(b, to->cash, from->cash);
	PUT(b, to->sales, from->sales);
}

static void apply(struct figures *f, const struct order *o, uint64_t units)
{
	f->remaining -= units;
	f->sold += units;
	f->cash += units * o->cents;
	f->sales++;
	if (f->remaining == 0) { /* filled: listed again */
		f->lot++;
		f->remaining = o->quantity;
	}
}

/* Makes a torn book whole. A line number that cannot be is damage, which the seal or the audit
 * will report. */
void book_repair(struct buyer *b, unsigned order)
{
	struct book *k = &b->x->books[order];
	uint64_t draft = k->draft;

	if (draft != 0 && draft <= b->x->board->lines) {
		struct sale *line = &b->x->journal[draft - 1];
		struct figures now = k->before;

		if (line->state == SALE_DONE)
			apply(&now, &b->x->orders->at[order], line->count);
		else
			PUT(b, line->state, (uint32_t)SALE_VOID);
		put_figures(b, &k->now, &now);
		PUT(b, k->seal, book_seal(&now));
		PUT(b, k->draft, 0u);
	}
}

static bool torn(const struct book *k)
{
	return k->draft != 0 || k->seal != book_seal(&k->now);
}

/* When a worker died whose buyer wanted this order: for owners that did not live to sign. Of
 * several, the one that died first: never too little. */
static int64_t death_of_wanter(const struct exchange *x, unsigned order)
{
	int64_t first = 0;

	for (unsigned i = 0; i < lane_count(x); i++) {
		uint64_t serial = PAWL_LOAD(&x->lanes[i].serial, ACQUIRE);
		int64_t died = PAWL_LOAD(&x->deaths[serial % MAX_SERIALS], ACQUIRE);

		if (died == 0 || (first != 0 && first <= died))
			continue;
		if (x->lanes[i].order == order && x->lanes[i].phase != PHASE_OUT)
			first = died;
	}
	return first;
}

/* How long did this lock, whose owner was dead, keep us? From the kill; from our asking if that
 * was later, or if the owner cannot be told: never too little. Such times tell little of how
 * fast a death is noticed and are noted as negative numbers: they count for the slowest, not the
 * median. */
static void note_recovery(struct buyer *b, unsigned order, uint64_t owner)
{
	struct exchange *x = b->x;
	int64_t now = clock_ns(), from = b->lane->asked_ns;
	int64_t died = owner != 0 ? PAWL_LOAD(&x->deaths[(owner >> 16) % MAX_SERIALS], ACQUIRE) : death_of_wanter(x, order);
	bool waited = died > from;
	uint64_t at;

	if (owner != 0 && died == 0 && x->url == NULL)
		book_violation(b, &x->board->two_owners); /* robbed: its worker has not been killed */
	if (died == 0)
		count(&x->board->unsigned_deaths);
	if (died > from && died < now)
		from = died;
	at = PAWL_FETCH_ADD(&x->board->waits_used, 1, RELAXED);
	if (at < MAX_WAITS)
		PAWL_STORE(&x->waits[at], waited ? now - from + 1 : from - now - 1, RELEASE);
}

static void owner_died(struct buyer *b, unsigned order)
{
	struct book *k = &b->x->books[order];

	note_recovery(b, order, k->owner);
	PUT(b, b->lane->recovered, b->lane->recovered + 1);
	PUT(b, k->recovered, k->recovered + 1);
	/* From here on our own death counts as one of a holder, to be noticed in its turn:
	 * worker.c and the audit rely on `recovered` having been raised before. */
	PAWL_STORE(&b->lane->phase, (uint32_t)PHASE_HOLD, RELEASE);
	PUT(b, k->owner, 0u);
}

/* Sign for the lock: nobody else has, or we were told that they died. Between hosts that may be one who lives on, without
 * the lease; who has to be told so in its turn, see buyer.c. */
void book_sign(struct buyer *b, unsigned order, int rc)
{
	struct book *k = &b->x->books[order];

	if (pawl_owner_died(rc))
		owner_died(b, order);
	PAWL_STORE(&b->lane->phase, (uint32_t)PHASE_HOLD, RELEASE);
	if (PAWL_XCHG(&k->owner, b->id, ACQ_REL) != 0)
		book_violation(b, &b->x->board->two_owners);
	step(b);
}

/* In front of the figures: is everything as the lock, or the gate, promises? The token is written so that no part of it that a
 * death leaves is larger than the whole. */
void book_look(struct buyer *b, unsigned order, pawl_fence_t fence)
{
	struct book *k = &b->x->books[order];

	if (torn(k))
		book_violation(b, &b->x->board->torn);
	if (pawl_fence_cmp(fence, k->fence) <= 0)
		book_violation(b, &b->x->board->old_tokens);
	b->lane->tenures += fence.hi != k->fence.hi;
	PUT(b, k->fence.lo, 0u);
	PUT(b, k->fence.hi, fence.hi);
	PUT(b, k->fence.lo, fence.lo);
}

bool book_leave(struct buyer *b, unsigned order)
{
	uint64_t me = b->id;

	return PAWL_CAS(&b->x->books[order].owner, &me, 0u, RELEASE);
}

#define LINES_AT_ONCE 256

/* A journal line nobody else writes; 0 when the journal is full. A death loses the rest of a
 * batch, which stays NONE. */
static uint64_t claim_line(struct buyer *b)
{
	struct board *board = b->x->board;

	if (b->line == b->lines_end) {
		/* relaxed: only the number counts */
		uint64_t from = PAWL_FETCH_ADD(&board->lines_used, LINES_AT_ONCE, RELAXED);

		if (from + LINES_AT_ONCE > board->lines)
			return 0;
		b->line = from;
		b->lines_end = from + LINES_AT_ONCE;
	}
	return ++b->line;
}

static void write_line(struct buyer *b, struct sale *line, unsigned order, const struct figures *f, pawl_fence_t fence)
{
	uint64_t want = 1 + random_below(&b->rng, 5);

	line->first = f->lot * b->x->orders->at[order].quantity + (b->x->orders->at[order].quantity - f->remaining);
	line->count = (uint32_t)(want < f->remaining ? want : f->remaining);
	line->fence = fence;
	line->buyer = b->id;
	line->order = order;
	line->lane = b->lane_idx;
	PUT(b, line->state, (uint32_t)SALE_DRAFT);
}

/* False: the journal is full, nothing was sold. */
bool book_sell(struct buyer *b, unsigned order, pawl_fence_t fence)
{
	struct book *k = &b->x->books[order];
	struct figures now = k->now;
	uint64_t number = claim_line(b);
	struct sale *line = &b->x->journal[number - 1];

	if (number == 0) {
		count(&b->x->board->idle_grants);
		return false;
	}
	write_line(b, line, order, &now, fence);
	put_figures(b, &k->before, &now);
	PUT(b, k->draft, number);
	apply(&now, &b->x->orders->at[order], line->count);
	put_figures(b, &k->now, &now);
	PUT(b, line->state, (uint32_t)SALE_DONE);
	PUT(b, k->seal, book_seal(&now));
	PUT(b, k->draft, 0u);
	return true;
}
