/* SPDX-License-Identifier: BSD-2-Clause */
/** test_names.c: a backend's records by lock and place (backends/names.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/names.h"

enum { MANY = 5000 };

struct record {
	struct named named;
	unsigned number;
};

static struct names all;

static struct record *get(const char *name, const char *place)
{
	return names_get(&all, name, place, sizeof(struct record));
}

static void count_one(void *record, void *sum)
{
	*(unsigned *)sum += ((struct record *)record)->number;
}

static unsigned sum_of_all(void)
{
	unsigned sum = 0;

	names_each(&all, count_one, &sum);
	return sum;
}

static int forget(void **state)
{
	(void)state;
	names_drop_all(&all);
	return all.first || all.root;
}

static void a_record_is_for_a_name_and_a_place(void **state)
{
	struct record *r = get("a", "");

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->number, 0);
	assert_ptr_equal(get("a", ""), r);
	assert_ptr_equal(names_find(&all, "a", ""), r);
	assert_ptr_not_equal(get("a", "1f"), r);
	assert_ptr_not_equal(get("b", ""), r);
	assert_string_equal(r->named.name, "a");
	assert_string_equal(get("a", "1f")->named.place, "1f");
	assert_null(names_find(&all, "a", "2"));
	assert_null(names_find(&all, "", ""));
}

/* Not the text it was asked for with. */
static void a_record_keeps_its_name(void **state)
{
	char name[] = "name";
	struct record *r = get(name, "");

	(void)state;
	strcpy(name, "else");
	assert_string_equal(r->named.name, "name");
	assert_ptr_equal(names_find(&all, "name", ""), r);
	assert_null(names_find(&all, "else", ""));
}

static void a_place_too_long_is_none(void **state)
{
	(void)state;
	assert_non_null(get("a", "1234567"));
	assert_null(get("a", "12345678"));
	assert_null(names_find(&all, "a", "12345678"));
	assert_int_equal(sum_of_all(), 0);
}

static void drop_odd(void *record, void *unused)
{
	(void)unused;
	if (((struct record *)record)->number % 2)
		names_drop(&all, record);
}

static struct record *numbered(unsigned i)
{
	char name[16], place[8];

	snprintf(name, sizeof(name), "%u", i / 7);
	snprintf(place, sizeof(place), "%x", i % 7);
	return get(name, place);
}

static void many_come_and_go(void **state)
{
	unsigned sum = 0;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		numbered(i)->number = i;
		sum += i;
	}
	assert_int_equal(sum_of_all(), sum);
	names_each(&all, drop_odd, NULL);
	for (unsigned i = 1; i < MANY; i += 2)
		sum -= i;
	assert_int_equal(sum_of_all(), sum);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(numbered(i)->number, i % 2 ? 0 : i);
	names_drop(&all, numbered(0));
	names_drop(&all, numbered(MANY - 1));
	names_drop(&all, numbered(MANY / 2));
	assert_int_equal(sum_of_all(), sum - MANY / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_record_is_for_a_name_and_a_place, forget),
		cmocka_unit_test_teardown(a_record_keeps_its_name, forget),
		cmocka_unit_test_teardown(a_place_too_long_is_none, forget),
		cmocka_unit_test_teardown(many_come_and_go, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
