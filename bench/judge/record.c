/* SPDX-License-Identifier: BSD-2-Clause */
/** record.c: reading a document of measurements (record.h). It may come from anywhere: all of it is checked first. */
#include "record.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char why[512];

__attribute__((format(printf, 1, 2))) static const char *wrong(const char *form, ...)
{
	va_list args;

	va_start(args, form);
	vsnprintf(why, sizeof(why), form, args);
	va_end(args);
	return why;
}

static void *need(void *memory)
{
	if (!memory) {
		perror("pawl-bench: record");
		exit(EXIT_FAILURE);
	}
	return memory;
}

/* ---- pieces ---- */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static double number_of(const json_t *value)
{
	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Numbers and nulls; `length` entries, those that the document lacks are NAN. NULL: there is something else in it. */
static double *numbers_of(const json_t *array, size_t length)
{
	double *x = need(malloc((length ? length : 1) * sizeof(*x)));

	for (size_t i = 0; i < length; i++) {
		const json_t *value = json_array_get(array, i);

		if (value && !json_is_number(value) && !json_is_null(value)) {
			free(x);
			return NULL;
		}
		x[i] = number_of(value);
	}
	return x;
}

static const char *read_samples(bench_entry_t *p, json_t *samples, size_t rounds)
{
	const char *figure;
	json_t *array;

	p->samples = need(calloc(json_object_size(samples) + 1, sizeof(*p->samples)));
	json_object_foreach(samples, figure, array)
	{
		bench_samples_t *s = &p->samples[p->n_samples];

		s->figure = figure;
		s->round = json_is_array(array) ? numbers_of(array, rounds) : NULL;
		if (!s->round)
			return wrong("%s: samples are neither numbers nor null", figure);
		p->n_samples++;
	}
	return NULL;
}

static const char *read_latency(bench_entry_t *p, const json_t *latency)
{
	const json_t *quantile = json_object_get(latency, "p"), *ns = json_object_get(latency, "ns");
	size_t n = json_array_size(quantile);

	if (n == 0)
		return NULL;
	p->latency_p = numbers_of(quantile, n);
	p->latency_ns = numbers_of(ns, n);
	p->n_latency = n;
	return p->latency_p && p->latency_ns && json_array_size(ns) == n ? NULL : "latency: not a p for each ns";
}

static const char *read_point(bench_entry_t *p, const json_t *from, size_t rounds)
{
	const char *bad;

	*p = (bench_entry_t){
		.scenario = text_of(from, "scenario"),
		.row = text_of(from, "row"),
		.act = text_of(from, "act"),
		.workers = number_of(json_object_get(from, "workers")),
		.inside_ns = number_of(json_object_get(from, "inside_ns")),
		.outside_ns = number_of(json_object_get(from, "outside_ns")),
		.resident_mib = number_of(json_object_get(from, "resident_mib")),
		.names = number_of(json_object_get(from, "names")),
	};
	if (!*p->scenario || !*p->row)
		return "it lacks its scenario or its row";
	if (!json_is_object(json_object_get(from, "samples")))
		return "it has no samples";
	bad = read_samples(p, json_object_get(from, "samples"), rounds);
	return bad ? bad : read_latency(p, json_object_get(from, "latency"));
}

/* ---- the whole ---- */

static size_t most_rounds(json_t *points)
{
	size_t most = 0, i;
	json_t *point, *array;
	const char *figure;

	json_array_foreach(points, i, point)
	{
		json_object_foreach(json_object_get(point, "samples"), figure, array)
		{
			if (json_array_size(array) > most)
				most = json_array_size(array);
		}
	}
	return most;
}

static const char *read_all(bench_record_t *r)
{
	const char *schema = text_of(r->document, "schema");
	json_t *points = json_object_get(r->document, "points");

	if (strcmp(schema, BENCH_RECORD_SCHEMA) != 0)
		return wrong("its schema is \"%.40s\", not \"%s\": write it with pawl-bench --json", schema,
			BENCH_RECORD_SCHEMA);
	if (json_array_size(points) == 0)
		return "there is no point in it";
	r->rounds = most_rounds(points);
	r->point = need(calloc(json_array_size(points), sizeof(*r->point)));
	for (size_t i = 0; i < json_array_size(points); i++) {
		const char *bad = read_point(&r->point[r->n++], json_array_get(points, i), r->rounds);
		char said[200];

		if (!bad)
			continue;
		snprintf(said, sizeof(said), "%s", bad); /* it may be in `why` */
		return wrong("point %zu (%s %s): %s", i + 1, r->point[i].scenario, r->point[i].row, said);
	}
	return NULL;
}

const char *bench_record_of(bench_record_t *record, json_t *document)
{
	const char *bad;

	*record = (bench_record_t){ .document = document };
	bad = read_all(record);
	if (bad)
		bench_record_free(record);
	return bad;
}

const char *bench_record_read(bench_record_t *record, const char *path)
{
	json_error_t error;
	json_t *document = json_load_file(path, 0, &error);

	*record = (bench_record_t){ .n = 0 };
	if (document)
		return bench_record_of(record, document);
	switch (json_error_code(&error)) {
	case json_error_cannot_open_file:
		return wrong("cannot be read: %s", error.text);
	case json_error_premature_end_of_input:
		return wrong("ends in the middle, in line %d: its measurement was interrupted", error.line);
	default:
		return wrong("is not JSON: line %d: %s", error.line, error.text);
	}
}

void bench_record_free(bench_record_t *r)
{
	for (size_t i = 0; i < r->n; i++) {
		for (size_t s = 0; s < r->point[i].n_samples; s++)
			free(r->point[i].samples[s].round);
		free(r->point[i].samples);
		free(r->point[i].latency_p);
		free(r->point[i].latency_ns);
	}
	free(r->point);
	json_decref(r->document);
	*r = (bench_record_t){ .n = 0 };
}

/* ---- questions ---- */

const double *bench_entry_rounds(const bench_entry_t *point, const char *figure)
{
	for (size_t i = 0; i < point->n_samples; i++)
		if (strcmp(point->samples[i].figure, figure) == 0)
			return point->samples[i].round;
	return NULL;
}

static bool alike(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

bool bench_entry_same_cell(const bench_entry_t *a, const bench_entry_t *b)
{
	return strcmp(a->scenario, b->scenario) == 0 && strcmp(a->act, b->act) == 0 && alike(a->workers, b->workers) &&
	       alike(a->inside_ns, b->inside_ns) && alike(a->outside_ns, b->outside_ns) &&
	       alike(a->resident_mib, b->resident_mib) && alike(a->names, b->names);
}

const char *bench_entry_cell(const bench_entry_t *p, char *out, size_t size)
{
	const struct {
		double number;
		const char *unit;
	} part[] = { { p->workers, p->workers == 1 ? "worker" : "workers" }, { p->inside_ns, "ns inside" },
		{ p->outside_ns, "ns outside" }, { p->resident_mib, "MiB" }, { p->names, "names" } };
	size_t n = 0;

	snprintf(out, size, "%s", strcmp(p->act, "lock") == 0 ? "" : p->act);
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		n = strlen(out);
		if (!isnan(part[i].number))
			snprintf(out + n, size - n, "%s%g %s", n ? ", " : "", part[i].number, part[i].unit);
	}
	return out;
}

bool bench_entry_is_ours(const bench_entry_t *point)
{
	return strncmp(point->row, "pawl_", 5) == 0 || strcmp(point->row, "loaded") == 0;
}

const char *bench_record_fact(const bench_record_t *record, const char *name)
{
	return text_of(json_object_get(record->document, "machine"), name);
}

const char *bench_record_absent(const bench_record_t *record, const char *row)
{
	size_t i;
	json_t *entry;

	json_array_foreach(json_object_get(record->document, "rows"), i, entry)
	{
		if (strcmp(text_of(entry, "row"), row) == 0)
			return json_string_value(json_object_get(entry, "absent"));
	}
	return NULL;
}
