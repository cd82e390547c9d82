/* SPDX-License-Identifier: BSD-2-Clause */
/** options.c: shared options of the benchmarks (options.h). */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { CSV = 0x100, JSON, QUICK, ONLY, LIST };

#define NOT_BY_ITSELF (BENCH_SLOW | BENCH_BROKEN | BENCH_LOADED)

static const struct argp_option options[] = {
	{ "rounds", 'r', "N", 0, "Measure each row N times, in turn", 0 },
	{ "quick", QUICK, NULL, 0, "A look, not a result: few and short rounds", 0 },
	{ "only", ONLY, "ROW,..", 0, "Only these rows (see --list)", 0 },
	{ "list", LIST, NULL, 0, "Print the rows there are", 0 },
	{ "csv", CSV, NULL, 0, "Print CSV", 0 },
	{ "json", JSON, NULL, 0, "Print JSON", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static bool fits(const bench_options_t *o, const bench_row_t *row)
{
	return (row->traits & o->traits) == o->traits;
}

static void list_rows(const bench_options_t *o)
{
	for (size_t i = 0; o->rows[i]; i++)
		if (fits(o, o->rows[i]))
			printf("%-18s %s%s%s%s\n", o->rows[i]->name, o->rows[i]->what, o->rows[i]->absent ? "; " : "",
				o->rows[i]->absent ? o->rows[i]->absent : "",
				o->rows[i]->traits & NOT_BY_ITSELF ? " (only if asked for)" : "");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bench_options_t *o = state->input;

	switch (key) {
	case 'r':
		o->rounds = (unsigned)bench_options_number(state, arg, 1, 1000000);
		break;
	case QUICK:
		o->quick = true;
		break;
	case ONLY:
		o->only = arg;
		break;
	case LIST:
		list_rows(o);
		exit(EXIT_SUCCESS);
	case CSV:
		o->format = BENCH_CSV;
		break;
	case JSON:
		o->format = BENCH_JSON;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument: %s", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp bench_options_argp = { .options = options, .parser = parse };

long bench_options_number(const struct argp_state *state, const char *text, long least, long most)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < least || n > most)
		argp_error(state, "not a number from %ld to %ld: %s", least, most, text);
	return n;
}

size_t bench_options_list(const struct argp_state *state, const char *text, double least, double *list, size_t most)
{
	size_t n = 0;

	for (const char *at = text;; at++) {
		char *end;
		double x = strtod(at, &end);

		if (end == at || (*end && *end != ',') || !isfinite(x) || x < least || n == most)
			argp_error(state, "not a list of numbers: %s", text);
		list[n++] = x;
		if (*end == '\0')
			return n;
		at = end;
	}
}

/* Whether `name` is one of the words of `list`. */
static bool in_list(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

static void check_names(const bench_options_t *o)
{
	char *copy = strdup(o->only), *rest = copy;

	for (char *name; copy && (name = strsep(&rest, ",")) != NULL;) {
		const bench_row_t *row = bench_row_named(o->rows, name);

		if (row && fits(o, row))
			continue;
		fprintf(stderr, "bench: no row %s here; --list prints those there are\n", name);
		exit(EX_USAGE);
	}
	free(copy);
}

static bool wanted(const bench_options_t *o, const bench_row_t *row)
{
	if (row->traits & o->asked)
		return true;
	return o->only ? in_list(o->only, row->name) : !(row->traits & NOT_BY_ITSELF);
}

size_t bench_options_rows(const bench_options_t *o, const bench_row_t *rows[BENCH_ROWS_MOST])
{
	size_t n = 0;

	if (o->only)
		check_names(o);
	for (size_t i = 0; o->rows[i] && n < BENCH_ROWS_MOST; i++)
		if (fits(o, o->rows[i]) && wanted(o, o->rows[i]))
			rows[n++] = o->rows[i];
	return n;
}
