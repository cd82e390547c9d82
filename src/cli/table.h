/* SPDX-License-Identifier: BSD-2-Clause */
/** table.h: rows under headings, for people. */
#ifndef PAWL__CLI_TABLE_H
#define PAWL__CLI_TABLE_H

#include "cli/cli.h"

/** Rows are printed sorted by their first cells, unless the order they were added in matters. A cell holds no control
 * characters. Where the width is bounded, columns are left out until a row fits. */
struct cli_table {
	const char *const *headings;
	unsigned columns, right;  /* bit i of `right`: column i is aligned to the right */
	int coloured;             /* the column that holds a lock's state; -1 = none */
	bool as_added;            /* do not sort */
	int width;                /* of the terminal; 0: as wide as it gets */
	const char *const *spare; /* headings of columns to leave out, the least important first; ends with NULL */
	const char *cut; /* heading of the column whose cells are cut, before others are left out; NULL = none */
	char **rows;     /* cells joined by tabs */
	size_t count, room;
};

/** Takes the cells, which are freed. */
void cli_table_add(struct cli_table *table, char **cells);

/** Print and empty it. */
void cli_table_print(struct cli_table *table);

#endif
