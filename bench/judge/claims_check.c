/* SPDX-License-Identifier: BSD-2-Clause */
/** claims_check.c: whether a document bears a claim out (claims.h). */
#include "claims.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_MOST 64
#define STARVED    0.001 /* smaller shares, 0 too, count as this: they have a logarithm, and differ by chance only */

bench_decision_t bench_claim_decide(const bench_ratio_t *ratio, bench_bound_t sense, double bound)
{
	double distance = log(ratio->mean / bound) * (sense == BENCH_AT_LEAST ? 1 : -1), error = 2 * ratio->se;

	if (isnan(ratio->mean))
		return BENCH_NOT_MEASURED;
	if (distance >= error) /* false if the error is not known */
		return BENCH_HOLDS;
	return distance <= -error ? BENCH_SHORT : BENCH_UNDECIDED;
}

/* ---- the cells ---- */

static bool is_among(const bench_among_t *list, double x)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->x[i] == x)
			return true;
	return list->n == 0;
}

static bool is_meant(const bench_claim_t *c, const bench_entry_t *p)
{
	return strcmp(p->scenario, c->scenario) == 0 && strcmp(p->act, c->act) == 0 && strcmp(p->row, c->row) == 0 &&
	       is_among(&c->workers, p->workers) && is_among(&c->inside_ns, p->inside_ns) &&
	       is_among(&c->outside_ns, p->outside_ns) && is_among(&c->resident_mib, p->resident_mib);
}

static size_t number_meant(const bench_claim_t *c)
{
	const bench_among_t *lists[] = { &c->workers, &c->inside_ns, &c->outside_ns, &c->resident_mib };
	size_t n = 1;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		n *= lists[i]->n ? lists[i]->n : 1;
	return n;
}

static const bench_entry_t *beside(const bench_record_t *record, const bench_entry_t *us, const char *row)
{
	for (size_t i = 0; i < record->n; i++)
		if (strcmp(record->point[i].row, row) == 0 && bench_entry_same_cell(&record->point[i], us))
			return &record->point[i];
	return NULL;
}

/* ---- one cell ---- */

static double *figure_of(const bench_claim_t *c, const bench_entry_t *p, size_t rounds)
{
	const double *x = p ? bench_entry_rounds(p, c->figure) : NULL;
	double *copy = malloc((rounds + 1) * sizeof(*copy)), least = strcmp(c->figure, "least") == 0 ? STARVED : 0;

	if (!copy) {
		perror("pawl-bench: claims");
		exit(EXIT_FAILURE);
	}
	for (size_t i = 0; i < rounds; i++) {
		copy[i] = x ? x[i] : NAN;
		if (copy[i] < least)
			copy[i] = least;
	}
	return copy;
}

static bench_ratio_t in_cell(const bench_claim_t *c, const bench_record_t *record, const bench_entry_t *us)
{
	double *ours = figure_of(c, us, record->rounds);
	double *theirs = figure_of(c, c->peer ? beside(record, us, c->peer) : us, record->rounds);
	bench_ratio_t r;

	for (size_t i = 0; i < record->rounds && !c->peer; i++)
		theirs[i] = 1;
	r = bench_stats_pair(ours, theirs, record->rounds);
	free(ours);
	free(theirs);
	return r;
}

/* ---- the claim ---- */

static bool has_row(const bench_claim_t *c, const bench_record_t *record, const char *row)
{
	for (size_t i = 0; i < record->n; i++)
		if (strcmp(record->point[i].scenario, c->scenario) == 0 && strcmp(record->point[i].row, row) == 0)
			return true;
	return false;
}

static void say_why_not(bench_answer_t *a, const bench_claim_t *c, const bench_record_t *record, size_t found, size_t meant)
{
	const char *rows[] = { c->row, c->peer };

	for (size_t i = 0; i < 2 && !*a->why_not; i++) {
		const char *absent = rows[i] ? bench_record_absent(record, rows[i]) : NULL;

		if (absent)
			snprintf(a->why_not, sizeof(a->why_not), "%s needs %s", rows[i], absent);
		else if (rows[i] && !has_row(c, record, rows[i]))
			snprintf(a->why_not, sizeof(a->why_not), "no %s in %s", rows[i], c->scenario);
	}
	if (!*a->why_not)
		snprintf(a->why_not, sizeof(a->why_not), "%zu of %zu cells missing", meant - found, meant);
}

bench_answer_t bench_claim_check(const bench_claim_t *claim, const bench_record_t *record)
{
	bench_answer_t a = { .why_not = "" };
	bench_ratio_t cells[CELLS_MOST];
	size_t n = 0, found = 0;

	for (size_t i = 0; i < record->n && n < CELLS_MOST; i++)
		if (is_meant(claim, &record->point[i])) {
			cells[n] = in_cell(claim, record, &record->point[i]);
			found += cells[n++].pairs > 0;
		}
	a.ratio = bench_stats_cells(cells, n);
	a.decision = bench_claim_decide(&a.ratio, claim->sense, claim->bound);
	if (found < number_meant(claim)) {
		a.decision = BENCH_NOT_MEASURED;
		say_why_not(&a, claim, record, found, number_meant(claim));
	}
	return a;
}
