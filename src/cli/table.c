/* SPDX-License-Identifier: BSD-2-Clause */
/** table.c: rows under headings. Each row is kept as one string, its cells joined by tabs, since a full space has 65,536
 * of them; tabs cannot occur in escaped text. */
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

enum { WIDEST = 40, COLUMNS = 16 }; /* a longer cell pushes its own row aside only; see cells[] for the other */
enum { LEAST = 16 };                /* a column that is cut keeps that much */

/* What is shown of a table. */
struct layout {
	int widths[COLUMNS];
	unsigned hidden; /* bit i: column i is left out */
	int cut;         /* -1: none */
	int gap;         /* blanks between columns */
};

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

/* ---- what fits ---- */

static void measure(const struct cli_table *table, const char *const *cells, struct layout *l)
{
	for (unsigned i = 0; i < table->columns; i++) {
		int width = cli_width(cells[i]), most = (int)i == l->cut ? table->width : WIDEST;

		if (width > l->widths[i])
			l->widths[i] = width < most ? width : most;
	}
}

static int column_of(const struct cli_table *table, const char *heading)
{
	for (unsigned i = 0; heading && i < table->columns; i++)
		if (!strcmp(table->headings[i], heading))
			return (int)i;
	return -1;
}

/* How much too wide it is, if the column that is cut took `cut` columns. */
static int excess(const struct cli_table *table, const struct layout *l, int cut)
{
	int sum = -l->gap;

	for (unsigned i = 0; i < table->columns; i++)
		if (!(l->hidden >> i & 1))
			sum += ((int)i == l->cut && cut < l->widths[i] ? cut : l->widths[i]) + l->gap;
	return sum - table->width;
}

static void fit(const struct cli_table *table, struct layout *l)
{
	int over;

	if (!table->width)
		return;
	if (excess(table, l, LEAST) > 0)
		l->gap = 1;
	for (const char *const *spare = table->spare; spare && *spare && excess(table, l, LEAST) > 0; spare++) {
		int column = column_of(table, *spare);

		l->hidden |= column < 0 ? 0 : 1u << column;
	}
	over = excess(table, l, table->width);
	if (l->cut >= 0 && over > 0)
		l->widths[l->cut] = l->widths[l->cut] - over > LEAST ? l->widths[l->cut] - over : LEAST;
}

/* ---- printing ---- */

static void print_cell(const char *cell, int width, bool right, int gap, const char *colour)
{
	int pad = width - cli_width(cell);

	if (pad < 0 || (gap == 0 && !right))
		pad = 0;
	printf("%*s%s%s%s%*s%s", right ? pad : 0, "", colour, cell, *colour ? cli_colour(CLI_PLAIN) : "",
		gap + (right ? 0 : pad), "", gap ? "" : "\n");
}

/* How many columns there are up to the last one that is shown. */
static unsigned shown(const struct cli_table *table, const struct layout *l)
{
	unsigned n = 0;

	for (unsigned i = 0; i < table->columns; i++)
		if (!(l->hidden >> i & 1))
			n = i + 1;
	return n;
}

static void print_row(const struct cli_table *table, const char *const *cells, const struct layout *l, bool heading)
{
	unsigned n = shown(table, l);

	for (unsigned i = 0; i < n; i++) {
		cli_colour_t colour = heading || (int)i != table->coloured ? CLI_PLAIN : cli_state_colour(cells[i]);
		char *less = (int)i == l->cut ? cli_cut(cells[i], l->widths[i]) : NULL;

		if (!(l->hidden >> i & 1))
			print_cell(less ? less : cells[i], l->widths[i], table->right >> i & 1, i + 1 == n ? 0 : l->gap,
				colour == CLI_PLAIN ? "" : cli_colour(colour));
		free(less);
	}
}

static void lay_out(const struct cli_table *table, struct layout *l)
{
	const char *cells[COLUMNS];

	l->cut = table->width ? column_of(table, table->cut) : -1;
	measure(table, table->headings, l);
	for (size_t i = 0; i < table->count; i++) {
		char *copy = cli_must(strdup(table->rows[i]));

		cut(table, copy, cells);
		measure(table, cells, l);
		free(copy);
	}
	fit(table, l);
}

void cli_table_print(struct cli_table *table)
{
	struct layout l = { .gap = 2 };
	const char *cells[COLUMNS];

	if (!table->as_added)
		qsort(table->rows, table->count, sizeof(*table->rows), by_text);
	lay_out(table, &l);
	print_row(table, table->headings, &l, true);
	for (size_t i = 0; i < table->count; i++) {
		cut(table, table->rows[i], cells);
		print_row(table, cells, &l, false);
		free(table->rows[i]);
	}
	free(table->rows);
	table->rows = NULL;
	table->count = table->room = 0;
}
