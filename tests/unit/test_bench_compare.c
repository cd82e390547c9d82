/* SPDX-License-Identifier: BSD-2-Clause */
/** test_bench_compare.c: comparing documents of measurements, on documents whose differences are known beforehand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compare.h"
#include "shift.h"
#include "stats.h"

#define THRESHOLD 0.05
#define ROWS      11

static uint64_t seed = 1;
/* comparisons per assertion; LONG=1: 1000. What sanitizers look for is in the first ones too, and they take their time */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
static int times = 10;
#else
static int times = 40;
#endif

static double chance(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(seed >> 11) / 9007199254740992.0;
}

/* Mean 0, variance 1: the sum of twelve even ones. */
static double noise(void)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += chance();
	return sum;
}

static void assert_near(double got, double want, double within)
{
	if (!(fabs(got - want) <= within))
		fail_msg("%.12g, wanted %.12g +-%g", got, want, within);
}

/* ---- documents ---- */

static const char *const rows[ROWS] = { "pawl_mutex", "pawl_spin", "pthread_normal", "pthread_adaptive", "nsync_mu",
	"ck_fas", "absl_mutex", "drepper", "pthread_spin", "pthread_recursive", "ttas" };

/** How a document is made: what one run of a build does to its figures, and what differs in this one. */
typedef struct how {
	int rounds;
	double round, cell, run; /* scatter of a sample; of a row's cell, and of a row, from run to run */
	double machine, drift;   /* speed of the machine; within the document it moves by up to this factor */
	double spoilt, nulls;    /* shares of the samples that are a third of what they should be, or missing */
	const char *slow;        /* this row, */
	double by;               /* by this factor, */
	int in_cells;            /* in the first so many cells */
	const char *missing;     /* a row that is not in it */
} how_t;

static const how_t usual = {
	.rounds = 5, .round = 0.08, .cell = 0.02, .run = 0.01, .machine = 1, .drift = 1.3, .by = 1, .in_cells = 9
};

static void add_point(json_t *points, const how_t *how, int row, int cell, double run, const double *speed)
{
	static const double inside[] = { 0, 50, 500 };
	json_t *rate = json_array(), *cpu = json_array();
	double shift = run + how->cell * noise();

	if (how->slow && strcmp(rows[row], how->slow) == 0 && cell < how->in_cells)
		shift -= log(how->by);
	for (int i = 0; i < how->rounds; i++) {
		double ops = 1e7 / (1 + row) / (1 + cell) * speed[i] * exp(shift + how->round * noise());
		bool none = chance() < how->nulls;

		ops *= chance() < how->spoilt ? 0.3 : 1;
		json_array_append_new(rate, none ? json_null() : json_real(ops));
		json_array_append_new(cpu, none ? json_null() : json_real(1e9 / ops * exp(how->round * noise())));
	}
	json_array_append_new(points,
		json_pack("{s:s, s:s, s:s, s:i, s:f, s:i, s:n, s:n, s:{s:o, s:o}, s:n}", "scenario", "threads", "row",
			rows[row], "act", "lock", "workers", 1 << cell / 3, "inside_ns", inside[cell % 3], "outside_ns",
			200, "resident_mib", "names", "samples", "ops_per_s", rate, "cpu_ns", cpu, "latency"));
}

/* Nine cells: 1, 2, 4 threads, three sections. A round of a cell meets one speed of the machine, as a cell of a contest. */
static json_t *document(const how_t *how)
{
	json_t *points = json_array();
	double run[ROWS], speed[64];

	for (int row = 0; row < ROWS; row++)
		run[row] = how->run * noise();
	for (int cell = 0; cell < 9; cell++) {
		for (int i = 0; i < how->rounds; i++)
			speed[i] = how->machine * pow(how->drift, chance());
		for (int row = 0; row < ROWS; row++)
			if (!how->missing || strcmp(rows[row], how->missing) != 0)
				add_point(points, how, row, cell, run[row], speed);
	}
	return json_pack("{s:s, s:{s:s}, s:[], s:o}", "schema", BENCH_RECORD_SCHEMA, "machine", "cpu", "a loom", "rows",
		"points", points);
}

typedef struct outcome {
	size_t points, faster, slower, worse, only, without_peer;
	bool in_row;  /* something slower is the row that is slow */
	double whole; /* ratio of the first row as a whole, in throughput */
} outcome_t;

static outcome_t outcome_of(const how_t *old, const how_t *new)
{
	bench_record_t before, after;
	bench_comparison_t c;
	outcome_t o;

	assert_null(bench_record_of(&before, document(old)));
	assert_null(bench_record_of(&after, document(new)));
	bench_compare_records(&c, &before, &after, THRESHOLD);
	o = (outcome_t){ c.points, c.faster, c.slower, c.worse, c.only_old + c.only_new, c.without_peer, false, NAN };
	for (size_t i = 0; i < c.n; i++) {
		const bench_change_t *change = &c.change[i];

		o.in_row |= change->verdict == BENCH_SLOWER && strcmp(change->after->row, rows[0]) == 0;
		if (change->cells > 0 && strcmp(change->after->row, rows[0]) == 0 &&
			strcmp(change->merit->figure, "ops_per_s") == 0)
			o.whole = exp(change->shift);
	}
	bench_compare_free(&c);
	bench_record_free(&before);
	bench_record_free(&after);
	return o;
}

/* In what percentage of comparisons something is called slower, or changed at all if `any`. */
static double alarms(const how_t *old, const how_t *new, bool any)
{
	int n = 0;

	for (int i = 0; i < times; i++) {
		outcome_t o = outcome_of(old, new);

		n += any ? o.faster + o.slower > 0 : o.worse > 0 && (!new->slow || o.in_row);
	}
	return 100.0 * n / times;
}

static void assert_percent(double got, double least, double most)
{
	print_message("# %g %%, of %g to %g\n", got, least, most);
	assert_true(got >= least && got <= most);
}

/* ---- no change ---- */

static void one_build_gives_no_alarm(void **state)
{
	how_t quiet = usual;

	(void)state;
	assert_percent(alarms(&usual, &usual, true), 0, 5);
	quiet.cell = quiet.run = 0; /* nothing but the rounds: the yardstick still holds */
	assert_percent(alarms(&quiet, &quiet, true), 0, 5);
	quiet.cell = quiet.run = 0.05; /* much that no document shows by itself */
	assert_percent(alarms(&quiet, &quiet, true), 0, 5);
}

static void a_document_equals_itself(void **state)
{
	bench_record_t r;
	bench_comparison_t c;

	(void)state;
	assert_null(bench_record_of(&r, document(&usual)));
	bench_compare_records(&c, &r, &r, THRESHOLD);
	assert_int_equal(c.points, 18);
	assert_int_equal(c.faster + c.slower + c.only_old + c.only_new + c.without_peer, 0);
	for (size_t i = 0; i < c.n; i++)
		assert_near(c.change[i].shift, 0, 1e-9);
	bench_compare_free(&c);
	bench_record_free(&r);
}

static void a_machine_that_drifts_is_no_change(void **state)
{
	how_t old = usual, new = usual;

	(void)state;
	old.drift = 2;
	new.drift = 2;
	new.machine = 0.5;
	assert_percent(alarms(&old, &new, true), 0, 5);
	new.machine = 2;
	assert_percent(alarms(&old, &new, true), 0, 5);
}

static void spoilt_rounds_are_no_change(void **state)
{
	how_t old = usual, new = usual;

	(void)state;
	new.spoilt = 0.1;
	assert_percent(alarms(&old, &new, true), 0, 5);
	old.nulls = new.nulls = 0.2; /* three or four rounds are left, one of them a third of what it should be */
	assert_percent(alarms(&old, &new, true), 0, 10);
}

static void few_rounds_and_different_ones_are_no_change(void **state)
{
	how_t old = usual, new = usual;

	(void)state;
	old.rounds = 3;
	new.rounds = 30;
	assert_percent(alarms(&old, &new, true), 0, 5);
	old.rounds = new.rounds = 1;
	assert_percent(alarms(&old, &new, true), 0, 10);
}

/* ---- a change ---- */

static how_t slower_by(double by)
{
	how_t how = usual;

	how.slow = rows[0];
	how.by = by;
	return how;
}

static void a_fifth_slower_is_found(void **state)
{
	how_t slow = slower_by(1.2), fast = usual;

	(void)state;
	assert_percent(alarms(&usual, &slow, false), 95, 100);
	slow.drift = fast.drift = 2;
	slow.machine = 2; /* the machine made more than good for it */
	assert_percent(alarms(&fast, &slow, false), 95, 100);
	slow.spoilt = fast.spoilt = 0.1;
	assert_percent(alarms(&fast, &slow, false), 70, 100);
}

static void it_is_found_in_the_other_direction(void **state)
{
	how_t slow = slower_by(1.2);
	int faster = 0, worse = 0;

	(void)state;
	for (int i = 0; i < times; i++) {
		outcome_t o = outcome_of(&slow, &usual);

		faster += o.faster > 0;
		worse += o.worse > 0;
	}
	assert_percent(100.0 * faster / times, 95, 100);
	assert_percent(100.0 * worse / times, 0, 5);
}

static void twice_as_slow_in_one_cell_is_found(void **state)
{
	how_t slow = slower_by(2);

	(void)state;
	slow.in_cells = 1;
	assert_percent(alarms(&usual, &slow, false), 95, 100);
}

static void less_than_the_threshold_is_none(void **state)
{
	how_t old = usual, new = slower_by(1.03);

	(void)state;
	old.rounds = new.rounds = 30;
	old.round = new.round = 0.005;
	old.cell = new.cell = old.run = new.run = 0;
	assert_percent(alarms(&old, &new, true), 0, 2);
	new.by = 1.08;
	assert_percent(alarms(&old, &new, false), 98, 100);
}

static void the_ratio_is_the_one_planted(void **state)
{
	how_t slow = slower_by(1.25);
	double sum = 0;

	(void)state;
	slow.machine = 1.7;
	for (int i = 0; i < 100; i++)
		sum += log(outcome_of(&usual, &slow).whole) / 100;
	assert_near(exp(sum), 0.8, 0.01);
}

/* ---- what is not in both ---- */

static void missing_rows_are_counted_not_judged(void **state)
{
	how_t without = usual;
	outcome_t o;

	(void)state;
	without.missing = "pawl_spin";
	o = outcome_of(&usual, &without);
	assert_true(o.points == 9 && o.only == 9 && o.without_peer == 0);
	without.missing = "ttas"; /* a peer less to lean on */
	o = outcome_of(&without, &usual);
	assert_true(o.points == 18 && o.only == 9);
	assert_percent(alarms(&usual, &without, true), 0, 5);
}

static void keep_rows(json_t *document, int most)
{
	json_t *points = json_object_get(document, "points");

	for (size_t i = json_array_size(points); i-- > 0;) {
		const char *row = json_string_value(json_object_get(json_array_get(points, i), "row"));
		int at = 0;

		while (strcmp(rows[at], row) != 0)
			at++;
		if (at >= most)
			json_array_remove(points, i);
	}
}

static void without_a_peer_nothing_is_compared(void **state)
{
	bench_record_t before, after;
	bench_comparison_t c;
	json_t *a = document(&usual), *b = document(&usual);

	(void)state;
	keep_rows(a, 2);
	keep_rows(b, 2);
	assert_null(bench_record_of(&before, a));
	assert_null(bench_record_of(&after, b));
	bench_compare_records(&c, &before, &after, THRESHOLD);
	assert_int_equal(c.points, 0);
	assert_int_equal(c.without_peer, 18);
	assert_int_equal(c.n, 0);
	bench_compare_free(&c);
	bench_record_free(&before);
	bench_record_free(&after);
}

/* ---- documents that are none ---- */

static void refused(const char *text, const char *because)
{
	bench_record_t r;
	char path[] = "/tmp/pawl-results-XXXXXX";
	int fd = mkstemp(path);
	const char *bad;

	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	bad = bench_record_read(&r, path);
	unlink(path);
	if (!bad || !strstr(bad, because))
		fail_msg("%s: \"%s\", wanted \"%s\"", text, bad ? bad : "read", because);
}

static void what_is_no_document_is_refused(void **state)
{
	bench_record_t r;

	(void)state;
	assert_non_null(strstr(bench_record_read(&r, "/nowhere/at/all.json"), "No such file"));
	refused("", "ends in the middle");
	refused("{\"schema\":\"pawl-bench/1\",\"points\":[{\"scen", "ends in the middle");
	refused("row,peer\n1,2\n", "not JSON");
	refused("[]", "its schema");
	refused("{\"schema\":\"pawl-bench/9\",\"points\":[]}", "\"pawl-bench/9\"");
	refused("{\"schema\":\"pawl-bench/1\",\"points\":[]}", "no point");
	refused("{\"schema\":\"pawl-bench/1\",\"points\":[{\"row\":\"x\",\"samples\":{}}]}", "lacks its scenario");
	refused("{\"schema\":\"pawl-bench/1\",\"points\":[{\"scenario\":\"a\",\"row\":\"x\"}]}", "no samples");
	refused("{\"schema\":\"pawl-bench/"
		"1\",\"points\":[{\"scenario\":\"a\",\"row\":\"x\",\"samples\":{\"ns\":[1,\"2\"]}}]}",
		"ns: samples");
	refused("{\"schema\":\"pawl-bench/1\",\"points\":[{\"scenario\":\"a\",\"row\":\"x\",\"samples\":{},"
		"\"latency\":{\"p\":[0.5],\"ns\":[]}}]}",
		"latency");
}

/* ---- the arithmetic ---- */

static void shift_bears_outliers(void **state)
{
	double a[] = { 1, 2, 3, 4, 1000 }, b[] = { 11, 12, 13, NAN, 14 }, one[] = { 5 };
	bench_shift_t s = bench_shift(a, 5, b, 5);

	(void)state;
	assert_true(s.before == 5 && s.after == 4);
	assert_near(s.by, 9.5, 1);
	assert_true(s.se > 0.5 && s.se < 3);
	s = bench_shift(one, 1, one, 1);
	assert_true(s.by == 0 && isnan(s.se));
	assert_true(isnan(bench_shift(b + 3, 1, a, 5).by));
}

static void its_error_is_the_one_that_comes(void **state)
{
	double a[8], b[8], squares = 0, promised = 0;

	(void)state;
	for (int t = 0; t < 2000; t++) {
		bench_shift_t s;

		for (int i = 0; i < 8; i++) {
			a[i] = noise();
			b[i] = noise();
		}
		s = bench_shift(a, 8, b, 8);
		squares += s.by * s.by / 2000;
		promised += s.se / 2000;
	}
	assert_near(promised, sqrt(squares), 0.15 * promised);
}

static void chances_are_those_of_the_tables(void **state)
{
	(void)state;
	assert_near(bench_shift_chance(12.706, 1), 0.05, 1e-4);
	assert_near(bench_shift_chance(-4.303, 2), 0.05, 1e-4);
	assert_near(bench_shift_chance(5.841, 3), 0.01, 1e-5);
	assert_near(bench_shift_chance(2.306, 8), 0.05, 1e-4);
	assert_near(bench_shift_chance(5.041, 8), 0.001, 1e-5);
	assert_near(bench_shift_chance(0, 5), 1, 1e-12);
	assert_near(bench_shift_reach(0.05, 5), 2.571, 1e-3);
	assert_true(isnan(bench_shift_chance(NAN, 4)));
}

static void many_tests_are_corrected(void **state)
{
	double p[] = { 0.04, 0.01, 0.02, 0.9 }, none[1];

	(void)state;
	bench_shift_correct(p, 4);
	assert_near(p[0], 0.04 * 4 / 3, 1e-12);
	assert_near(p[1], 0.04, 1e-12);
	assert_near(p[2], 0.04, 1e-12);
	assert_near(p[3], 0.9, 1e-12);
	bench_shift_correct(none, 0);
}

static void spread_sees_tails_but_bears_a_few(void **state)
{
	double x[1000];

	(void)state;
	for (int i = 0; i < 1000; i++)
		x[i] = 0.03 * noise();
	assert_near(bench_shift_spread(x, 1000), 0.03, 0.003);
	for (int i = 0; i < 100; i++)
		x[i] = 50;
	assert_near(bench_shift_spread(x, 1000), 0.03, 0.015);
	assert_true(isnan(bench_shift_spread(x, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_build_gives_no_alarm),
		cmocka_unit_test(a_document_equals_itself),
		cmocka_unit_test(a_machine_that_drifts_is_no_change),
		cmocka_unit_test(spoilt_rounds_are_no_change),
		cmocka_unit_test(few_rounds_and_different_ones_are_no_change),
		cmocka_unit_test(a_fifth_slower_is_found),
		cmocka_unit_test(it_is_found_in_the_other_direction),
		cmocka_unit_test(twice_as_slow_in_one_cell_is_found),
		cmocka_unit_test(less_than_the_threshold_is_none),
		cmocka_unit_test(the_ratio_is_the_one_planted),
		cmocka_unit_test(missing_rows_are_counted_not_judged),
		cmocka_unit_test(without_a_peer_nothing_is_compared),
		cmocka_unit_test(what_is_no_document_is_refused),
		cmocka_unit_test(shift_bears_outliers),
		cmocka_unit_test(its_error_is_the_one_that_comes),
		cmocka_unit_test(chances_are_those_of_the_tables),
		cmocka_unit_test(many_tests_are_corrected),
		cmocka_unit_test(spread_sees_tails_but_bears_a_few),
	};

	alarm(500);
	if (getenv("SEED"))
		seed = strtoull(getenv("SEED"), NULL, 0);
	if (getenv("LONG"))
		times = 1000;
	printf("# SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
