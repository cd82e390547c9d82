/* SPDX-License-Identifier: BSD-2-Clause */
/** compare_points.c: step 1 of compare.h: the points that both documents have, and by how much each moved. */
#include "compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shift.h"
#include "stats.h"

static const bench_merit_t merits[] = {
	{ .figure = "ops_per_s", .more_is_better = true, .decides = true },
	{ .figure = "cpu_ns", .decides = true },
	{ .figure = "ns", .decides = true },
	{ .figure = "recovery_us", .decides = true },
	{ .figure = "p99_ns", .contended = true },
};
#define MERITS (sizeof(merits) / sizeof(merits[0]))

static void *need(void *memory)
{
	if (!memory) {
		perror("pawl-bench: compare");
		exit(EXIT_FAILURE);
	}
	return memory;
}

/* ---- points that are in both ---- */

typedef struct pair {
	const bench_entry_t *point[2]; /* old, new */
} pair_t;

typedef struct both {
	const bench_record_t *record[2];
	pair_t *pair;
	size_t n;
} both_t;

static const bench_entry_t *same_in(const bench_record_t *r, const bench_entry_t *point)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->point[i].row, point->row) == 0 && bench_entry_same_cell(&r->point[i], point))
			return &r->point[i];
	return NULL;
}

static void match(both_t *b)
{
	b->pair = need(calloc(b->record[0]->n + 1, sizeof(*b->pair)));
	for (size_t i = 0; i < b->record[0]->n; i++) {
		const bench_entry_t *old = &b->record[0]->point[i], *new = same_in(b->record[1], old);

		if (new)
			b->pair[b->n++] = (pair_t){ { old, new } };
	}
}

/* ---- step 1: a row's logarithms, less what the others in its cell did in the same rounds ---- */

static double *logs_of(const both_t *b, const pair_t *p, int which, const char *figure)
{
	const double *x = bench_entry_rounds(p->point[which], figure);
	size_t rounds = b->record[which]->rounds;
	double *logs = need(malloc((rounds + 1) * sizeof(*logs)));

	for (size_t i = 0; i < rounds; i++)
		logs[i] = x && x[i] > 0 ? log(x[i]) : NAN;
	return logs;
}

/* The others' logarithms, each less its own middle over both documents, so that one missing does not move the rest.
 * `of[which][i * others + k]`: round i of the k-th. */
typedef struct beside {
	double *of[2];
	size_t others;
} beside_t;

static void add_other(beside_t *s, const both_t *b, const pair_t *p, const char *figure, size_t k, size_t width)
{
	double *logs[2], middle = 0;

	for (int w = 0; w < 2; w++) {
		logs[w] = logs_of(b, p, w, figure);
		middle += bench_stats_median(logs[w], b->record[w]->rounds) / 2;
	}
	for (int w = 0; w < 2; w++) {
		for (size_t i = 0; i < b->record[w]->rounds; i++)
			s->of[w][i * width + k] = logs[w][i] - middle;
		free(logs[w]);
	}
	s->others += !isnan(middle);
}

static bool is_other(const pair_t *us, const pair_t *p)
{
	return p != us && !bench_entry_is_ours(p->point[0]) && bench_entry_same_cell(p->point[0], us->point[0]);
}

static size_t count_others(const both_t *b, const pair_t *us)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += is_other(us, &b->pair[i]);
	return n;
}

/* What the others did in each round, in both documents. False: there are none. */
static bool surroundings(const both_t *b, const pair_t *us, const char *figure, double *around[2])
{
	size_t width = count_others(b, us), k = 0;
	beside_t s = { .others = 0 };

	for (int w = 0; w < 2; w++)
		s.of[w] = need(malloc((b->record[w]->rounds * width + 1) * sizeof(double)));
	for (size_t i = 0; i < b->n; i++)
		if (is_other(us, &b->pair[i]))
			add_other(&s, b, &b->pair[i], figure, k++, width);
	for (int w = 0; w < 2; w++) {
		for (size_t i = 0; i < b->record[w]->rounds; i++)
			around[w][i] = bench_stats_median(s.of[w] + i * width, width);
		free(s.of[w]);
	}
	return s.others > 0;
}

bench_change_t *bench_compare_add(bench_comparison_t *c)
{
	if (c->n == c->room) {
		c->room = c->room ? 2 * c->room : 256;
		c->change = need(realloc(c->change, c->room * sizeof(*c->change)));
	}
	return memset(&c->change[c->n++], 0, sizeof(*c->change));
}

static void add_point(bench_comparison_t *c, const both_t *b, const pair_t *us, const bench_merit_t *merit)
{
	double *logs[2], *around[2];
	bool ours = bench_entry_is_ours(us->point[0]), comparable;
	bench_shift_t s;

	for (int w = 0; w < 2; w++) {
		logs[w] = logs_of(b, us, w, merit->figure);
		around[w] = need(malloc((b->record[w]->rounds + 1) * sizeof(double)));
	}
	comparable = surroundings(b, us, merit->figure, around);
	for (int w = 0; comparable && w < 2; w++)
		for (size_t i = 0; i < b->record[w]->rounds; i++)
			logs[w][i] -= around[w][i];
	s = bench_shift(logs[0], b->record[0]->rounds, logs[1], b->record[1]->rounds);
	if (comparable && !isnan(s.by))
		*bench_compare_add(c) = (bench_change_t){
			.before = us->point[0],
			.after = us->point[1],
			.merit = merit,
			.ours = ours,
			.was = bench_stats_median(bench_entry_rounds(us->point[0], merit->figure), b->record[0]->rounds),
			.is = bench_stats_median(bench_entry_rounds(us->point[1], merit->figure), b->record[1]->rounds),
			.shift = s.by,
			.se = s.se,
		};
	for (int w = 0; w < 2; w++) {
		free(logs[w]);
		free(around[w]);
	}
}

static bool has(const pair_t *p, const bench_merit_t *merit)
{
	return bench_entry_rounds(p->point[0], merit->figure) && bench_entry_rounds(p->point[1], merit->figure) &&
	       !(merit->contended && p->point[0]->workers <= 1);
}

static void add_pair(bench_comparison_t *c, const both_t *b, const pair_t *p)
{
	size_t before = c->n;

	for (size_t m = 0; m < MERITS; m++)
		if (has(p, &merits[m]))
			add_point(c, b, p, &merits[m]);
	if (!bench_entry_is_ours(p->point[0]))
		return;
	c->points += c->n > before;
	c->without_peer += c->n == before;
}

void bench_compare_points(bench_comparison_t *c, const bench_record_t *before, const bench_record_t *after)
{
	both_t both = { .record = { before, after } };

	match(&both);
	c->only_old = before->n - both.n;
	c->only_new = after->n > both.n ? after->n - both.n : 0;
	for (size_t i = 0; i < both.n; i++)
		add_pair(c, &both, &both.pair[i]);
	free(both.pair);
}
