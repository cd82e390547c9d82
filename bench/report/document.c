/* SPDX-License-Identifier: BSD-2-Clause */
/** document.c: results as JSON (document.h). What is not a number is null. */
#include "document.h"

#include <math.h>
#include <string.h>

#include <pawl/base.h>

/* ---- rows ---- */

static bool has(json_t *array, const char *word)
{
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		if (strcmp(json_string_value(item), word) == 0)
			return true;
	}
	return false;
}

static void add_word(json_t *array, const char *word)
{
	if (!has(array, word))
		json_array_append_new(array, json_string(word));
}

static void add_traits(json_t *array, const bench_row_t *row)
{
	static const struct {
		unsigned trait;
		const char *name;
	} names[] = { { BENCH_SURVIVES, "robust" }, { BENCH_SLOW, "slow" }, { BENCH_BROKEN, "broken" },
		{ BENCH_LOADED, "loaded" } };

	add_word(array, row->traits & BENCH_SHARED ? "shared" : "private");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (row->traits & names[i].trait)
			add_word(array, names[i].name);
}

/* A queue and a lock may have one name: they are told apart by what they are. */
static json_t *row_in(json_t *rows, const bench_row_t *row)
{
	json_t *item, *absent;
	size_t i;

	json_array_foreach(rows, i, item)
	{
		if (strcmp(json_string_value(json_object_get(item, "row")), row->name) == 0 &&
			strcmp(json_string_value(json_object_get(item, "what")), row->what) == 0)
			return item;
	}
	absent = row->absent ? json_string(row->absent + strlen("absent: ")) : json_null();
	item = json_pack("{s:s, s:s, s:[], s:[], s:o}", "row", row->name, "what", row->what, "scenarios", "traits",
		"absent", absent);
	json_array_append_new(rows, item);
	return item;
}

json_t *bench_document_rows(const bench_scenario_t *const *scenarios, size_t n)
{
	json_t *rows = json_array();

	for (size_t s = 0; s < n; s++)
		for (size_t i = 0; scenarios[s]->rows[i]; i++) {
			const bench_row_t *row = bench_scenario_row(scenarios[s], scenarios[s]->rows[i]->name);
			json_t *item = row ? row_in(rows, row) : NULL;

			if (!row)
				continue;
			add_word(json_object_get(item, "scenarios"), scenarios[s]->name);
			add_traits(json_object_get(item, "traits"), row);
		}
	return rows;
}

/* ---- points ---- */

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *numbers(const double *x, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, number(x[i]));
	return array;
}

static json_t *latency(const bench_point_t *p)
{
	double ns[BENCH_LATENCY_RANKS];

	if (!p->latency[0] || isnan(bench_point_latency(p, 0)))
		return json_null();
	for (size_t i = 0; i < BENCH_LATENCY_RANKS; i++)
		ns[i] = bench_point_latency(p, i);
	return json_pack("{s:I, s:o, s:o}", "timed", (json_int_t)p->timed, "p",
		numbers(bench_latency_ranks, BENCH_LATENCY_RANKS), "ns", numbers(ns, BENCH_LATENCY_RANKS));
}

static json_t *point(const bench_point_t *p)
{
	json_t *samples = json_object(), *median = json_object();

	for (int f = 0; f < BENCH_FIGURES; f++)
		if (p->sample[f]) {
			json_object_set_new(samples, bench_figure_names[f], numbers(p->sample[f], p->rounds));
			json_object_set_new(median, bench_figure_names[f], number(bench_point_median(p, (bench_figure_t)f)));
		}
	return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:s}", "scenario",
		p->scenario, "row", p->row, "act", p->act, "workers", (int)p->workers, "inside_ns",
		number(p->inside_ns), "outside_ns", number(p->outside_ns), "resident_mib", number(p->resident_mib),
		"names", number(p->names), "samples", samples, "median", median, "latency", latency(p), "foreign",
		number(p->foreign), "dropped", (int)p->dropped, "note", p->note);
}

/* ---- the whole ---- */

static json_t *facts_of(const bench_facts_t *facts)
{
	json_t *object = json_object();

	for (size_t i = 0; i < facts->n; i++)
		json_object_set_new(object, facts->fact[i].name, json_string(facts->fact[i].value));
	return object;
}

static json_t *ran(const bench_results_t *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < r->n_ran; i++)
		json_array_append_new(array,
			json_pack("{s:s, s:i, s:s, s:o}", "scenario", r->ran[i].scenario, "rounds",
				(int)r->ran[i].rounds, "peer", r->ran[i].peer, "facts", facts_of(&r->ran[i].facts)));
	return array;
}

json_t *bench_document(const bench_results_t *r, const bench_scenario_t *const *scenarios, size_t n)
{
	char version[32];
	json_t *points = json_array();

	snprintf(version, sizeof(version), "%d.%d.%d", PAWL_VERSION_MAJOR, PAWL_VERSION_MINOR, PAWL_VERSION_PATCH);
	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(points, point(r->point[i]));
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "schema", "pawl-bench/1", "version", version, "started",
		r->started, "machine", facts_of(&r->machine), "scenarios", ran(r), "rows",
		bench_document_rows(scenarios, n), "points", points);
}

bool bench_document_write(json_t *document, FILE *to)
{
	bool written = document && json_dumpf(document, to, JSON_REAL_PRECISION(9) | JSON_INDENT(1)) == 0;

	json_decref(document);
	return written && fputc('\n', to) != EOF;
}
