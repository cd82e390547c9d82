/* SPDX-License-Identifier: BSD-2-Clause */
/** plot_latency.c: how long single acquisitions take, rank by rank (plot.h): few threads beside many. */
#include "plot.h"

#include <math.h>
#include <stddef.h>

#define LOWEST 10.0 /* ns: below it a clock is all that is measured */

static double clipped(double ns)
{
	return fmax(ns, LOWEST);
}

/* Up to the last rank below 1: the maximum is that of so many samples, and no rank. */
static size_t ranks_of(const bench_entry_t *p)
{
	size_t n = p->n_latency;

	while (n > 0 && !(p->latency_p[n - 1] < 1))
		n--;
	return n;
}

static void put_panel(
	const bench_record_t *record, const bench_plot_names_t *rows, size_t panel, const double cell[3], FILE *to)
{
	double end[BENCH_PLOT_ROWS], at[BENCH_PLOT_ROWS], top = 1e3;
	size_t row[BENCH_PLOT_ROWS], n = 0;

	for (size_t r = 0; r < rows->n; r++) {
		const bench_entry_t *p = bench_plot_find(record, rows->name[r], cell[0], cell[1], cell[2]);
		size_t ranks = p ? ranks_of(p) : 0;

		fprintf(to, "$line%zu_%zu << EOD\n", panel, r + 1);
		for (size_t i = 0; i < ranks; i++)
			fprintf(to, "%.9g %.9g\n", 1 / (1 - p->latency_p[i]), clipped(p->latency_ns[i]));
		fprintf(to, "%sEOD\n", ranks ? "" : "NaN NaN\n");
		if (ranks > 0) {
			row[n] = r;
			end[n] = clipped(p->latency_ns[ranks - 1]);
			at[n] = log10(end[n]);
			top = fmax(top, 2 * end[n++]);
		}
	}
	bench_plot_spread(at, n, 1, log10(top), 0.045);
	fprintf(to, "$label%zu << EOD\n", panel);
	for (size_t i = 0; i < n; i++)
		fprintf(to, "%.9g %.9g \"%s\" %zu\n", end[i], pow(10, at[i]), rows->name[row[i]], row[i] + 1);
	fprintf(to, "EOD\ntop[%zu] = %.9g\nhead[%zu] = '%g threads, %g ns in the section, %g ns between two'\n", panel,
		top, panel, cell[0], cell[1], cell[2]);
}

static bool any_latency(const bench_record_t *record, const bench_plot_names_t *rows, const double cell[3])
{
	for (size_t r = 0; r < rows->n; r++) {
		const bench_entry_t *p = bench_plot_find(record, rows->name[r], cell[0], cell[1], cell[2]);

		if (p && ranks_of(p) > 0)
			return true;
	}
	return false;
}

bool bench_plot_latency(const bench_record_t *record, FILE *to)
{
	bench_plot_names_t rows = bench_plot_rows(record, "threads", bench_plot_threads);
	bench_plot_list_t workers = bench_plot_values(record, "threads", "lock", offsetof(bench_entry_t, workers));
	bench_plot_list_t inside = bench_plot_values(record, "threads", "lock", offsetof(bench_entry_t, inside_ns));
	bench_plot_list_t outside = bench_plot_values(record, "threads", "lock", offsetof(bench_entry_t, outside_ns));
	size_t few = 0, panels = 0;

	while (few + 1 < workers.n && workers.x[few] < 2)
		few++;
	bench_plot_texts(to, "rows", &rows);
	fputs("array top[2]\narray head[2]\n", to);
	for (size_t w = few; w < workers.n && panels < 2; w = w == few && few + 1 < workers.n ? workers.n - 1 : workers.n) {
		double cell[] = { workers.x[w], inside.x[inside.n - 1], outside.x[outside.n - 1] };

		if (inside.n && outside.n && any_latency(record, &rows, cell))
			put_panel(record, &rows, ++panels, cell, to);
	}
	fprintf(to, "panels = %zu\n", panels);
	return panels > 0;
}
