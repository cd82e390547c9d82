/* SPDX-License-Identifier: BSD-2-Clause */
/** options.h: the options that all benchmarks share, as an argp parser to hang under their own, and lists of numbers. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "row.h"
#include "table.h"

#define BENCH_ROWS_MOST 32

typedef struct bench_options {
	const bench_row_t *const *rows; /* the program's table */
	bench_format_t format;
	unsigned rounds;  /* 0: not given */
	bool quick;       /* a look, not a result: few and short */
	const char *only; /* names of rows, with commas; NULL: all but the slow and the broken */
	unsigned traits;  /* rows without one of these have no place here (set by the program) */
	unsigned asked;   /* rows with one of these are asked for, whatever `only` says */
} bench_options_t;

/** The shared parser. Its input is a bench_options_t. */
extern const struct argp bench_options_argp;

/** Numbers with commas, each `least` or more, into `list`. Returns how many; an argp error ends the program if `text` is
 * anything else, or has more than `most`. */
size_t bench_options_list(const struct argp_state *state, const char *text, double least, double *list, size_t most);

/** A whole number from `least` to `most`, or an argp error. */
long bench_options_number(const struct argp_state *state, const char *text, long least, long most);

/** The rows asked for, in the order of the tables. An unknown name in --only: a message, and exit 64. */
size_t bench_options_rows(const bench_options_t *options, const bench_row_t *rows[BENCH_ROWS_MOST]);

#endif
