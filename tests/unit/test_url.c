/* SPDX-License-Identifier: BSD-2-Clause */
/** test_url.c: URLs of services (backends/url.h): what each part is, what is refused, and that no refusal gives a secret away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/url.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MS           INT64_C(1000000)
#define S            INT64_C(1000000000)

enum { PORT = 7 };

static struct url u;
static char reason[256];

static bool parse(const char *text)
{
	memset(reason, 0, sizeof(reason));
	return url_parse(&u, text, PORT, reason, sizeof(reason));
}

static void check_text(const char *found, const char *wanted)
{
	if (!wanted)
		assert_null(found);
	else
		assert_string_equal(found, wanted);
}

/* ---- parts ---- */

static const struct {
	const char *url, *user, *password, *host, *path;
	unsigned port, hosts;
} parts[] = {
	{ "x://h", NULL, NULL, "h", "", PORT, 1 },
	{ "x://h/", NULL, NULL, "h", "", PORT, 1 },
	{ "x://h:1/p/q", NULL, NULL, "h", "p/q", 1, 1 },
	{ "x://h:65535?a=b", NULL, NULL, "h", "", 65535, 1 },
	{ "x://me@h", "me", NULL, "h", "", PORT, 1 },
	{ "x://me:pw@h:9", "me", "pw", "h", "", 9, 1 },
	{ "x://:pw@h", "", "pw", "h", "", PORT, 1 },
	{ "x://me:@h", "me", "", "h", "", PORT, 1 },
	{ "x://me:a:b@c@h", "me", "a:b@c", "h", "", PORT, 1 },
	{ "x://me:%2f%3F%40%25%26@h", "me", "/?@%&", "h", "", PORT, 1 },
	{ "x://me:a,b@h,i", "me", "a,b", "h", "", PORT, 2 },
	{ "x://[::1]", NULL, NULL, "::1", "", PORT, 1 },
	{ "x://[fe80::1%25eth0]:8/p", NULL, NULL, "fe80::1%eth0", "p", 8, 1 },
	{ "x:///run/socket", NULL, NULL, NULL, "run/socket", 0, 0 },
	{ "x://", NULL, NULL, NULL, "", 0, 0 },
	{ "x:///a%20b?c=d", NULL, NULL, NULL, "a b", 0, 0 },
	{ "x://h?a=/b", NULL, NULL, "h", "", PORT, 1 },
	{ "x://h/a@b", NULL, NULL, "h", "a@b", PORT, 1 },
};

static void each_part_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++) {
		if (!parse(parts[i].url))
			fail_msg("%s: %s", parts[i].url, reason);
		check_text(u.user, parts[i].user);
		check_text(u.password, parts[i].password);
		check_text(u.path, parts[i].path);
		assert_int_equal(u.hosts, parts[i].hosts);
		if (u.hosts) {
			assert_string_equal(u.at[0].host, parts[i].host);
			assert_int_equal(u.at[0].port, parts[i].port);
		}
	}
}

static void hosts_have_ports_of_their_own(void **state)
{
	(void)state;
	assert_true(parse("x://a:1,b,[::2]:3,d:4/p"));
	assert_int_equal(u.hosts, 4);
	assert_string_equal(u.at[2].host, "::2");
	assert_int_equal(u.at[0].port, 1);
	assert_int_equal(u.at[1].port, PORT);
	assert_int_equal(u.at[2].port, 3);
	assert_int_equal(u.at[3].port, 4);
}

/* ---- what is none ---- */

static const char *const wrong[] = { "", "x", "x:/h", "x:h", "//h", "x://h:", "x://h:0", "x://h:65536", "x://h:-1",
	"x://h: 1", "x://h:1x", "x://h:99999999999999999999", "x://h,", "x://,h", "x://h,,i", "x://:1", "x://@",
	"x://me@", "x://me:pw@/p", "x://[::1", "x://[::1]1", "x://[]", "x://[::1]:", "x://a%", "x://a%4", "x://a%zz",
	"x://a%00b", "x://h/%", "x://h/%00", "x://me%@h", "x://me:%g0@h", "x://h?", "x://h?a", "x://h?a=1&",
	"x://h?&a=1", "x://h?a=1&&b=2", "x://h?=1", "x://h?a=%", "x://h?a=1&a=2", "x://a b", "x://a%20b",
	"x://a%0d%0aX:1", "x://a%2fb", "x://a%2Cb", "x://a\tb", "x://a%7fb", "x://h:1/p@q", "x://h:1?a=p@q" };

static void what_is_no_url_is_refused_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		if (parse(wrong[i]))
			fail_msg("'%s' is taken for a URL", wrong[i]);
		assert_true(reason[0]);
		assert_false(url_done(&u));
	}
}

static void too_much_is_refused(void **state)
{
	static char text[URL_LENGTH + 2];

	(void)state;
	memset(text, 'h', URL_LENGTH);
	memcpy(text, "x://", 4);
	assert_false(parse(text));
	text[URL_LENGTH - 1] = '\0';
	assert_true(parse(text));
	assert_int_equal(strlen(u.at[0].host), URL_LENGTH - 1 - 4);
	strcpy(text, "x://h0");
	for (int i = 1; i < URL_HOSTS; i++)
		strcat(text, ",h");
	assert_true(parse(text));
	assert_false(parse(strcat(text, ",h")));
	strcpy(text, "x://h?a0=1");
	for (int i = 1; i < URL_OPTIONS; i++)
		sprintf(text + strlen(text), "&a%d=1", i);
	assert_true(parse(text));
	assert_int_equal(u.options, URL_OPTIONS);
	assert_false(parse(strcat(text, "&a=1")));
}

/* ---- options ---- */

static void options_are_read(void **state)
{
	static const char *const words[] = { "queue", "setnx", NULL };

	(void)state;
	assert_true(parse("x://h?protocol=setnx&n=-12&t=250ms&text=a%26b%3Dc&empty=&u=a=b"));
	assert_int_equal(url_word(&u, "protocol", words), 1);
	assert_int_equal(url_word(&u, "other", words), 0);
	assert_int_equal(url_number(&u, "n", -12, 5, 0), -12);
	assert_int_equal(url_number(&u, "m", 0, 5, 3), 3);
	assert_int_equal(url_time(&u, "t", 0, S, 0), 250 * MS);
	assert_int_equal(url_time(&u, "s", 0, S, 7), 7);
	assert_string_equal(url_text(&u, "text", ""), "a&b=c");
	assert_string_equal(url_text(&u, "empty", "x"), "");
	assert_string_equal(url_text(&u, "u", ""), "a=b");
	assert_null(url_text(&u, "nothing", NULL));
	assert_true(url_done(&u));
}

static void an_option_of_nobody_is_refused(void **state)
{
	(void)state;
	assert_true(parse("x://h?prefix=a&prefixx=b"));
	url_text(&u, "prefix", "");
	assert_false(url_done(&u));
	assert_non_null(strstr(reason, "'prefixx'"));
}

static const struct {
	const char *text;
	int64_t ns; /* -1: none */
} times[] = { { "1", S }, { "1s", S }, { "1.5", 1500 * MS }, { "0.25s", 250 * MS }, { "10ms", 10 * MS },
	{ "2m", 120 * S }, { "0", 0 }, { ".5", 500 * MS }, { "", -1 }, { "s", -1 }, { "-1", -1 }, { "+1", -1 },
	{ "%201", -1 }, { "1h", -1 }, { "1 s", -1 }, { "1ss", -1 }, { "inf", -1 }, { "nan", -1 }, { "1e3", -1 },
	{ "0x10", -1 }, { "1.2.3", -1 }, { "301", -1 }, { "99999999999999999999999", -1 } };

static void times_have_units(void **state)
{
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		int64_t found;

		sprintf(text, "x://h?t=%s", times[i].text);
		assert_true(parse(text));
		found = url_time(&u, "t", 0, 300 * S, 5);
		if (url_done(&u) != (times[i].ns >= 0) || found != (times[i].ns < 0 ? 5 : times[i].ns))
			fail_msg("t=%s: %lld, %s", times[i].text, (long long)found, reason);
	}
}

static void numbers_are_whole(void **state)
{
	static const char *const bad[] = { "", "x", "1.5", "+1", "%201", "1%20", "0x1", "-1", "11", "99999999999999999999" };
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		sprintf(text, "x://h?n=%s", bad[i]);
		assert_true(parse(text));
		assert_int_equal(url_number(&u, "n", 0, 10, 4), 4);
		if (url_done(&u))
			fail_msg("n=%s is taken for a number", bad[i]);
		assert_non_null(strstr(reason, "0 to 10"));
	}
}

static void a_word_that_is_none_is_told_the_others(void **state)
{
	static const char *const words[] = { "queue", "setnx", "getset", NULL };

	(void)state;
	assert_true(parse("x://h?protocol=Queue"));
	assert_int_equal(url_word(&u, "protocol", words), 0);
	assert_false(url_done(&u));
	assert_non_null(strstr(reason, "queue, setnx, getset"));
}

static void the_first_complaint_stays(void **state)
{
	(void)state;
	assert_true(parse("x://h?n=x&m=y"));
	url_number(&u, "n", 0, 1, 0);
	url_number(&u, "m", 0, 1, 0);
	assert_false(url_done(&u));
	assert_non_null(strstr(reason, "n=x"));
}

/* ---- secrets ---- */

/* A password that was not encoded as it should have been is still one. */
static const char *const leaky[] = { "x://me:sesame/1@h", "x://me:sesame?1@h", "x://me:12345678/sesame@h",
	"x://me:sesame#@", "x://me:sesame@h:x", "x://me:sesame@h?a", "x://me:sesame%zz@h", "x://[me:sesame/@h",
	"x://h?password=a&sesame", "x://h?password=a&sesame=b&c=d", "x://h?token=a&sesame=b",
	"x://h?x=1&password=a&x=sesame", "x://h?number=1?password=sesame", "x://h?time=1?token=sesame",
	"x://h?word=1?secret=sesame", "x://me:sesame@", "x://h,me:sesame", "x://me:sesame" };

static void no_reason_has_a_secret(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(leaky); i++) {
		if (parse(leaky[i])) {
			url_text(&u, "password", NULL);
			url_text(&u, "token", NULL);
			url_number(&u, "number", 0, 9, 0);
			url_time(&u, "time", 0, 9, 0);
			url_word(&u, "word", (const char *const[]){ "one", NULL });
			if (url_done(&u))
				fail_msg("%s is no complaint", leaky[i]);
		}
		if (strstr(reason, "sesame") || strstr(reason, "12345678"))
			fail_msg("%s: %s", leaky[i], reason);
	}
}

/* ---- anything ---- */

/* Bytes by chance, of those that mean something: it never reads or writes beyond, and says why when it refuses. */
static void anything_may_come(void **state)
{
	static const char bytes[] = "x:/?@%&=[],0aF.\001\377";
	char text[64];

	(void)state;
	srandom(1);
	for (int round = 0; round < 200000; round++) {
		size_t n = (size_t)random() % (sizeof(text) - 5);
		char *copy;

		strcpy(text, "x://");
		for (size_t i = 0; i < n; i++)
			text[4 + i] = bytes[(size_t)random() % (sizeof(bytes) - 1)];
		text[4 + n] = '\0';
		copy = strdup(text); /* of exactly its size: sanitizers see the end */
		assert_true(parse(copy) || reason[0]);
		url_time(&u, "a", 0, S, 0);
		url_number(&u, "F", 0, 1, 0);
		assert_true(url_done(&u) || reason[0]);
		free(copy);
	}
}

static void a_reason_is_cut_to_its_room(void **state)
{
	char small[8] = "xxxxxxx";

	(void)state;
	assert_false(url_parse(&u, "nothing", PORT, small, 4));
	assert_int_equal(strlen(small), 3);
	assert_int_equal(small[4], 'x');
	assert_false(url_parse(&u, "nothing", PORT, small, 0));
	assert_false(url_parse(&u, "nothing", PORT, NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_part_is_found),
		cmocka_unit_test(hosts_have_ports_of_their_own),
		cmocka_unit_test(what_is_no_url_is_refused_with_a_reason),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(an_option_of_nobody_is_refused),
		cmocka_unit_test(times_have_units),
		cmocka_unit_test(numbers_are_whole),
		cmocka_unit_test(a_word_that_is_none_is_told_the_others),
		cmocka_unit_test(the_first_complaint_stays),
		cmocka_unit_test(no_reason_has_a_secret),
		cmocka_unit_test(anything_may_come),
		cmocka_unit_test(a_reason_is_cut_to_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
