/* SPDX-License-Identifier: BSD-2-Clause */
/** table.c: rows under headings. Each row is kept as one string, its cells joined by tabs, since a full space has 65,536
 * of them; tabs cannot occur in escaped text. */
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

enum { WIDEST = 40, COLUMNS = 12 }; /* a longer cell pushes its own row aside only; see cells[] for the other */

void cli_table_add(struct cli_table *table, char **cells)
{
	char *row = NULL;
	size_t size;
	FILE *stream = cli_must(open_memstream(&row, &size));

	for (unsigned i = 0; i < table->columns; i++) {
		fprintf(stream, "%s%s", i ? "\t" : "", cells[i]);
		free(cells[i]);
	}
	cli_must(fclose(stream) ? NULL : row);
	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->rows = cli_must(realloc(table->rows, table->room * sizeof(*table->rows)));
	}
	table->rows[table->count++] = row;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Cut a row into its cells, in place. */
static void cut(const struct cli_table *table, char *row, const char *cells[COLUMNS])
{
	for (unsigned i = 0; i < table->columns; i++)
		cells[i] = strsep(&row, "\t");
}

static void measure(const struct cli_table *table, const char *const *cells, int *widths)
{
	for (unsigned i = 0; i < table->columns; i++) {
		int width = cli_width(cells[i]);

		if (width > widths[i])
			widths[i] = width < WIDEST ? width : WIDEST;
	}
}

static void print_cell(const char *cell, int width, bool right, bool last, const char *colour)
{
	int pad = width - cli_width(cell);

	if (pad < 0 || (last && !right))
		pad = 0;
	printf("%*s%s%s%s%*s%s", right ? pad : 0, "", colour, cell, *colour ? cli_colour(CLI_PLAIN) : "",
		right ? 0 : pad, "", last ? "\n" : "  ");
}

static void print_row(const struct cli_table *table, const char *const *cells, const int *widths, bool heading)
{
	for (unsigned i = 0; i < table->columns; i++) {
		cli_colour_t colour = heading || (int)i != table->coloured ? CLI_PLAIN : cli_state_colour(cells[i]);

		print_cell(cells[i], widths[i], table->right >> i & 1, i + 1 == table->columns,
			colour == CLI_PLAIN ? "" : cli_colour(colour));
	}
}

void cli_table_print(struct cli_table *table)
{
	int widths[COLUMNS] = { 0 };
	const char *cells[COLUMNS];

	qsort(table->rows, table->count, sizeof(*table->rows), by_text);
	measure(table, table->headings, widths);
	for (size_t i = 0; i < table->count; i++) {
		char *copy = cli_must(strdup(table->rows[i]));

		cut(table, copy, cells);
		measure(table, cells, widths);
		free(copy);
	}
	print_row(table, table->headings, widths, true);
	for (size_t i = 0; i < table->count; i++) {
		cut(table, table->rows[i], cells);
		print_row(table, cells, widths, false);
		free(table->rows[i]);
	}
	free(table->rows);
	table->rows = NULL;
	table->count = table->room = 0;
}
