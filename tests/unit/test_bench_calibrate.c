/* SPDX-License-Identifier: BSD-2-Clause */
/** test_bench_calibrate.c: what is made of timings, on timings that are made up. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../bench/measure/calibrate.h"

#define TRIES 20

static void disturbed_tries_do_not_count(void **state)
{
	double took[] = { 400, 320, 1e9, 330 };

	(void)state;
	assert_true(fabs(bench_calibrate_least(took, 4, 100) - 3.2) < 1e-12);
	assert_true(fabs(bench_calibrate_least(took, 1, 100) - 4.0) < 1e-12);
}

static void a_pause_on_either_side_does_not_change_the_rate(void **state)
{
	/* 0.4 ns a tick; in one span the clock was read late, in one the counter, one has no ticks */
	double ns[] = { 1000, 2000, 1e6, 4000, 500, 1000, 700 }, ticks[] = { 2500, 5000, 2500, 10000, 1e6, 2500, 0 };

	(void)state;
	assert_true(fabs(bench_calibrate_rate(ns, ticks, 7) - 0.4) < 1e-12);
	assert_true(isnan(bench_calibrate_rate(ns, ticks + 6, 1)));
}

static void the_nearest_count_is_taken(void **state)
{
	(void)state;
	assert_int_equal(bench_calibrate_count(10, 0.3), 33);
	assert_int_equal(bench_calibrate_count(10, 4), 3);
	assert_int_equal(bench_calibrate_count(1, 4), 0);
	assert_int_equal(bench_calibrate_count(0, 0.3), 0);
	assert_int_equal(bench_calibrate_count(-5, 0.3), 0);
	assert_int_equal(bench_calibrate_count(10, 0), 0);
}

/* From the timings of loops to a delay of so many nanoseconds: off by half a turn at most, if one try in twenty was quiet. */
static void a_delay_is_as_long_as_asked(void **state)
{
	const double turn_ns[] = { 0.31, 0.62, 2.5 }, wanted_ns[] = { 50, 200, 1000, 100000 };
	const uint64_t turns = 200000;

	(void)state;
	for (size_t t = 0; t < 3; t++)
		for (size_t w = 0; w < 4; w++) {
			double took[TRIES], got;

			for (int i = 0; i < TRIES; i++)
				took[i] = turn_ns[t] * (double)turns + (i == 13 ? 0 : 1000.0 * (1 + i * i % 7));
			got = turn_ns[t] * (double)bench_calibrate_count(
						   wanted_ns[w], bench_calibrate_least(took, TRIES, (double)turns));
			assert_true(fabs(got - wanted_ns[w]) <= turn_ns[t] / 2 + 1e-6);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(disturbed_tries_do_not_count),
		cmocka_unit_test(a_pause_on_either_side_does_not_change_the_rate),
		cmocka_unit_test(the_nearest_count_is_taken),
		cmocka_unit_test(a_delay_is_as_long_as_asked),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
