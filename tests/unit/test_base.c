/* SPDX-License-Identifier: BSD-2-Clause */
/** test_base.c: version, error texts, deadlines and fencing tokens: the promises of base.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <pawl/base.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- version, errors ---- */

static void version_is_that_of_the_headers(void **state)
{
	char want[32];

	(void)state;
	snprintf(want, sizeof(want), "%d.%d.%d", PAWL_VERSION_MAJOR, PAWL_VERSION_MINOR, PAWL_VERSION_PATCH);
	assert_string_equal(pawl_version(), want);
}

/* Those that base.h lists with a meaning of pawl's own. */
static const int documented[] = { EBUSY, ETIMEDOUT, EOWNERDEAD, ENOTRECOVERABLE, EDEADLK, EPERM, EAGAIN, EPROTO, EIDRM,
	ENOSPC, ENAMETOOLONG, EINVAL };

static void documented_errors_have_words_of_their_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(documented); i++) {
		const char *text = pawl_strerror(documented[i]);

		assert_non_null(text);
		assert_true(strlen(text) > 5);
		assert_string_not_equal(text, strerror(documented[i]));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(text, pawl_strerror(documented[j]));
	}
}

static void documented_errors_keep_their_pointer(void **state)
{
	const char *first[COUNT(documented)];

	(void)state;
	for (size_t i = 0; i < COUNT(documented); i++)
		first[i] = pawl_strerror(documented[i]);
	for (size_t i = COUNT(documented); i-- > 0;)
		assert_ptr_equal(pawl_strerror(documented[i]), first[i]);
}

static void other_errors_have_the_words_of_strerror(void **state)
{
	static const int others[] = { ENOMEM, EMFILE, EACCES, ENOENT, 99999, -1 };

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		char want[128];

		snprintf(want, sizeof(want), "%s", strerror(others[i]));
		assert_string_equal(pawl_strerror(others[i]), want);
	}
}

static void only_two_values_mean_acquired(void **state)
{
	(void)state;
	assert_true(pawl_acquired(0));
	assert_true(pawl_acquired(EOWNERDEAD));
	assert_true(pawl_owner_died(EOWNERDEAD));
	assert_false(pawl_owner_died(0));
	for (size_t i = 0; i < COUNT(documented); i++)
		if (documented[i] != EOWNERDEAD) {
			assert_false(pawl_acquired(documented[i]));
			assert_false(pawl_owner_died(documented[i]));
		}
}

/* ---- deadlines ---- */

/* A deadline made by `make` of `n` units lies between `n` units after the clock before and after the call. */
static void assert_in(pawl_deadline_t (*make)(int64_t), int64_t n, int64_t unit)
{
	int64_t before = now();
	pawl_deadline_t d = make(n);
	int64_t after = now();

	assert_true(d >= before + n * unit);
	assert_true(d <= after + n * unit);
}

static void deadlines_count_from_now(void **state)
{
	static const int64_t ns[] = { 0, 1, 999999999, 5000000000, -1, -1000000 };
	static const int64_t ms[] = { 0, 1, 50, 86400000, -1, -20 };

	(void)state;
	for (size_t i = 0; i < COUNT(ns); i++)
		assert_in(pawl_in_ns, ns[i], 1);
	for (size_t i = 0; i < COUNT(ms); i++)
		assert_in(pawl_in_ms, ms[i], 1000000);
}

static void far_deadlines_saturate_at_forever(void **state)
{
	(void)state;
	assert_true(pawl_in_ns(INT64_MAX) == PAWL_FOREVER);
	assert_true(pawl_in_ns(INT64_MAX - 1) == PAWL_FOREVER);
	assert_true(pawl_in_ms(INT64_MAX) == PAWL_FOREVER);
	assert_true(pawl_in_ms(INT64_MAX / 1000000) == PAWL_FOREVER);
	assert_true(pawl_in_ms(INT64_MAX / 1000000 + 1) == PAWL_FOREVER);
	assert_true(pawl_in_ns(INT64_MAX / 2) < PAWL_FOREVER);
}

static void passed_deadlines_are_never_a_try(void **state)
{
	static const int64_t passed[] = { 0, -1, -1000, INT64_MIN / 2, INT64_MIN + 1, INT64_MIN };

	(void)state;
	for (size_t i = 0; i < COUNT(passed); i++) {
		assert_true(pawl_in_ns(passed[i]) != PAWL_TRY);
		assert_true(pawl_in_ms(passed[i]) != PAWL_TRY);
		assert_true(pawl_in_ns(passed[i]) <= now());
		assert_true(pawl_in_ms(passed[i]) <= now());
	}
}

/* Aims at the nanosecond in which the sum is exactly PAWL_TRY: the clock moves on by less than 2 us between the look
 * and the call, so that some of these would hit it. */
static void the_zero_of_the_clock_is_not_a_try(void **state)
{
	(void)state;
	for (int64_t ahead = 0; ahead < 2000; ahead++)
		assert_true(pawl_in_ns(-(now() + ahead)) != PAWL_TRY);
}

/* ---- fencing tokens ---- */

static const pawl_fence_t rising[] = { { 0, 0 }, { 0, 1 }, { 0, 0x7fffffffffffffff }, { 0, 0x8000000000000000 },
	{ 0, UINT64_MAX }, { 1, 0 }, { 1, 1 }, { 0x8000000000000000, 0 }, { UINT64_MAX, 0 }, { UINT64_MAX, UINT64_MAX } };

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void fences_compare_high_half_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rising); i++)
		for (size_t j = 0; j < COUNT(rising); j++)
			assert_int_equal(sign(pawl_fence_cmp(rising[i], rising[j])), sign((int)i - (int)j));
}

static void text_order_is_token_order(void **state)
{
	char a[PAWL_FENCE_LEN], b[PAWL_FENCE_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(rising); i++)
		for (size_t j = 0; j < COUNT(rising); j++) {
			assert_ptr_equal(pawl_fence_format(rising[i], a), a);
			pawl_fence_format(rising[j], b);
			assert_int_equal(strlen(a), PAWL_FENCE_LEN - 1);
			assert_int_equal(sign(strcmp(a, b)), sign((int)i - (int)j));
		}
}

static void format_writes_these_digits(void **state)
{
	char text[PAWL_FENCE_LEN];

	(void)state;
	assert_string_equal(pawl_fence_format((pawl_fence_t){ 0x0123456789abcdef, 0xfedcba9876543210 }, text),
		"0123456789abcdeffedcba9876543210");
	assert_string_equal(pawl_fence_format((pawl_fence_t){ 0, 42 }, text), "0000000000000000000000000000002a");
}

static void parse_reads_what_format_wrote(void **state)
{
	char text[PAWL_FENCE_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(rising); i++) {
		pawl_fence_t got = { 77, 77 };

		assert_int_equal(pawl_fence_parse(pawl_fence_format(rising[i], text), &got), 0);
		assert_int_equal(pawl_fence_cmp(got, rising[i]), 0);
	}
}

static void assert_refused(const char *text)
{
	pawl_fence_t fence = { 77, 78 };

	assert_int_equal(pawl_fence_parse(text, &fence), EINVAL);
	assert_true(fence.hi == 77 && fence.lo == 78);
}

static void parse_refuses_anything_else(void **state)
{
	(void)state;
	assert_refused("");
	assert_refused("0");
	assert_refused("0000000000000000000000000000000");   /* 31 */
	assert_refused("000000000000000000000000000000000"); /* 33 */
	assert_refused(" 0000000000000000000000000000000");
	assert_refused("0000000000000000000000000000000 ");
	assert_refused("00000000000000000000000000000000\n");
	assert_refused("0x000000000000000000000000000000");
	assert_refused("-0000000000000000000000000000001");
	assert_refused("0000000000000000g000000000000000");
	assert_refused("0000000000000000:000000000000000"); /* the neighbours of the digits and letters */
	assert_refused("0000000000000000/000000000000000");
	assert_refused("0000000000000000`000000000000000");
	assert_refused("0000000000000000@000000000000000");
	assert_refused("0000000000000000\xff"
		       "000000000000000");
	assert_refused("0000000000000000-0000000000000000");
}

/* Every byte that is no hex digit, at every place. */
static void parse_refuses_every_other_byte(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char text[PAWL_FENCE_LEN] = "0123456789abcdef0123456789abcdef";

		if (byte != 0 && strchr("0123456789abcdefABCDEF", byte))
			continue;
		for (int at = 0; at < 32; at++) {
			char kept = text[at];

			text[at] = (char)byte;
			assert_refused(text);
			text[at] = kept;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_is_that_of_the_headers),
		cmocka_unit_test(documented_errors_have_words_of_their_own),
		cmocka_unit_test(documented_errors_keep_their_pointer),
		cmocka_unit_test(other_errors_have_the_words_of_strerror),
		cmocka_unit_test(only_two_values_mean_acquired),
		cmocka_unit_test(deadlines_count_from_now),
		cmocka_unit_test(far_deadlines_saturate_at_forever),
		cmocka_unit_test(passed_deadlines_are_never_a_try),
		cmocka_unit_test(the_zero_of_the_clock_is_not_a_try),
		cmocka_unit_test(fences_compare_high_half_first),
		cmocka_unit_test(text_order_is_token_order),
		cmocka_unit_test(format_writes_these_digits),
		cmocka_unit_test(parse_reads_what_format_wrote),
		cmocka_unit_test(parse_refuses_anything_else),
		cmocka_unit_test(parse_refuses_every_other_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
