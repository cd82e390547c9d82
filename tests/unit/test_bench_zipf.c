/* SPDX-License-Identifier: BSD-2-Clause */
/** test_bench_zipf.c: the draws that the benchmark picks locks by fall as Zipf's distribution says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../bench/zipf.h"

static uint16_t draws[BENCH_DRAWS];

static double part_of(unsigned which)
{
	unsigned n = 0;

	for (unsigned i = 0; i < BENCH_DRAWS; i++)
		n += draws[i] == which;
	return (double)n / BENCH_DRAWS;
}

/* The first hundred, each within five standard deviations of what it should be: the seed is fixed. */
static void popular_as_it_should_be(void **state)
{
	static const unsigned names[] = { 2, 64, BENCH_NAMES_MOST };

	(void)state;
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		double all = 0;

		bench_zipf(draws, names[n], 1);
		for (unsigned i = 1; i <= names[n]; i++)
			all += 1.0 / i;
		for (unsigned i = 0; i < names[n] && i < 100; i++) {
			double p = 1 / all / (i + 1), deviation = sqrt(p * (1 - p) / BENCH_DRAWS);

			if (!(fabs(part_of(i) - p) < 5 * deviation))
				fail_msg("name %u of %u: %g, wanted %g +- %g", i, names[n], part_of(i), p, deviation);
		}
	}
}

static void every_draw_is_a_name(void **state)
{
	(void)state;
	bench_zipf(draws, 1, 1);
	for (unsigned i = 0; i < BENCH_DRAWS; i++)
		assert_int_equal(draws[i], 0);
	bench_zipf(draws, 7, 1);
	for (unsigned i = 0; i < BENCH_DRAWS; i++)
		assert_in_range(draws[i], 0, 6);
}

static void seeds_differ(void **state)
{
	static uint16_t again[BENCH_DRAWS];

	(void)state;
	bench_zipf(draws, 64, 1);
	bench_zipf(again, 64, 1);
	assert_memory_equal(draws, again, sizeof(draws));
	bench_zipf(again, 64, 2);
	assert_memory_not_equal(draws, again, sizeof(draws));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(popular_as_it_should_be),
		cmocka_unit_test(every_draw_is_a_name),
		cmocka_unit_test(seeds_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
