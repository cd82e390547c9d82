/* SPDX-License-Identifier: BSD-2-Clause */
/* audit.c: the verdict, after everybody has gone home.
 *
 * Four records are compared, none of which is made from another: the journal (what was handed out,
 * line by line, written by the buyer), the books (sums, kept in the orders), the receipts (counted
 * by the buyers after they had given the order back), and the deaths (counted by the reaper).
 *
 *   double sale      two lines that are DONE sell the same unit of an order, or one sells beyond
 *                    the lot
 *   lost update      a unit nobody bought lies below one that somebody did; a book that is not the
 *                    sum of its lines, is torn or sealed wrongly; a receipt without a line, or more
 *                    lines without a receipt than buyers that died
 *   token            in the order of the units, a line's token is not larger than the one before;
 *                    seen by a buyer under the lock, too
 *   two owners       of a lock at once, and neither was told: of the other's death, or of a lost lease
 *   unnoticed death  more owners were killed while they held an order than heirs were told so
 */
#include <stdlib.h>
#include <string.h>

#include "exchange.h"

/* ---- the last visit ---- */

static int visit(struct buyer *b, unsigned order, pawl_deadline_t deadline)
{
	pawl_lock_t *lock;
	pawl_grant_t grant;
	char name[64];
	int rc, closed;

	order_name(&b->x->orders->at[order], name);
	rc = pawl_lock_open(b->space, name, 0, &lock);
	if (rc != 0)
		return rc;
	b->lane->asked_ns = clock_ns();
	rc = pawl_lock_acquire(lock, deadline, &grant);
	if (pawl_acquired(rc))
		rc = buyer_hold(b, lock, order, rc, grant.fence, false);
	closed = pawl_lock_close(lock);
	return rc != 0 ? rc : closed;
}

/* Each order once, by one of the hosts. */
static void visit_all(struct exchange *x, struct verdict *v, struct buyer *b)
{
	pawl_deadline_t deadline = pawl_in_ns(x->opt->patience_ns * (x->url != NULL ? 6 : 1));

	for (unsigned i = b->host; i < x->orders->count; i += x->opt->hosts) {
		int rc = x->opt->fault == FAULT_LOCK ? 0 : visit(b, i, deadline);

		if (rc != 0 && v->stuck++ < 5)
			fprintf(stderr, "exchange: orders/%s cannot be taken after the end: %s\n", x->orders->at[i].id,
				pawl_strerror(rc));
	}
}

static void inspect(struct verdict *v, const struct buyer *b)
{
	pawl_space_stats_t stats = { 0 };
	pawl_remote_info_t remote = { 0 };

	if (pawl_space_check(b->space) != 0) {
		fprintf(stderr, "exchange: the space is damaged: %s\n", pawl_space_reason());
		v->damaged = true;
	}
	if (pawl_space_stats(b->space, &stats) != 0 || pawl_space_remote(b->space, &remote) != 0)
		v->damaged = true;
	v->rescued_by_slice += stats.rescued_by_slice;
	v->keepers[b->host] = remote.term;
}

void audit_visit(struct exchange *x, struct verdict *v)
{
	struct lane desk = { .phase = PHASE_OUT };
	struct buyer b = { .x = x, .lane = &desk, .id = 1, .rng = x->opt->seed };

	for (; b.host < x->opt->hosts; b.host++) {
		if (home_open(x, b.host, &b.space, &b.store) != 0) {
			v->damaged = true;
			return;
		}
		inspect(v, &b);
		visit_all(x, v, &b);
		if (home_close(b.space, b.store) != 0)
			v->damaged = true;
	}
	v->recovered += desk.recovered;
}

/* ---- journal against books ---- */

static int by_order_and_unit(const void *a, const void *b)
{
	const struct sale *x = *(const struct sale *const *)a, *y = *(const struct sale *const *)b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	return pawl_fence_cmp(x->fence, y->fence);
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* One order: its lines in the order of their units, against its book. Returns how many lines are
 * its own. */
static size_t audit_order(const struct exchange *x, struct verdict *v, unsigned order, struct sale **line, size_t left)
{
	const struct order *o = &x->orders->at[order];
	const struct book *k = &x->books[order];
	pawl_fence_t last = { 0, 0 };
	uint64_t next = 0, units = 0;
	size_t n = 0;

	for (; n < left && line[n]->order == order; n++) {
		uint64_t first = line[n]->first, end = first + line[n]->count;

		v->double_sales += first < next || line[n]->count == 0 || first / o->quantity != (end - 1) / o->quantity;
		v->lost_updates += first > next;
		v->old_tokens += pawl_fence_cmp(line[n]->fence, last) <= 0;
		last = line[n]->fence;
		next = end > next ? end : next;
		units += line[n]->count;
	}
	v->old_tokens += pawl_fence_cmp(k->fence, last) < 0;
	v->lost_updates += apart(k->now.sales, n) + (k->now.sold != units) + (k->now.cash != units * o->cents);
	v->lost_updates += k->now.lot * o->quantity + (o->quantity - k->now.remaining) != units;
	v->lost_updates += k->draft != 0 || k->seal != book_seal(&k->now);
	v->unnoticed += k->died > k->recovered ? k->died - k->recovered : 0;
	v->two_owners += k->owner != 0;
	v->units += units;
	v->cash += units * o->cents;
	return n;
}

/* ---- receipts against journal ---- */

static void audit_receipts(const struct exchange *x, struct verdict *v, const uint64_t *lines_of)
{
	for (unsigned i = 0; i < lane_count(x); i++) {
		const struct lane *lane = &x->lanes[i];

		if (lane->acked > lines_of[i])
			v->lost_updates += lane->acked - lines_of[i];
		else if (lines_of[i] > lane->acked + lane->deaths)
			v->lost_updates += lines_of[i] - lane->acked - lane->deaths;
		v->grants += lane->grants;
		v->refused += lane->refused;
		v->recovered += lane->recovered;
	}
}

/* A full journal is asked for lines in vain: the counter then runs past its end. */
static uint64_t lines_used(const struct board *board)
{
	return board->lines_used < board->lines ? board->lines_used : board->lines;
}

/* The lines that count. A line out of range is damage: counted as a lost update, and left out. */
static size_t done_lines(const struct exchange *x, struct verdict *v, struct sale **lines, uint64_t *lines_of)
{
	uint64_t used = lines_used(x->board);
	size_t n = 0;

	for (uint64_t i = 0; i < used; i++) {
		struct sale *line = &x->journal[i];

		if (line->state != SALE_DONE)
			continue;
		if (line->order >= x->orders->count || line->lane >= lane_count(x)) {
			v->lost_updates++;
			continue;
		}
		lines_of[line->lane]++;
		lines[n++] = line;
	}
	return n;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Positive: the heir was waiting when its owner was killed; negative: it came later. Zeros were
 * claimed by heirs that were killed before they wrote their time. */
static void audit_waits(const struct exchange *x, struct verdict *v)
{
	uint64_t n = x->board->waits_used < MAX_WAITS ? x->board->waits_used : MAX_WAITS, from = 0;

	if (n == 0)
		return;
	qsort(x->waits, n, sizeof(*x->waits), by_time);
	while (from < n && x->waits[from] <= 0)
		from++;
	v->waited = n - from;
	if (v->waited > 0)
		v->median_ns = x->waits[from + v->waited / 2];
	v->slowest_ns = x->waits[n - 1] > -x->waits[0] ? x->waits[n - 1] : -x->waits[0];
}

void audit_books(struct exchange *x, struct verdict *v)
{
	struct sale **lines = calloc(lines_used(x->board) + 1, sizeof(struct sale *));
	uint64_t *lines_of = calloc(lane_count(x), sizeof(*lines_of));
	size_t at = 0;

	if (lines == NULL || lines_of == NULL) {
		fputs("exchange: no memory for the audit\n", stderr);
		abort();
	}
	v->sales = done_lines(x, v, lines, lines_of);
	qsort(lines, v->sales, sizeof(*lines), by_order_and_unit);
	for (unsigned i = 0; i < x->orders->count; i++)
		at += audit_order(x, v, i, lines + at, v->sales - at);
	audit_receipts(x, v, lines_of);
	audit_waits(x, v);
	v->old_tokens += x->board->old_tokens;
	v->two_owners += x->board->two_owners;
	v->lost_updates += x->board->torn;
	free(lines);
	free(lines_of);
}
