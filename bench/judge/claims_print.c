/* SPDX-License-Identifier: BSD-2-Clause */
/** claims_print.c: a line for each claim, for people and as JSON (claims.h). */
#include "claims.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define LINE 160

static const char *const words[] = {
	[BENCH_HOLDS] = "holds", [BENCH_SHORT] = "short", [BENCH_UNDECIDED] = "undecided", [BENCH_NOT_MEASURED] = "not measured"
};

static void put_among(FILE *to, const bench_among_t *list, const char *unit)
{
	for (size_t i = 0; i < list->n; i++)
		fprintf(to, "%s%g", i ? "/" : ", ", list->x[i]);
	if (list->n)
		fprintf(to, " %s", unit);
}

static const char *text_of(const bench_claim_t *c, char out[LINE])
{
	FILE *to = fmemopen(out, LINE, "w");

	if (!to)
		return "";
	fprintf(to, "%s %s of %s at %s %g%s%s", strcmp(c->act, "lock") == 0 ? c->scenario : c->act, c->figure, c->row,
		c->sense == BENCH_AT_MOST ? "most" : "least", c->bound, c->peer ? " x " : "", c->peer ? c->peer : "");
	if (strcmp(c->scenario, "alone") != 0)
		put_among(to, &c->workers, strcmp(c->scenario, "queues") == 0 ? "pairs" : c->scenario);
	put_among(to, &c->inside_ns, "ns inside");
	put_among(to, &c->outside_ns, "outside");
	put_among(to, &c->resident_mib, "MiB");
	fclose(to);
	return out;
}

static void print_people(const bench_claim_t *c, const bench_answer_t *a)
{
	char line[LINE];

	printf("%-12s  ", words[a->decision]);
	if (isnan(a->ratio.mean))
		printf("%19s", "");
	else if (isnan(a->ratio.se))
		printf("%7.4g %11s", a->ratio.mean, "+-?");
	else
		printf("%7.4g +-%5.1f %%  ", a->ratio.mean, 200 * a->ratio.se);
	printf(" %s%s%s%s\n", text_of(c, line), *a->why_not ? " (" : "", a->why_not, *a->why_not ? ")" : "");
}

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *json_of(const bench_claim_t *c, const bench_answer_t *a)
{
	char line[LINE];

	return json_pack("{s:s, s:s, s:s, s:f, s:o, s:o, s:i, s:s}", "claim", text_of(c, line), "verdict",
		words[a->decision], "sense", c->sense == BENCH_AT_MOST ? "at most" : "at least", "bound", c->bound,
		"measured", number(a->ratio.mean), "se_log", number(a->ratio.se), "pairs", (int)a->ratio.pairs,
		"why_not", a->why_not);
}

static void print_counts(const size_t *count)
{
	printf("\n%zu claims: %zu hold, %zu short, %zu undecided (twice the standard error exceeds the distance), %zu "
	       "not "
	       "measured\n",
		bench_claims_n, count[BENCH_HOLDS], count[BENCH_SHORT], count[BENCH_UNDECIDED], count[BENCH_NOT_MEASURED]);
}

int bench_claims_print(const char *file, bool json)
{
	bench_record_t record;
	const char *bad = bench_record_read(&record, file);
	size_t count[4] = { 0 };
	json_t *list = json_array();

	if (bad) {
		fprintf(stderr, "pawl-bench: %s: %s\n", file, bad);
		json_decref(list);
		return EX_USAGE;
	}
	for (size_t i = 0; i < bench_claims_n; i++) {
		bench_answer_t a = bench_claim_check(&bench_claims[i], &record);

		count[a.decision]++;
		if (json)
			json_array_append_new(list, json_of(&bench_claims[i], &a));
		else
			print_people(&bench_claims[i], &a);
	}
	if (json)
		json_dumpf(list, stdout, JSON_INDENT(1));
	else
		print_counts(count);
	json_decref(list);
	bench_record_free(&record);
	return EXIT_SUCCESS;
}
