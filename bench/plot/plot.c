/* SPDX-License-Identifier: BSD-2-Clause */
/** plot.c: writes the files of plot.h, and has what the pictures share. */
#include "plot.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "stats.h"

const char *const bench_plot_threads[] = { "pawl_mutex", "pawl_spin", "pthread_normal", "pthread_adaptive", "nsync_mu",
	"absl_mutex", "ck_fas", "ttas", NULL };

/* ---- what is in the document ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void add_value(bench_plot_list_t *list, double x)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->x[i] == x)
			return;
	if (list->n < BENCH_PLOT_LIST && !isnan(x))
		list->x[list->n++] = x;
}

bench_plot_list_t bench_plot_values(const bench_record_t *record, const char *scenario, const char *act, size_t offset)
{
	bench_plot_list_t list = { .n = 0 };

	for (size_t i = 0; i < record->n; i++) {
		const bench_entry_t *p = &record->point[i];

		if (strcmp(p->scenario, scenario) == 0 && strcmp(p->act, act) == 0)
			add_value(&list, *(const double *)((const char *)p + offset));
	}
	qsort(list.x, list.n, sizeof(list.x[0]), by_value);
	return list;
}

static bool was_measured(const bench_record_t *record, const char *scenario, const char *row)
{
	for (size_t i = 0; i < record->n; i++)
		if (strcmp(record->point[i].scenario, scenario) == 0 && strcmp(record->point[i].row, row) == 0)
			return true;
	return false;
}

bench_plot_names_t bench_plot_rows(const bench_record_t *record, const char *scenario, const char *const *names)
{
	bench_plot_names_t rows = { .n = 0 };

	for (; *names && rows.n < BENCH_PLOT_ROWS; names++)
		if (was_measured(record, scenario, *names))
			rows.name[rows.n++] = *names;
	return rows;
}

const bench_entry_t *bench_plot_find(
	const bench_record_t *record, const char *row, double workers, double inside_ns, double outside_ns)
{
	for (size_t i = 0; i < record->n; i++) {
		const bench_entry_t *p = &record->point[i];

		if (strcmp(p->scenario, "threads") == 0 && strcmp(p->row, row) == 0 && p->workers == workers &&
			p->inside_ns == inside_ns && p->outside_ns == outside_ns)
			return p;
	}
	return NULL;
}

double bench_plot_median(const bench_record_t *record, const bench_entry_t *point, const char *figure)
{
	const double *x = point ? bench_entry_rounds(point, figure) : NULL;

	return x ? bench_stats_median(x, record->rounds) : NAN;
}

/* ---- in gnuplot's words ---- */

/* Quotes that could end a text are left out. */
static void put_text(FILE *to, const char *text)
{
	fputc('\'', to);
	for (; *text; text++)
		fputc(*text == '\'' || (unsigned char)*text < ' ' ? ' ' : *text, to);
	fputc('\'', to);
}

void bench_plot_texts(FILE *to, const char *array, const bench_plot_names_t *names)
{
	fprintf(to, "array %s[%zu]\n", array, names->n);
	for (size_t i = 0; i < names->n; i++) {
		fprintf(to, "%s[%zu] = ", array, i + 1);
		put_text(to, names->name[i]);
		fputc('\n', to);
	}
}

void bench_plot_number(FILE *to, double x)
{
	if (isfinite(x))
		fprintf(to, " %.9g", x);
	else
		fputs(" NaN", to);
}

static void order_by(const double *y, size_t n, size_t *order)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		for (; at > 0 && y[order[at - 1]] > y[i]; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

/* Neighbours that are too near push each other away, until all have room; the outermost stay inside. */
void bench_plot_spread(double *y, size_t n, double low, double high, double gap)
{
	size_t order[BENCH_PLOT_ROWS];

	gap *= high - low;
	order_by(y, n, order);
	for (int turn = 0; turn < 500; turn++)
		for (size_t i = 0; i < n; i++) {
			double *here = &y[order[i]], *next = i + 1 < n ? &y[order[i + 1]] : NULL;
			double lack = next ? gap - (*next - *here) : 0;

			*here = fmin(fmax(*here, low + gap / 2), high - gap / 2);
			if (lack > 0) {
				*here -= lack / 2;
				*next += lack / 2;
			}
		}
}

/* ---- the files ---- */

static void put_machine(const bench_record_t *record, FILE *to)
{
	static const char *const facts[] = { "cpu", "cores", "kernel", "libc", "compiler", "flags", "pawl" };
	const char *started = json_string_value(json_object_get(record->document, "started"));
	char line[600] = "";

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		const char *fact = bench_record_fact(record, facts[i]);
		size_t n = strlen(line);

		if (*fact)
			snprintf(line + n, sizeof(line) - n, "%s%s%s", n ? ", " : "",
				strcmp(facts[i], "pawl") == 0    ? "pawl "
				: strcmp(facts[i], "cores") == 0 ? "CPUs: "
								 : "",
				fact);
	}
	snprintf(line + strlen(line), sizeof(line) - strlen(line), "; %.16s", started ? started : "");
	fputs("machine = ", to);
	put_text(to, line);
	fputc('\n', to);
}

static const struct picture {
	const char *name;
	bool (*write)(const bench_record_t *record, FILE *to);
} pictures[] = {
	{ "throughput", bench_plot_throughput },
	{ "fairness", bench_plot_fairness },
	{ "latency", bench_plot_latency },
	{ "death", bench_plot_death },
	{ "heat", bench_plot_heat },
};
#define PICTURES (sizeof(pictures) / sizeof(pictures[0]))

/* One that there is nothing for, must not be left over from another document either. */
static bool write_one(const char *directory, const bench_record_t *record, const struct picture *picture)
{
	char path[PATH_MAX];
	bool drawn, good;
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s.dat", directory, picture->name);
	to = fopen(path, "we");
	if (!to) {
		fprintf(stderr, "pawl-bench: %s: %s\n", path, strerror(errno));
		return false;
	}
	put_machine(record, to);
	drawn = picture->write(record, to);
	good = !ferror(to);
	good &= fclose(to) == 0;
	if (!drawn)
		unlink(path);
	else if (good)
		printf("%s\n", path);
	else
		fprintf(stderr, "pawl-bench: %s: %s\n", path, strerror(errno));
	return good;
}

int bench_plot(const char *directory, const char *file)
{
	bench_record_t record;
	const char *bad = bench_record_read(&record, file);
	bool good = true;

	if (bad) {
		fprintf(stderr, "pawl-bench: %s: %s\n", file, bad);
		return EX_USAGE;
	}
	for (size_t i = 0; i < PICTURES; i++)
		good &= write_one(directory, &record, &pictures[i]);
	bench_record_free(&record);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
