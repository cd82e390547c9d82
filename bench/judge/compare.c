/* SPDX-License-Identifier: BSD-2-Clause */
/** compare.c: what the shifts of points mean: steps 2 and 3 of compare.h. */
#include "compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shift.h"
#include "stats.h"

#define ALARMS       0.05  /* of comparisons without a change, half of them slower; by points, and as many by rows */
#define ENOUGH       6     /* shifts that a yardstick is made of; with fewer a wider kind of cells is taken */
#define FREEDOM_MOST 10    /* tails of runs are longer than normal, however many there are */
#define UNKNOWN      0.10  /* the yardstick where next to nothing was measured beside us */
#define QUIETEST     0.005 /* two runs are never more alike than this */

static void *need(void *memory)
{
	if (!memory) {
		perror("pawl-bench: compare");
		exit(EXIT_FAILURE);
	}
	return memory;
}

/* ---- a row as a whole: the middle of its cells in a scenario ---- */

static bool same_row(const bench_change_t *a, const bench_change_t *b)
{
	return a->merit == b->merit && a->cells == b->cells && strcmp(a->before->row, b->before->row) == 0 &&
	       strcmp(a->before->scenario, b->before->scenario) == 0;
}

static void add_whole(bench_comparison_t *c, size_t first, size_t points)
{
	double *shift = need(malloc(points * sizeof(*shift))), *se = need(malloc(points * sizeof(*se)));
	bench_change_t whole = c->change[first];

	for (size_t i = first; i < points; i++)
		if (same_row(&c->change[i], &c->change[first])) {
			se[whole.cells] = c->change[i].se;
			shift[whole.cells++] = c->change[i].shift;
		}
	whole.shift = bench_shift_middle(shift, whole.cells);
	whole.se = bench_stats_median(se, whole.cells) / sqrt((double)whole.cells);
	whole.was = whole.is = NAN;
	if (whole.cells > 1)
		*bench_compare_add(c) = whole;
	free(shift);
	free(se);
}

static void add_wholes(bench_comparison_t *c)
{
	size_t points = c->n;

	for (size_t i = 0; i < points; i++) {
		size_t first = 0;

		while (!same_row(&c->change[first], &c->change[i]))
			first++;
		if (first == i)
			add_whole(c, i, points);
	}
}

/* ---- step 2: the yardstick ---- */

enum { SAME_KIND, SAME_SCENARIO, SAME_FIGURE };

static bool of_a_kind(const bench_change_t *a, const bench_change_t *b, int width)
{
	if ((a->cells > 0) != (b->cells > 0) || a->merit != b->merit)
		return false;
	if (width < SAME_FIGURE && strcmp(a->before->scenario, b->before->scenario) != 0)
		return false;
	return width > SAME_KIND ||
	       (a->before->workers == b->before->workers && strcmp(a->before->act, b->before->act) == 0);
}

static void measure_scatter(const bench_comparison_t *c, bench_change_t *us)
{
	double *shift = need(malloc((c->n + 1) * sizeof(*shift)));
	size_t n = 0;

	for (int width = SAME_KIND; width <= SAME_FIGURE && n < ENOUGH; width++) {
		n = 0;
		for (size_t i = 0; i < c->n; i++)
			if (!c->change[i].ours && of_a_kind(&c->change[i], us, width))
				shift[n++] = c->change[i].shift;
	}
	us->scatter = n < ENOUGH / 2 ? UNKNOWN : bench_shift_spread(shift, n);
	us->scatter = fmax(fmax(us->scatter, us->se), QUIETEST); /* `se` may be NAN: fmax takes the number */
	/* the spread of n tells as much as a standard deviation of two thirds of them would */
	us->freedom = (unsigned)fmax(2, fmin(FREEDOM_MOST, 2 * (double)n / 3));
	free(shift);
}

/* ---- step 3: what is beyond it ---- */

/* The points by themselves and the rows by themselves: these are few, and would have to pay for those. */
static void correct(bench_comparison_t *c, bool wholes)
{
	double *chance = need(malloc((c->n + 1) * sizeof(*chance)));
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->change[i].ours && (c->change[i].cells > 0) == wholes)
			chance[n++] = bench_shift_chance(c->change[i].shift / c->change[i].scatter, c->change[i].freedom);
	bench_shift_correct(chance, n);
	n = 0;
	for (size_t i = 0; i < c->n; i++)
		if (c->change[i].ours && (c->change[i].cells > 0) == wholes)
			c->change[i].chance = chance[n++];
	free(chance);
}

static void judge(bench_comparison_t *c, bench_change_t *us)
{
	if (us->chance >= ALARMS || fabs(us->shift) < log1p(c->threshold))
		return;
	us->verdict = (us->shift > 0) == us->merit->more_is_better ? BENCH_FASTER : BENCH_SLOWER;
	c->faster += us->verdict == BENCH_FASTER;
	c->slower += us->verdict == BENCH_SLOWER;
	c->worse += us->verdict == BENCH_SLOWER && us->merit->decides;
}

void bench_change_interval(const bench_change_t *change, double *low, double *high)
{
	double reach = bench_shift_reach(0.05, change->freedom) * change->scatter;

	*low = exp(change->shift - reach);
	*high = exp(change->shift + reach);
}

void bench_compare_records(bench_comparison_t *c, const bench_record_t *before, const bench_record_t *after, double threshold)
{
	*c = (bench_comparison_t){ .threshold = threshold };
	bench_compare_points(c, before, after);
	add_wholes(c);
	for (size_t i = 0; i < c->n; i++)
		if (c->change[i].ours)
			measure_scatter(c, &c->change[i]);
	correct(c, false);
	correct(c, true);
	for (size_t i = 0; i < c->n; i++)
		if (c->change[i].ours)
			judge(c, &c->change[i]);
}

void bench_compare_free(bench_comparison_t *c)
{
	free(c->change);
}
