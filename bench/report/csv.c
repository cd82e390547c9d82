/* SPDX-License-Identifier: BSD-2-Clause */
/** csv.c: results as CSV (document.h): a line for each point, with the medians. The columns are named as in the document;
 * those that mean nothing for a scenario are empty. */
#include <math.h>

#include "document.h"
#include "table.h"

#define BEFORE  9
#define AFTER   3
#define COLUMNS (BEFORE + BENCH_FIGURES + AFTER)

static void name_columns(bench_column_t columns[COLUMNS])
{
	static const bench_column_t before[BEFORE] = { { "scenario", "", NULL }, { "row", "", NULL },
		{ "act", "", NULL }, { "workers", "", "n" }, { "inside_ns", "", "n" }, { "outside_ns", "", "n" },
		{ "resident_mib", "", "n" }, { "names", "", "n" }, { "rounds", "", "n" } };
	static const bench_column_t after[AFTER] = { { "foreign", "", "n" }, { "dropped", "", "n" }, { "note", "", NULL } };

	for (int i = 0; i < BEFORE; i++)
		columns[i] = before[i];
	for (int i = 0; i < BENCH_FIGURES; i++)
		columns[BEFORE + i] = (bench_column_t){ bench_figure_names[i], "", "n" };
	for (int i = 0; i < AFTER; i++)
		columns[BEFORE + BENCH_FIGURES + i] = after[i];
}

static void add_point(bench_table_t *table, const bench_point_t *p)
{
	bench_cell_t cells[COLUMNS] = { { .text = p->scenario }, { .text = p->row }, { .text = p->act },
		{ .number = p->workers }, { .number = p->inside_ns }, { .number = p->outside_ns },
		{ .number = p->resident_mib }, { .number = p->names }, { .number = p->rounds } };

	for (int i = 0; i < BENCH_FIGURES; i++)
		cells[BEFORE + i].number = bench_point_median(p, (bench_figure_t)i);
	cells[COLUMNS - 3].number = p->foreign;
	cells[COLUMNS - 2].number = p->dropped;
	cells[COLUMNS - 1].text = p->note;
	bench_table_add(table, cells);
}

void bench_document_csv(const bench_results_t *r, FILE *to)
{
	bench_column_t columns[COLUMNS];
	bench_table_t table;

	name_columns(columns);
	bench_table_init(&table, columns, COLUMNS);
	for (size_t i = 0; i < r->n; i++)
		add_point(&table, r->point[i]);
	bench_table_print(&table, true, to);
	bench_table_free(&table);
}
