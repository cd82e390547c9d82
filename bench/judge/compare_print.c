/* SPDX-License-Identifier: BSD-2-Clause */
/** compare_print.c: what came of a comparison (compare.h), for people and as JSON. */
#include "compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "table.h"

static const char *const words[] = { [BENCH_SAME] = "same", [BENCH_FASTER] = "faster", [BENCH_SLOWER] = "SLOWER" };

static const char *place_of(const bench_change_t *change, char *out, size_t size)
{
	if (change->cells == 0)
		return bench_entry_cell(change->after, out, size);
	snprintf(out, size, "all %zu cells", change->cells);
	return out;
}

/* ---- for people ---- */

static const bench_column_t columns[] = {
	{ "verdict", "", NULL },
	{ "scenario", "scenario", NULL },
	{ "row", "row", NULL },
	{ "cell", "cell", NULL },
	{ "figure", "figure", NULL },
	{ "old", "old", "%.4g" },
	{ "new", "new", "%.4g" },
	{ "ratio", "ratio", "%.3f" },
	{ "low", "from", "%.3f" },
	{ "high", "to", "%.3f" },
	{ "p", "p", "%.1g" },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

#define PLACE 96

static void add_line(bench_table_t *table, const bench_change_t *change, char place[PLACE])
{
	double low, high;

	bench_change_interval(change, &low, &high);
	bench_table_add(table, (bench_cell_t[COLUMNS]){
				       { .text = words[change->verdict] },
				       { .text = change->after->scenario },
				       { .text = change->after->row },
				       { .text = place_of(change, place, PLACE) },
				       { .text = change->merit->figure },
				       { .number = change->was },
				       { .number = change->is },
				       { .number = exp(change->shift) },
				       { .number = low },
				       { .number = high },
				       { .number = change->chance },
			       });
}

static void print_changes(const bench_comparison_t *c)
{
	char(*place)[PLACE] = calloc(c->n + 1, sizeof(*place));
	bench_table_t table;

	if (!place) {
		perror("pawl-bench: compare");
		exit(EXIT_FAILURE);
	}
	bench_table_init(&table, columns, COLUMNS);
	for (size_t i = 0; i < c->n; i++)
		if (c->change[i].verdict != BENCH_SAME)
			add_line(&table, &c->change[i], place[i]);
	if (table.rows > 0) {
		bench_table_print(&table, false, stdout);
		printf("\nold, new: as measured, medians. ratio: new over old, without what moved the other libraries "
		       "in the "
		       "same\nrounds; from, to: 95 %% of it. p: chance of a false alarm, all tests counted in.\n\n");
	}
	bench_table_free(&table);
	free(place);
}

static void tell_machines(const bench_record_t *before, const bench_record_t *after)
{
	static const char *const facts[] = { "cpu", "cores", "kernel", "libc", "compiler", "flags" };

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		const char *a = bench_record_fact(before, facts[i]), *b = bench_record_fact(after, facts[i]);

		if (strcmp(a, b) != 0)
			printf("not measured alike: %s: %s; then %s\n", facts[i], *a ? a : "not told", *b ? b : "not told");
	}
}

static void print_people(const bench_comparison_t *c)
{
	print_changes(c);
	printf("%zu points compared, %zu faster, %zu slower, %zu only in one document", c->points, c->faster, c->slower,
		c->only_old + c->only_new);
	if (c->without_peer)
		printf(", %zu without another library's row beside them", c->without_peer);
	printf("; changes from %g %% on\n", 100 * c->threshold);
}

/* ---- for programs ---- */

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *json_of(const bench_change_t *change)
{
	double low, high;
	char place[PLACE];

	bench_change_interval(change, &low, &high);
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:b, s:o, s:o, s:f, s:f, s:f, s:f, s:f}", "verdict",
		change->verdict == BENCH_SLOWER ? "slower" : words[change->verdict], "scenario",
		change->after->scenario, "row", change->after->row, "cell", place_of(change, place, sizeof(place)),
		"whole_row", change->cells > 0, "figure", change->merit->figure, "decides", change->merit->decides,
		"old", number(change->was), "new", number(change->is), "ratio", exp(change->shift), "low", low, "high",
		high, "scatter", change->scatter, "p", change->chance);
}

static void print_json(const bench_comparison_t *c, const char *old_file, const char *new_file)
{
	json_t *list = json_array(), *all;

	for (size_t i = 0; i < c->n; i++)
		if (c->change[i].ours)
			json_array_append_new(list, json_of(&c->change[i]));
	all = json_pack("{s:s, s:s, s:s, s:f, s:i, s:i, s:i, s:i, s:i, s:i, s:o}", "schema", "pawl-bench-compare/1",
		"old", old_file, "new", new_file, "threshold", c->threshold, "points", (int)c->points, "faster",
		(int)c->faster, "slower", (int)c->slower, "only_old", (int)c->only_old, "only_new", (int)c->only_new,
		"without_peer", (int)c->without_peer, "compared", list);
	if (!all || json_dumpf(all, stdout, JSON_INDENT(1)) != 0) {
		fprintf(stderr, "pawl-bench: the comparison could not be written\n");
		exit(EX_IOERR);
	}
	putchar('\n');
	json_decref(all);
}

/* ---- both files ---- */

static bool read_one(bench_record_t *record, const char *path)
{
	const char *bad = bench_record_read(record, path);

	if (bad)
		fprintf(stderr, "pawl-bench: %s: %s\n", path, bad);
	return !bad;
}

int bench_compare(const char *old_file, const char *new_file, double threshold, bool json)
{
	bench_record_t before = { .n = 0 }, after = { .n = 0 };
	bench_comparison_t c;
	int status = EX_USAGE;

	if (read_one(&before, old_file) && read_one(&after, new_file)) {
		bench_compare_records(&c, &before, &after, threshold);
		status = c.worse > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		if (c.points == 0) {
			fprintf(stderr,
				"pawl-bench: %s and %s have no point of pawl's rows in common that has another "
				"library's row beside "
				"it: measure the same scenarios, rows and cells\n",
				old_file, new_file);
			status = EX_USAGE;
		} else if (json) {
			print_json(&c, old_file, new_file);
		} else {
			tell_machines(&before, &after);
			print_people(&c);
		}
		bench_compare_free(&c);
	}
	bench_record_free(&before);
	bench_record_free(&after);
	return status;
}
