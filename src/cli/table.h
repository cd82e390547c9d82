/* SPDX-License-Identifier: BSD-2-Clause */
/** table.h: rows under headings, for people. */
#ifndef PAWL__CLI_TABLE_H
#define PAWL__CLI_TABLE_H

#include "cli/cli.h"

/** Rows are added in any order and printed sorted by their first cells. A cell holds no control characters. */
struct cli_table {
	const char *const *headings;
	unsigned columns, right; /* bit i of `right`: column i is aligned to the right */
	int coloured;            /* the column that holds a lock's state; -1 = none */
	char **rows;             /* cells joined by tabs */
	size_t count, room;
};

/** Takes the cells, which are freed. */
void cli_table_add(struct cli_table *table, char **cells);

/** Print and empty it. */
void cli_table_print(struct cli_table *table);

#endif
