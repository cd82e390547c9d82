/* SPDX-License-Identifier: BSD-2-Clause */
/** scenario.c: who takes part in a scenario (scenario.h). */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static bool fits(const bench_scenario_t *s, const bench_row_t *row)
{
	return (row->traits & s->traits) == s->traits;
}

const bench_row_t *bench_scenario_row(const bench_scenario_t *s, const char *name)
{
	const bench_row_t *row = bench_row_named(s->rows, name);

	return row && fits(s, row) ? row : NULL;
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

static bool wanted(const bench_config_t *c, const bench_row_t *row)
{
	if (row->traits & c->asked)
		return true;
	return c->only ? in_list(c->only, row->name) : !(row->traits & BENCH_NOT_BY_ITSELF);
}

size_t bench_scenario_rows(const bench_scenario_t *s, const bench_config_t *c, const bench_row_t *rows[BENCH_ROWS_MOST])
{
	size_t n = 0;

	for (size_t i = 0; s->rows[i]; i++) {
		if (!fits(s, s->rows[i]) || !wanted(c, s->rows[i]))
			continue;
		if (n == BENCH_ROWS_MOST) {
			fprintf(stderr, "pawl-bench: %s: more than %d rows; choose some with --only\n", s->name,
				BENCH_ROWS_MOST);
			exit(EX_USAGE);
		}
		rows[n++] = s->rows[i];
	}
	return n;
}
