/* SPDX-License-Identifier: BSD-2-Clause */
/** test_bench_claims.c: when a claim holds, falls short, is undecided or was not measured; and that each claim of the list
 * can hold and can fall short. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "claims.h"

#define ROUNDS 4

/* ---- the verdict ---- */

static bench_decision_t decide(double mean, double se, bench_bound_t sense, double bound)
{
	bench_ratio_t r = { ROUNDS, mean, mean, se };

	return bench_claim_decide(&r, sense, bound);
}

static void beyond_the_error_it_is_decided(void **state)
{
	(void)state;
	assert_int_equal(decide(1.5, 0.05, BENCH_AT_LEAST, 1.3), BENCH_HOLDS);
	assert_int_equal(decide(1.1, 0.05, BENCH_AT_LEAST, 1.3), BENCH_SHORT);
	assert_int_equal(decide(1.1, 0.05, BENCH_AT_MOST, 1.3), BENCH_HOLDS);
	assert_int_equal(decide(1.5, 0.05, BENCH_AT_MOST, 1.3), BENCH_SHORT);
	assert_int_equal(decide(1, 0, BENCH_AT_MOST, 1), BENCH_HOLDS);
}

static void within_it_is_not(void **state)
{
	(void)state;
	assert_int_equal(decide(1.35, 0.05, BENCH_AT_LEAST, 1.3), BENCH_UNDECIDED);
	assert_int_equal(decide(1.25, 0.05, BENCH_AT_LEAST, 1.3), BENCH_UNDECIDED);
	assert_int_equal(decide(1.35, 0.05, BENCH_AT_MOST, 1.3), BENCH_UNDECIDED);
	/* twice the error is the distance */
	assert_int_equal(decide(exp(0.1), 0.0499, BENCH_AT_LEAST, 1), BENCH_HOLDS);
	assert_int_equal(decide(exp(0.1), 0.0501, BENCH_AT_LEAST, 1), BENCH_UNDECIDED);
	assert_int_equal(decide(exp(-0.1), 0.0501, BENCH_AT_LEAST, 1), BENCH_UNDECIDED);
	assert_int_equal(decide(exp(-0.1), 0.0499, BENCH_AT_LEAST, 1), BENCH_SHORT);
}

static void one_round_decides_nothing(void **state)
{
	(void)state;
	assert_int_equal(decide(9, NAN, BENCH_AT_LEAST, 1), BENCH_UNDECIDED);
	assert_int_equal(decide(NAN, NAN, BENCH_AT_LEAST, 1), BENCH_NOT_MEASURED);
}

/* ---- documents ---- */

static json_t *dimension(const bench_among_t *list, size_t i)
{
	return list->n ? json_real(list->x[i]) : json_null();
}

/* The figure of one row in a cell: `base` times a wobble that differs from row to row, of 1 % or so. */
static void add_point(json_t *points, const bench_claim_t *c, const char *row, const size_t *at, double base)
{
	json_t *samples = json_array();

	for (int i = 0; i < ROUNDS; i++)
		json_array_append_new(samples, json_real(base * (1 + 0.01 * ((i + (int)strlen(row)) % ROUNDS))));
	json_array_append_new(points,
		json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:n, s:{s:o}}", "scenario", c->scenario, "row", row,
			"act", c->act, "workers", dimension(&c->workers, at[0]), "inside_ns",
			dimension(&c->inside_ns, at[1]), "outside_ns", dimension(&c->outside_ns, at[2]), "resident_mib",
			dimension(&c->resident_mib, at[3]), "names", "samples", c->figure, samples));
}

static size_t some(const bench_among_t *list)
{
	return list->n ? list->n : 1;
}

/* A document with what the claim is about, in which the figure is `ratio` times the peer's, or is that. */
static json_t *document(const bench_claim_t *c, double ratio)
{
	double base = strcmp(c->figure, "least") == 0 ? 0.05 : 100;
	json_t *points = json_array();
	size_t at[4];

	for (at[0] = 0; at[0] < some(&c->workers); at[0]++)
		for (at[1] = 0; at[1] < some(&c->inside_ns); at[1]++)
			for (at[2] = 0; at[2] < some(&c->outside_ns); at[2]++)
				for (at[3] = 0; at[3] < some(&c->resident_mib); at[3]++) {
					add_point(points, c, c->row, at, c->peer ? base * ratio : ratio);
					if (c->peer)
						add_point(points, c, c->peer, at, base);
				}
	return json_pack("{s:s, s:[], s:o}", "schema", BENCH_RECORD_SCHEMA, "rows", "points", points);
}

static bench_answer_t answer_of(const bench_claim_t *c, json_t *document)
{
	bench_record_t record;
	bench_answer_t a;

	assert_null(bench_record_of(&record, document));
	a = bench_claim_check(c, &record);
	bench_record_free(&record);
	return a;
}

static void every_claim_can_hold_and_fall_short(void **state)
{
	(void)state;
	assert_true(bench_claims_n > 40);
	for (size_t i = 0; i < bench_claims_n; i++) {
		const bench_claim_t *c = &bench_claims[i];
		double good = c->sense == BENCH_AT_LEAST ? 1.25 : 0.8;
		bench_answer_t a = answer_of(c, document(c, c->bound * good)),
			       b = answer_of(c, document(c, c->bound / good));

		assert_int_equal(a.decision, BENCH_HOLDS);
		assert_true(fabs(a.ratio.mean / c->bound / good - 1) < 0.05);
		assert_int_equal(b.decision, BENCH_SHORT);
		assert_true(!*a.why_not && !*b.why_not);
	}
}

static const bench_claim_t claim = { .scenario = "threads",
	.act = "lock",
	.row = "pawl_mutex",
	.figure = "ops_per_s",
	.sense = BENCH_AT_LEAST,
	.bound = 1,
	.peer = "nsync_mu",
	.workers = { 2, { 1, 2 } },
	.inside_ns = { 1, { 0 } } };

static json_t *without(json_t *document, size_t point)
{
	json_array_remove(json_object_get(document, "points"), point);
	return document;
}

static void missing_cells_are_not_measured(void **state)
{
	bench_answer_t a = answer_of(&claim, without(document(&claim, 2), 3)); /* the peer's second cell */
	json_t *all = document(&claim, 2);

	(void)state;
	assert_int_equal(a.decision, BENCH_NOT_MEASURED);
	assert_string_equal(a.why_not, "1 of 2 cells missing");
	a = answer_of(&claim, without(without(all, 3), 1));
	assert_string_equal(a.why_not, "no nsync_mu in threads");
	assert_int_equal(a.decision, BENCH_NOT_MEASURED);
}

static void absent_peers_are_named(void **state)
{
	json_t *d = without(without(document(&claim, 2), 3), 1);
	bench_answer_t a;

	(void)state;
	json_array_append_new(
		json_object_get(d, "rows"), json_pack("{s:s, s:s}", "row", "nsync_mu", "absent", "libnsync-dev"));
	a = answer_of(&claim, d);
	assert_int_equal(a.decision, BENCH_NOT_MEASURED);
	assert_string_equal(a.why_not, "nsync_mu needs libnsync-dev");
}

static void nobody_served_is_a_share_too(void **state)
{
	bench_claim_t least = claim;
	json_t *d;
	bench_answer_t a;

	(void)state;
	least.figure = "least";
	least.workers = (bench_among_t){ 1, { 8 } };
	d = document(&least, 0);
	a = answer_of(&least, d);
	assert_int_equal(a.decision, BENCH_SHORT);
	assert_true(fabs(a.ratio.mean - 0.02) < 0.002); /* a thousandth against a twentieth */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beyond_the_error_it_is_decided),
		cmocka_unit_test(within_it_is_not),
		cmocka_unit_test(one_round_decides_nothing),
		cmocka_unit_test(every_claim_can_hold_and_fall_short),
		cmocka_unit_test(missing_cells_are_not_measured),
		cmocka_unit_test(absent_peers_are_named),
		cmocka_unit_test(nobody_served_is_a_share_too),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
