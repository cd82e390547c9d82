/* SPDX-License-Identifier: BSD-2-Clause */
/** test_bench_stats.c: the arithmetic behind the benchmarks' tables, on data whose answers are known beforehand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../bench/stats.h"

#define ROUNDS 400

static uint64_t seed = 1;

static void assert_near(double got, double want, double within)
{
	if (!(fabs(got - want) <= within))
		fail_msg("%.12g, wanted %.12g +-%g", got, want, within);
}

/* Even in [0, 1). */
static double chance(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(seed >> 11) / 9007199254740992.0;
}

/* Mean 0, variance 1, near enough to normal: the sum of twelve even ones. */
static double noise(void)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += chance();
	return sum;
}

static void sort_puts_missing_samples_last(void **state)
{
	double x[] = { 3, NAN, -1, INFINITY, NAN, 2 };

	(void)state;
	assert_int_equal(bench_stats_sort(x, 6), 4);
	assert_true(x[0] == -1 && x[1] == 2 && x[2] == 3 && isinf(x[3]) && isnan(x[4]) && isnan(x[5]));
	assert_int_equal(bench_stats_sort(x, 0), 0);
}

static void rank_is_a_measured_value(void **state)
{
	double x[100], ten[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, one[] = { 7 };

	(void)state;
	for (int i = 0; i < 100; i++)
		x[i] = i + 1;
	assert_near(bench_stats_rank(x, 100, 0.50), 50, 0);
	assert_near(bench_stats_rank(x, 100, 0.99), 99, 0);
	assert_near(bench_stats_rank(x, 100, 0.999), 100, 0);
	assert_near(bench_stats_rank(x, 100, 1.0), 100, 0);
	assert_near(bench_stats_rank(ten, 10, 0.10), 1, 0);
	assert_near(bench_stats_rank(ten, 10, 0.11), 2, 0);
	assert_near(bench_stats_rank(ten, 10, 0.90), 9, 0);
	assert_near(bench_stats_rank(ten, 10, 0.91), 10, 0);
	assert_near(bench_stats_rank(one, 1, 0.01), 7, 0);
	assert_near(bench_stats_rank(one, 1, 0.99), 7, 0);
	assert_true(isnan(bench_stats_rank(one, 0, 0.5)));
}

/* Whatever the rounding of p*n: no smaller sample would do, by the definition itself. */
static void rank_matches_its_definition(void **state)
{
	static double x[1000];

	(void)state;
	for (int i = 0; i < 1000; i++)
		x[i] = i;
	for (size_t n = 1; n <= 1000; n += 7)
		for (size_t percent = 1; percent <= 100; percent++) {
			size_t at = (size_t)bench_stats_rank(x, n, (double)percent / 100);

			assert_true((at + 1) * 100 >= percent * n);
			assert_true(at == 0 || at * 100 < percent * n);
		}
}

static void median_takes_the_middle_and_changes_nothing(void **state)
{
	double odd[] = { 9, 1, 5 }, even[] = { 8, NAN, 1, 2, 100 }, none[] = { NAN };

	(void)state;
	assert_near(bench_stats_median(odd, 3), 5, 0);
	assert_near(bench_stats_median(even, 5), 5, 0);
	assert_true(isnan(bench_stats_median(none, 1)));
	assert_true(isnan(bench_stats_median(odd, 0)));
	assert_true(odd[0] == 9 && even[0] == 8);
}

static void pair_of_a_known_ratio(void **state)
{
	double row[] = { 2, 8, 32 }, peer[] = { 1, 2, 4 }; /* 2, 4, 8 */
	bench_ratio_t r = bench_stats_pair(row, peer, 3);

	(void)state;
	assert_int_equal(r.pairs, 3);
	assert_near(r.median, 4, 1e-12);
	assert_near(r.mean, 4, 1e-12);
	assert_near(r.se, log(2) / sqrt(3), 1e-12);
}

static void pair_leaves_out_half_measured_rounds(void **state)
{
	double row[] = { 2, NAN, 6, 0, 10 }, peer[] = { 1, 2, NAN, 4, 5 };
	bench_ratio_t r = bench_stats_pair(row, peer, 5);

	(void)state;
	assert_int_equal(r.pairs, 2);
	assert_near(r.median, 2, 1e-12);
	assert_near(r.se, 0, 1e-12);
	r = bench_stats_pair(row, peer, 1);
	assert_int_equal(r.pairs, 1);
	assert_near(r.mean, 2, 1e-12);
	assert_true(isnan(r.se));
	r = bench_stats_pair(row + 1, peer + 1, 2);
	assert_true(r.pairs == 0 && isnan(r.median) && isnan(r.mean) && isnan(r.se));
}

/* A host that is up to eight times slower from round to round moves both alike: the ratio must come out all the same,
 * where the ratio of the medians over different rounds would be anybody's guess. */
static void pairing_survives_a_host_that_moves(void **state)
{
	static double row[ROUNDS], peer[ROUNDS];
	double want_se = 0.05 * sqrt(2) / sqrt(ROUNDS);
	bench_ratio_t r;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		double host = exp(log(8) * chance());

		row[i] = 1.5 * host * exp(0.05 * noise());
		peer[i] = host * exp(0.05 * noise());
	}
	r = bench_stats_pair(row, peer, ROUNDS);
	assert_int_equal(r.pairs, ROUNDS);
	/* five standard errors of the mean; the median's is a quarter wider */
	assert_near(log(r.mean), log(1.5), 5 * want_se);
	assert_near(log(r.median), log(1.5), 7 * want_se);
	assert_near(r.se, want_se, 0.2 * want_se);
}

/* One round in ten is spoilt for the row alone: the median hardly moves, the mean does. */
static void median_ignores_spoilt_rounds(void **state)
{
	static double row[ROUNDS], peer[ROUNDS];
	bench_ratio_t r;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		peer[i] = exp(0.02 * noise());
		row[i] = 2 * exp(0.02 * noise()) / (i % 10 == 0 ? 50 : 1);
	}
	r = bench_stats_pair(row, peer, ROUNDS);
	assert_near(r.median, 2, 0.05);
	assert_true(r.mean < 1.6);
}

static void cells_weigh_alike(void **state)
{
	bench_ratio_t cells[] = { { 10, 7, 2, 0.3 }, { 90, 7, 8, 0.4 }, { 0, NAN, NAN, NAN } };
	bench_ratio_t r = bench_stats_cells(cells, 3);

	(void)state;
	assert_int_equal(r.pairs, 100);
	assert_near(r.mean, 4, 1e-12);
	assert_near(r.median, 5, 1e-12);
	assert_near(r.se, 0.25, 1e-12);
	r = bench_stats_cells(cells, 1);
	assert_near(r.mean, 2, 1e-12);
	assert_near(r.se, 0.3, 1e-12);
	r = bench_stats_cells(cells + 2, 1);
	assert_true(r.pairs == 0 && isnan(r.mean) && isnan(r.se));
	assert_true(isnan(bench_stats_cells(cells, 0).mean));
}

static void cells_of_one_pair_scatter_like_the_others(void **state)
{
	bench_ratio_t cells[] = { { 10, 7, 2, 0.3 }, { 1, 7, 8, NAN }, { 5, 7, 1, 0.2 } };

	(void)state;
	/* a pair of the first has a variance of 0.9, one of the last 0.2 */
	assert_near(bench_stats_cells(cells, 2).se, sqrt(0.09 + 0.9) / 2, 1e-12);
	assert_near(bench_stats_cells(cells, 3).se, sqrt(0.09 + 0.55 + 0.04) / 3, 1e-12);
	assert_true(isnan(bench_stats_cells(cells + 1, 1).se));
	assert_near(bench_stats_cells(cells + 1, 1).mean, 8, 1e-12);
}

/* The error that is promised is the one that comes: cells that differ by nature do not make it larger. */
static void error_over_cells_is_that_of_the_rounds(void **state)
{
	enum { CELLS = 6, TIMES = 200, EACH = 20 };
	double row[EACH], peer[EACH], squares = 0, promised = 0;

	(void)state;
	for (int t = 0; t < TIMES; t++) {
		bench_ratio_t cells[CELLS], r;

		for (int c = 0; c < CELLS; c++) {
			for (int i = 0; i < EACH; i++) {
				peer[i] = exp(0.1 * noise());
				row[i] = (1 + c) * exp(0.1 * noise());
			}
			cells[c] = bench_stats_pair(row, peer, EACH);
		}
		r = bench_stats_cells(cells, CELLS);
		squares += pow(log(r.mean) - log(720) / CELLS, 2) / TIMES;
		promised += r.se / TIMES;
	}
	assert_near(promised, sqrt(squares), 0.25 * promised);
}

static void jain_tells_even_from_starved(void **state)
{
	double even[] = { 5, 5, 5, 5 }, nine_to_one[] = { 9, 1 }, one_has_all[] = { 0, 0, 8, 0 }, none[] = { 0, 0 };

	(void)state;
	assert_near(bench_stats_jain(even, 4), 1, 1e-12);
	assert_near(bench_stats_jain(nine_to_one, 2), 100.0 / 164, 1e-12);
	assert_near(bench_stats_jain(one_has_all, 4), 0.25, 1e-12);
	assert_near(bench_stats_jain(one_has_all + 2, 1), 1, 1e-12);
	assert_true(isnan(bench_stats_jain(none, 2)) && isnan(bench_stats_jain(even, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sort_puts_missing_samples_last),
		cmocka_unit_test(rank_is_a_measured_value),
		cmocka_unit_test(rank_matches_its_definition),
		cmocka_unit_test(median_takes_the_middle_and_changes_nothing),
		cmocka_unit_test(pair_of_a_known_ratio),
		cmocka_unit_test(pair_leaves_out_half_measured_rounds),
		cmocka_unit_test(pairing_survives_a_host_that_moves),
		cmocka_unit_test(median_ignores_spoilt_rounds),
		cmocka_unit_test(cells_weigh_alike),
		cmocka_unit_test(cells_of_one_pair_scatter_like_the_others),
		cmocka_unit_test(error_over_cells_is_that_of_the_rounds),
		cmocka_unit_test(jain_tells_even_from_starved),
	};

	alarm(60);
	if (getenv("SEED"))
		seed = strtoull(getenv("SEED"), NULL, 0);
	printf("# SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
