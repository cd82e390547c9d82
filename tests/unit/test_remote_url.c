/* SPDX-License-Identifier: BSD-2-Clause */
/** test_remote_url.c: what of a remote's URL may be shown: never a secret, however it was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <pawl/remote.h>

static const struct {
	const char *url, *shown;
	bool whole;
} cases[] = {
	{ "etcd://127.0.0.1:2379", "etcd://127.0.0.1:2379", true },
	{ "redis://me@host:6379/2?protocol=setnx", "redis://me@host:6379/2?protocol=setnx", true },
	{ "redis://me:pass@host/2", "redis://me:***@host/2", false },
	{ "redis://:pass@host", "redis://:***@host", false },
	{ "redis://me:pa@ss@host", "redis://me:***@host", false },
	{ "redis://me:pa/ss@host", "redis://me:***@host", false },
	{ "redis://me:pa?ss@host", "redis://me:***@host", false },
	{ "redis://host?password=secret&prefix=x", "redis://host?password=***&prefix=x", false },
	{ "redis://host?prefix=x&token=secret", "redis://host?prefix=x&token=***", false },
	{ "redis://host?secret=", "redis://host?secret=***", false },
	{ "redis://host?password=a:b@sesame", "redis://host?password=***", false },
	{ "redis://host:1?x=y&password=a:b@sesame&z=1", "redis://host:***&z=1", false },
	{ "redis://host&token=sesame:1@x", "redis://host&token=***", false },
	{ "redis://host&token=sesame:1&2@x&y=z", "redis://host&token=***@x&y=z", false },
	{ "host&token=sesame://:@x", "host&token=***", false },
	{ "redis://me&token=sesame&x:pass@host", "redis://me&token=***&x:***@host", false },
	{ "redis://host?prefix=a:b@c", "redis://host?prefix=a:b@c", true },
	{ "redis://host?my_password=x", "redis://host?my_password=x", true },
	{ "dir:///with@sign:and/colon", "dir:///with@sign:and/colon", true },
	{ "no scheme", "no scheme", true },
	{ "none/?password=sesame&to=x://y", "none/?password=***&to=x://y", false },
	{ "None://me:sesame@host", "None:***@host", false },
	{ "", "", true },
};

static void secrets_are_not_shown(void **state)
{
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(pawl_remote_public(cases[i].url, text, sizeof(text)), cases[i].whole);
		assert_string_equal(text, cases[i].shown);
	}
}

static void it_is_cut_to_the_room_there_is(void **state)
{
	char text[64];

	(void)state;
	for (size_t size = 1; size <= 40; size++) {
		memset(text, 'x', sizeof(text));
		pawl_remote_public("redis://me:pass@host?token=secret", text, size);
		assert_true(strlen(text) < size);
		assert_true(strncmp(text, "redis://me:***@host?token=***", strlen(text)) == 0);
		assert_int_equal(text[size], 'x');
	}
	assert_false(pawl_remote_public("x", text, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_not_shown),
		cmocka_unit_test(it_is_cut_to_the_room_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
