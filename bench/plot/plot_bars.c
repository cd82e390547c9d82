/* SPDX-License-Identifier: BSD-2-Clause */
/** plot_bars.c: recovery after a death, of a small holder and of a large one (plot.h). */
#include "plot.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const char *const robust[] = { "pawl_robust", "pawl_named", "glibc_robust", "glibc_pi", "flock", "ofd", NULL };

static double recovery(const bench_record_t *record, const char *row, double mib)
{
	for (size_t i = 0; i < record->n; i++) {
		const bench_entry_t *p = &record->point[i];

		if (strcmp(p->scenario, "death") == 0 && strcmp(p->act, "kill") == 0 && strcmp(p->row, row) == 0 &&
			p->resident_mib == mib)
			return bench_plot_median(record, p, "recovery_us");
	}
	return NAN;
}

bool bench_plot_death(const bench_record_t *record, FILE *to)
{
	bench_plot_names_t rows = bench_plot_rows(record, "death", robust);
	bench_plot_list_t mib = bench_plot_values(record, "death", "kill", offsetof(bench_entry_t, resident_mib));

	double top = 1000;

	if (rows.n == 0 || mib.n == 0)
		return false;
	bench_plot_texts(to, "rows", &rows);
	fprintf(to, "small = %g\nlarge = %g\n$bars << EOD\n", mib.x[0], mib.x[mib.n - 1]);
	for (size_t r = 0; r < rows.n; r++) {
		double few = recovery(record, rows.name[r], mib.x[0]),
		       many = recovery(record, rows.name[r], mib.x[mib.n - 1]);

		fprintf(to, "%zu", r + 1);
		bench_plot_number(to, few);
		bench_plot_number(to, many);
		fputc('\n', to);
		top = fmax(top, fmax(few, many));
	}
	fprintf(to, "EOD\ntop = %.9g\n", 2 * top);
	return true;
}
