/* SPDX-License-Identifier: BSD-2-Clause */
/** test_backoff.c: how long a backend waits before it connects again (backends/backoff.h): longer each time, and not as long as others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "backends/backoff.h"

#define MS INT64_C(1000000)

static void each_wait_is_twice_as_long(void **state)
{
	(void)state;
	for (int round = 0; round < 1000; round++) {
		struct backoff b = { 0 };
		int64_t most = 20 * MS;

		for (int i = 0; i < 100; i++) {
			int64_t wait = backoff_next(&b);

			assert_in_range(wait, most / 2, most);
			most = most < 2560 * MS ? 2 * most : most;
		}
		assert_in_range(most, 2560 * MS, 2560 * MS);
	}
}

/* All of the span's second half, in about equal parts. */
static void chance_is_even(void **state)
{
	static const int64_t spans[] = { 1000, 250 * MS, 3600 * 1000 * MS, INT64_MAX };
	enum { PARTS = 4, TIMES = 4000 };

	(void)state;
	for (size_t s = 0; s < sizeof(spans) / sizeof(spans[0]); s++) {
		unsigned part[PARTS] = { 0 };

		for (int i = 0; i < TIMES; i++) {
			int64_t less = spans[s] - backoff_jitter(spans[s]);

			assert_true(less >= 0 && less <= spans[s] / 2);
			part[less / (spans[s] / 2 / PARTS + 1)]++;
		}
		for (int i = 0; i < PARTS; i++)
			assert_in_range(part[i], TIMES / PARTS / 2, TIMES / PARTS * 2);
	}
}

static void nothing_to_wait_for_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(backoff_jitter(0), 0);
	assert_int_equal(backoff_jitter(1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wait_is_twice_as_long),
		cmocka_unit_test(chance_is_even),
		cmocka_unit_test(nothing_to_wait_for_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
