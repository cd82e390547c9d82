/* SPDX-License-Identifier: BSD-2-Clause */
/** plot_lines.c: throughput and fairness against the number of threads (plot.h): a panel for each section and pause. */
#include "plot.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define PANELS_ACROSS 3
#define PANELS_DOWN   2

typedef struct lines {
	const bench_record_t *record;
	const char *figure;
	double unit;        /* divides it */
	bool times_threads; /* and multiplies it by the threads: a share, 1 if all are alike */
	double top;         /* of the axis; 0: as high as the panel needs */
	bench_plot_names_t rows;
	bench_plot_list_t workers, inside, outside;
} lines_t;

static double value(const lines_t *l, size_t row, double workers, double inside, double outside)
{
	const bench_entry_t *p = bench_plot_find(l->record, l->rows.name[row], workers, inside, outside);

	return bench_plot_median(l->record, p, l->figure) / l->unit * (l->times_threads ? workers : 1);
}

/* Where each line ends, and how high the highest gets. */
static double ends_of(const lines_t *l, double inside, double outside, double *x, double *y)
{
	double top = l->top;

	for (size_t r = 0; r < l->rows.n; r++) {
		x[r] = y[r] = NAN;
		for (size_t w = 0; w < l->workers.n; w++) {
			double v = value(l, r, l->workers.x[w], inside, outside);

			if (isnan(v))
				continue;
			x[r] = l->workers.x[w];
			y[r] = v;
			top = l->top > 0 ? top : fmax(top, 1.08 * v);
		}
	}
	return top;
}

static void put_panel(const lines_t *l, size_t panel, double inside, double outside, FILE *to)
{
	double x[BENCH_PLOT_ROWS], y[BENCH_PLOT_ROWS], at[BENCH_PLOT_ROWS], top;
	size_t row[BENCH_PLOT_ROWS], n = 0;

	fprintf(to, "$panel%zu << EOD\n", panel);
	for (size_t w = 0; w < l->workers.n; w++) {
		fprintf(to, "%g", l->workers.x[w]);
		for (size_t r = 0; r < l->rows.n; r++)
			bench_plot_number(to, value(l, r, l->workers.x[w], inside, outside));
		fputc('\n', to);
	}
	top = ends_of(l, inside, outside, x, y);
	for (size_t r = 0; r < l->rows.n; r++)
		if (!isnan(y[r])) {
			row[n] = r;
			at[n++] = y[r];
		}
	bench_plot_spread(at, n, 0, top, 0.072);
	fprintf(to, "EOD\n$label%zu << EOD\n", panel);
	for (size_t i = 0; i < n; i++)
		fprintf(to, "%g %.9g %.9g \"%s\" %zu\n", x[row[i]], y[row[i]], at[i], l->rows.name[row[i]], row[i] + 1);
	fprintf(to, "EOD\ntop[%zu] = %.9g\nhead[%zu] = '%g ns in the section, %g ns between two'\n", panel, top, panel,
		inside, outside);
}

/* One thread by itself is served evenly. */
static void drop_one(bench_plot_list_t *list)
{
	if (list->n > 0 && list->x[0] < 2)
		memmove(list->x, list->x + 1, --list->n * sizeof(list->x[0]));
}

/* At most `most` of them, the first and the last among them. */
static void thin(bench_plot_list_t *list, size_t most)
{
	while (list->n > most) {
		list->n--;
		memmove(list->x + 1, list->x + 2, (list->n - 1) * sizeof(list->x[0]));
	}
}

static bool put_lines(lines_t *l, FILE *to)
{
	size_t panel = 0;

	l->rows = bench_plot_rows(l->record, "threads", bench_plot_threads);
	l->workers = bench_plot_values(l->record, "threads", "lock", offsetof(bench_entry_t, workers));
	l->inside = bench_plot_values(l->record, "threads", "lock", offsetof(bench_entry_t, inside_ns));
	l->outside = bench_plot_values(l->record, "threads", "lock", offsetof(bench_entry_t, outside_ns));
	if (l->times_threads)
		drop_one(&l->workers);
	thin(&l->inside, PANELS_ACROSS);
	thin(&l->outside, PANELS_DOWN);
	if (l->rows.n == 0 || l->workers.n < 2)
		return false;
	bench_plot_texts(to, "rows", &l->rows);
	fprintf(to, "least = %g\nmost = %g\n", l->workers.x[0], l->workers.x[l->workers.n - 1]);
	fprintf(to, "across = %zu\ndown = %zu\narray top[%zu]\narray head[%zu]\n", l->inside.n, l->outside.n,
		l->inside.n * l->outside.n, l->inside.n * l->outside.n);
	for (size_t o = 0; o < l->outside.n; o++)
		for (size_t i = 0; i < l->inside.n; i++)
			put_panel(l, ++panel, l->inside.x[i], l->outside.x[o], to);
	return true;
}

bool bench_plot_throughput(const bench_record_t *record, FILE *to)
{
	lines_t l = { .record = record, .figure = "ops_per_s", .unit = 1e6 };

	return put_lines(&l, to);
}

bool bench_plot_fairness(const bench_record_t *record, FILE *to)
{
	lines_t l = { .record = record, .figure = "least", .unit = 1, .times_threads = true, .top = 1.05 };

	return put_lines(&l, to);
}
