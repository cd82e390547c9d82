/* SPDX-License-Identifier: BSD-2-Clause */
/** list.c: --list (list.h). */
#include "list.h"

#include <stdio.h>
#include <string.h>

#include "document.h"

static json_t *scenarios_of(const bench_options_t *o)
{
	json_t *array = json_array();

	for (size_t i = 0; i < o->n; i++)
		json_array_append_new(
			array, json_pack("{s:s, s:s}", "scenario", o->scenario[i]->name, "what", o->scenario[i]->what));
	return array;
}

static void put_words(json_t *words)
{
	json_t *word;
	size_t i;

	json_array_foreach(words, i, word) printf("%s%s", i ? ", " : "", json_string_value(word));
}

static void put_row(json_t *row)
{
	json_t *absent = json_object_get(row, "absent");

	printf("  %-18s %s\n%21s", json_string_value(json_object_get(row, "row")),
		json_string_value(json_object_get(row, "what")), "");
	put_words(json_object_get(row, "traits"));
	fputs("; ", stdout);
	put_words(json_object_get(row, "scenarios"));
	if (json_is_string(absent))
		printf("; absent here: it needs %s", json_string_value(absent));
	putchar('\n');
}

static void put_text(json_t *list)
{
	json_t *item;
	size_t i;

	puts("Scenarios:");
	json_array_foreach(json_object_get(list, "scenarios"), i, item) printf("  %-10s %s\n",
		json_string_value(json_object_get(item, "scenario")), json_string_value(json_object_get(item, "what")));
	puts("\nRows (slow, broken and loaded ones take part only if they are named):");
	json_array_foreach(json_object_get(list, "rows"), i, item) put_row(item);
}

bool bench_list(const bench_options_t *o)
{
	json_t *list = json_pack("{s:s, s:o, s:o}", "schema", "pawl-bench-list/1", "scenarios", scenarios_of(o), "rows",
		bench_document_rows(o->scenario, o->n));

	if (o->config.format == BENCH_JSON)
		return bench_document_write(list, stdout) && fflush(stdout) == 0;
	put_text(list);
	json_decref(list);
	return fflush(stdout) == 0 && !ferror(stdout);
}
