/* SPDX-License-Identifier: BSD-2-Clause */
/** table.h: a table, printed for people or as CSV. Column names are a contract: others plot by them. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct bench_column {
	const char *name; /* in CSV */
	const char *head; /* over the column; NULL: not in the table for people */
	const char *form; /* printf format of a double in the table; NULL: a column of text */
} bench_column_t;

typedef union bench_cell {
	const char *text;
	double number; /* NAN: not measured: "-", or empty */
} bench_cell_t;

typedef struct bench_table {
	const bench_column_t *columns;
	size_t width;
	bench_cell_t *cells; /* row after row */
	size_t rows, room;
} bench_table_t;

void bench_table_init(bench_table_t *table, const bench_column_t *columns, size_t width);
void bench_table_free(bench_table_t *table);

/** Add a row of `width` cells; the texts must outlive the table. */
void bench_table_add(bench_table_t *table, const bench_cell_t *cells);

void bench_table_print(const bench_table_t *table, bool csv, FILE *to);

#endif
