/* SPDX-License-Identifier: BSD-2-Clause */
/** reading.h: what pawl-bench does with documents that were written before, in place of measuring. */
#ifndef BENCH_READING_H
#define BENCH_READING_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct bench_reading_kind bench_reading_kind_t;

typedef struct bench_reading {
	const bench_reading_kind_t *kind; /* NULL: nothing is read */
	const char *file[2];
	size_t n;
	const char *directory; /* to write into; NULL */
	double threshold;      /* 0: the usual */
} bench_reading_t;

/** The options; its input is a bench_reading_t. Takes the words that are no options if there is a kind. */
extern const struct argp bench_reading_argp;

/** Do it. Returns the exit status. */
int bench_reading(const bench_reading_t *reading, bool json);

#endif
