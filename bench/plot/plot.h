/* SPDX-License-Identifier: BSD-2-Clause */
/** plot.h: what the pictures of a document show. For each of them a file NAME.dat is written that gnuplot can load: texts,
 * lists and data; plot/NAME.gp draws it. What is not in the document is not drawn.
 */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

#include <stdbool.h>
#include <stdio.h>

#include "record.h"

#define BENCH_PLOT_ROWS 8 /* in one picture: more cannot be told apart */
#define BENCH_PLOT_LIST 8

/** Write the files into that directory, and say which on stdout. Returns the exit status: 0; 1: a file could not be
 * written; 64: `file` is no document. */
int bench_plot(const char *directory, const char *file);

/* ---- the pictures; false if the document has nothing for it ---- */
bool bench_plot_throughput(const bench_record_t *record, FILE *to);
bool bench_plot_fairness(const bench_record_t *record, FILE *to);
bool bench_plot_latency(const bench_record_t *record, FILE *to);
bool bench_plot_death(const bench_record_t *record, FILE *to);
bool bench_plot_heat(const bench_record_t *record, FILE *to);

/* ---- for them ---- */

/** Numbers, ascending, each once. */
typedef struct bench_plot_list {
	size_t n;
	double x[BENCH_PLOT_LIST];
} bench_plot_list_t;

typedef struct bench_plot_names {
	size_t n;
	const char *name[BENCH_PLOT_ROWS];
} bench_plot_names_t;

/** What the points of an act have in one dimension: `offset` is that of a double in bench_entry_t. */
bench_plot_list_t bench_plot_values(const bench_record_t *record, const char *scenario, const char *act, size_t offset);

/** Those of the names (NULL ends them) that the scenario has measured. */
bench_plot_names_t bench_plot_rows(const bench_record_t *record, const char *scenario, const char *const *names);

/** Rows for threads, ours first. */
extern const char *const bench_plot_threads[];

/** The point of threads in that cell; NULL. */
const bench_entry_t *bench_plot_find(
	const bench_record_t *record, const char *row, double workers, double inside_ns, double outside_ns);

/** The median of a figure; NAN also if `point` is NULL. */
double bench_plot_median(const bench_record_t *record, const bench_entry_t *point, const char *figure);

/** An array of texts in gnuplot's words. */
void bench_plot_texts(FILE *to, const char *array, const bench_plot_names_t *names);
void bench_plot_number(FILE *to, double x);

/** Ends of lines, to be labelled: moved apart on an axis from `low` to `high`, so that no two are nearer than `gap` of it. */
void bench_plot_spread(double *y, size_t n, double low, double high, double gap);

#endif
