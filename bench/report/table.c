/* SPDX-License-Identifier: BSD-2-Clause */
/** table.c: the two ways to print a table (table.h). */
#include "table.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CELL 96 /* longest cell printed */

void bench_table_init(bench_table_t *table, const bench_column_t *columns, size_t width)
{
	*table = (bench_table_t){ .columns = columns, .width = width };
}

void bench_table_free(bench_table_t *table)
{
	free(table->cells);
}

void bench_table_add(bench_table_t *table, const bench_cell_t *cells)
{
	if (table->rows == table->room) {
		size_t room = table->room ? 2 * table->room : 32;
		bench_cell_t *more = realloc(table->cells, room * table->width * sizeof(*more));

		if (!more) {
			perror("pawl-bench: table");
			exit(EXIT_FAILURE);
		}
		table->cells = more;
		table->room = room;
	}
	memcpy(table->cells + table->rows++ * table->width, cells, table->width * sizeof(*cells));
}

static bench_cell_t cell_at(const bench_table_t *t, size_t row, size_t column)
{
	return t->cells[row * t->width + column];
}

/* ---- for people ---- */

static void cell_text(const bench_table_t *t, size_t row, size_t column, char out[CELL])
{
	bench_cell_t c = cell_at(t, row, column);
	const char *form = t->columns[column].form;

	if (!form)
		snprintf(out, CELL, "%s", c.text);
	else if (isnan(c.number))
		snprintf(out, CELL, "-");
	else {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(out, CELL, form, c.number);
#pragma GCC diagnostic pop
	}
}

static int width_of(const bench_table_t *t, size_t column)
{
	size_t widest = strlen(t->columns[column].head);
	char text[CELL];

	for (size_t row = 0; row < t->rows; row++) {
		cell_text(t, row, column, text);
		if (strlen(text) > widest)
			widest = strlen(text);
	}
	return (int)widest;
}

/* Text to the left, numbers to the right. */
static void put_padded(const bench_column_t *column, int width, const char *text, FILE *to)
{
	fprintf(to, column->form ? "%*s  " : "%-*s  ", width, text);
}

static void print_line(const bench_table_t *t, const int *width, size_t row, FILE *to)
{
	char text[CELL];

	for (size_t i = 0; i < t->width; i++) {
		if (!t->columns[i].head)
			continue;
		if (row == SIZE_MAX)
			snprintf(text, CELL, "%s", t->columns[i].head);
		else
			cell_text(t, row, i, text);
		put_padded(&t->columns[i], width[i], text, to);
	}
	fputc('\n', to);
}

static void print_table(const bench_table_t *t, FILE *to)
{
	int *width = calloc(t->width, sizeof(*width));

	if (!width)
		return;
	for (size_t i = 0; i < t->width; i++)
		width[i] = t->columns[i].head ? width_of(t, i) : 0;
	print_line(t, width, SIZE_MAX, to);
	for (size_t row = 0; row < t->rows; row++)
		print_line(t, width, row, to);
	free(width);
}

/* ---- for programs ---- */

static void put_quoted(const char *text, FILE *to)
{
	fputc('"', to);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', to);
		fputc((unsigned char)*text < ' ' ? ' ' : *text, to); /* no name has any business with a control character */
	}
	fputc('"', to);
}

static void print_csv(const bench_table_t *t, FILE *to)
{
	for (size_t i = 0; i < t->width; i++)
		fprintf(to, "%s%s", t->columns[i].name, i + 1 == t->width ? "\n" : ",");
	for (size_t row = 0; row < t->rows; row++)
		for (size_t i = 0; i < t->width; i++) {
			bench_cell_t c = cell_at(t, row, i);

			if (!t->columns[i].form)
				put_quoted(c.text, to);
			else if (isfinite(c.number))
				fprintf(to, "%.9g", c.number);
			fputc(i + 1 == t->width ? '\n' : ',', to);
		}
}

void bench_table_print(const bench_table_t *table, bool csv, FILE *to)
{
	if (csv)
		print_csv(table, to);
	else
		print_table(table, to);
}
