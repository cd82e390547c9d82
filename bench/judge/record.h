/* SPDX-License-Identifier: BSD-2-Clause */
/** record.h: a document of measurements (schema pawl-bench/1), read back by what compares, judges and draws. */
#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define BENCH_RECORD_SCHEMA "pawl-bench/1"

/** A figure of a point, round by round; as long as the document has rounds, NAN where nothing was measured. */
typedef struct bench_samples {
	const char *figure;
	double *round;
} bench_samples_t;

/** One row in one cell. The texts belong to the document; "" stands for one that is missing, NAN for a number. */
typedef struct bench_result {
	const char *scenario, *row, *act;
	double workers, inside_ns, outside_ns, resident_mib, names; /* what does not apply is NAN */
	bench_samples_t *samples;
	size_t n_samples;
	double *latency_p, *latency_ns; /* quantiles, ascending; none if n_latency is 0 */
	size_t n_latency;
} bench_entry_t;

typedef struct bench_record {
	json_t *document;
	bench_entry_t *point;
	size_t n;
	size_t rounds; /* the most that any point has */
} bench_record_t;

/** Read a file. Returns NULL, or what is wrong with it, good until the next call. */
const char *bench_record_read(bench_record_t *record, const char *path);

/** The same of a document in memory, whose reference is taken over in either case. */
const char *bench_record_of(bench_record_t *record, json_t *document);

void bench_record_free(bench_record_t *record);

/** The rounds of a figure; NULL if the point does not have it. */
const double *bench_entry_rounds(const bench_entry_t *point, const char *figure);

/** Whether they were measured side by side: all but the row is alike. */
bool bench_entry_same_cell(const bench_entry_t *a, const bench_entry_t *b);

/** The cell in words: "8 workers, 50 ns inside, 200 ns outside". Returns `out`. */
const char *bench_entry_cell(const bench_entry_t *point, char *out, size_t size);

/** pawl's own, or the one loaded from a file; the others are the libraries that we are measured against. */
bool bench_entry_is_ours(const bench_entry_t *point);

/** A fact about the machine; "" if the document has none of that name. */
const char *bench_record_fact(const bench_record_t *record, const char *name);

/** Why a row was not measured; NULL if nothing is said about that. */
const char *bench_record_absent(const bench_record_t *record, const char *row);

#endif
