/* SPDX-License-Identifier: BSD-2-Clause */
/** document.h: what programs read: the document (README.md has its schema), and CSV. */
#ifndef BENCH_DOCUMENT_H
#define BENCH_DOCUMENT_H

#include <jansson.h>
#include <stdio.h>

#include "results.h"
#include "scenario.h"

/** What rows these scenarios have, up to `n` of them: an array of objects. */
json_t *bench_document_rows(const bench_scenario_t *const *scenarios, size_t n);

/** All of it. */
json_t *bench_document(const bench_results_t *results, const bench_scenario_t *const *scenarios, size_t n);

/** Write it, and free it. False: it could not be written. */
bool bench_document_write(json_t *document, FILE *to);

/** A line for each point, with the medians. */
void bench_document_csv(const bench_results_t *results, FILE *to);

#endif
