/* SPDX-License-Identifier: BSD-2-Clause */
/** plot_heat.c: pawl_mutex against each peer over the matrix (plot.h): throughput, geometric mean over the pauses, of what
 * was measured in the same rounds. */
#include "plot.h"

#include <math.h>
#include <stddef.h>

#include "stats.h"

static const char *const peers[] = { "pthread_normal", "pthread_adaptive", "pthread_recursive", "nsync_mu",
	"absl_mutex", "ck_fas", "ttas", "drepper", NULL };

static double ratio(
	const bench_record_t *record, const char *peer, double workers, double inside, const bench_plot_list_t *outside)
{
	bench_ratio_t cells[BENCH_PLOT_LIST];
	size_t n = 0;

	for (size_t o = 0; o < outside->n; o++) {
		const bench_entry_t *a = bench_plot_find(record, "pawl_mutex", workers, inside, outside->x[o]);
		const bench_entry_t *b = bench_plot_find(record, peer, workers, inside, outside->x[o]);
		const double *ours = a ? bench_entry_rounds(a, "ops_per_s") : NULL;
		const double *theirs = b ? bench_entry_rounds(b, "ops_per_s") : NULL;

		if (ours && theirs)
			cells[n++] = bench_stats_pair(ours, theirs, record->rounds);
	}
	return bench_stats_cells(cells, n).mean;
}

bool bench_plot_heat(const bench_record_t *record, FILE *to)
{
	bench_plot_names_t rows = bench_plot_rows(record, "threads", peers);
	bench_plot_list_t workers = bench_plot_values(record, "threads", "lock", offsetof(bench_entry_t, workers));
	bench_plot_list_t inside = bench_plot_values(record, "threads", "lock", offsetof(bench_entry_t, inside_ns));
	bench_plot_list_t outside = bench_plot_values(record, "threads", "lock", offsetof(bench_entry_t, outside_ns));
	size_t columns = workers.n * inside.n;
	bool any = false;

	bench_plot_texts(to, "rows", &rows);
	fprintf(to, "columns = %zu\ngroup = %zu\n$heat << EOD\n", columns, inside.n);
	for (size_t r = 0; r < rows.n; r++)
		for (size_t c = 0; c < columns; c++) {
			double x = ratio(record, rows.name[r], workers.x[c / inside.n], inside.x[c % inside.n], &outside);

			any |= !isnan(x);
			fprintf(to, "%zu %zu", c + 1, r + 1);
			bench_plot_number(to, x);
			fputc('\n', to);
		}
	fputs("EOD\n$ticks << EOD\n", to);
	for (size_t c = 0; c < columns; c++)
		fprintf(to, "%zu %g %g\n", c + 1, workers.x[c / inside.n], inside.x[c % inside.n]);
	fputs("EOD\n", to);
	return any;
}
