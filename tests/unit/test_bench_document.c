/* SPDX-License-Identifier: BSD-2-Clause */
/** test_bench_document.c: what programs read of results: the keys that bench/README.md promises, nulls where there is no
 * number, and CSV that says the same. */
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

#include "../../bench/report/document.h"

/* ---- three rows in two scenarios ---- */

static const bench_row_t mortal = { .name = "mortal", .what = "dies with its owner", .traits = BENCH_SHARED },
			 robust = { .name = "robust", .what = "outlives its owner", .traits = BENCH_SHARED | BENCH_SURVIVES },
			 missing = { .name = "missing", .what = "is not here", .absent = "absent: libmissing-dev" },
			 queue = { .name = "mortal", .what = "a queue of the same name" };
static const bench_row_t *const locks[] = { &mortal, &robust, &missing, NULL }, *const queues[] = { &queue, NULL };
static const bench_scenario_t apart = { .name = "apart", .what = "w", .rows = locks },
			      death = { .name = "death", .what = "w", .rows = locks, .traits = BENCH_SURVIVES },
			      within = { .name = "within", .what = "w", .rows = queues };
static const bench_scenario_t *const scenarios[] = { &apart, &death, &within };

/* ---- results of two rounds ---- */

static void make(bench_results_t *r)
{
	bench_point_t lock = { .scenario = "apart",
		.act = "lock",
		.row = "mortal",
		.workers = 4,
		.inside_ns = 50,
		.outside_ns = NAN,
		.resident_mib = NAN,
		.names = NAN,
		.rounds = 2,
		.foreign = 0.25,
		.dropped = 1,
		.note = "a \"note\"" };
	bench_point_t kill = { .scenario = "death",
		.act = "kill",
		.row = "robust",
		.workers = 2,
		.inside_ns = NAN,
		.outside_ns = NAN,
		.resident_mib = 256,
		.names = NAN,
		.rounds = 3,
		.note = "" };
	bench_point_t *p;

	bench_results_init(r);
	bench_facts_add(&bench_results_ran(r, "apart", "robust", 2)->facts, "delay", "%d", 7);
	p = bench_results_add(r, &lock, 1u << BENCH_RATE | 1u << BENCH_CPU);
	bench_point_time(p);
	p->sample[BENCH_RATE][0] = 1e6;
	p->sample[BENCH_CPU][0] = INFINITY;
	p->timed = 77;
	for (size_t i = 0; i < BENCH_LATENCY_RANKS; i++)
		p->latency[i][1] = 10.0 + (double)i;
	p = bench_results_add(r, &kill, 1u << BENCH_RECOVERY);
	p->sample[BENCH_RECOVERY][0] = 30;
	p->sample[BENCH_RECOVERY][1] = 10;
	p->sample[BENCH_RECOVERY][2] = 20;
}

/* As a program reads it. */
static json_t *written_and_read(void)
{
	bench_results_t r;
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	json_t *document;

	make(&r);
	assert_true(bench_document_write(bench_document(&r, scenarios, 3), to));
	fclose(to);
	document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(document);
	free(text);
	bench_results_free(&r);
	return document;
}

static const char *text_at(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void the_head_says_what_and_where(void **state)
{
	json_t *d = written_and_read(), *machine = json_object_get(d, "machine"), *ran;
	static const char *const facts[] = { "cpu", "cores", "smt", "virtualised", "governor", "mitigations", "kernel",
		"libc", "compiler", "flags", "load" };

	(void)state;
	assert_string_equal(text_at(d, "schema"), "pawl-bench/1");
	assert_int_equal(strlen(text_at(d, "started")), strlen("2026-11-27T12:00:00Z"));
	assert_non_null(text_at(d, "version"));
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (!text_at(machine, facts[i]))
			fail_msg("no %s", facts[i]);
	ran = json_array_get(json_object_get(d, "scenarios"), 0);
	assert_string_equal(text_at(ran, "scenario"), "apart");
	assert_string_equal(text_at(ran, "peer"), "robust");
	assert_int_equal(json_integer_value(json_object_get(ran, "rounds")), 2);
	assert_string_equal(text_at(json_object_get(ran, "facts"), "delay"), "7");
	json_decref(d);
}

static void a_point_has_a_sample_for_each_round(void **state)
{
	json_t *d = written_and_read(), *p = json_array_get(json_object_get(d, "points"), 0);
	json_t *samples = json_object_get(p, "samples"), *rate = json_object_get(samples, "ops_per_s");
	json_t *median = json_object_get(p, "median"), *latency = json_object_get(p, "latency");

	(void)state;
	assert_int_equal(json_array_size(json_object_get(d, "points")), 2);
	assert_string_equal(text_at(p, "row"), "mortal");
	assert_string_equal(text_at(p, "note"), "a \"note\"");
	assert_int_equal(json_integer_value(json_object_get(p, "workers")), 4);
	assert_true(json_real_value(json_object_get(p, "inside_ns")) == 50);
	assert_true(json_is_null(json_object_get(p, "outside_ns")) && json_is_null(json_object_get(p, "names")));
	assert_int_equal(json_object_size(samples), 2);
	assert_int_equal(json_array_size(rate), 2);
	assert_true(json_real_value(json_array_get(rate, 0)) == 1e6 && json_is_null(json_array_get(rate, 1)));
	assert_true(json_is_null(json_array_get(json_object_get(samples, "cpu_ns"), 0)));
	assert_true(json_real_value(json_object_get(median, "ops_per_s")) == 1e6);
	assert_int_equal(json_array_size(json_object_get(latency, "p")), BENCH_LATENCY_RANKS);
	assert_int_equal(json_integer_value(json_object_get(latency, "timed")), 77);
	assert_true(json_real_value(json_array_get(json_object_get(latency, "ns"), 3)) == 13);
	assert_int_equal(json_integer_value(json_object_get(p, "dropped")), 1);
	json_decref(d);
}

static void what_a_scenario_lacks_is_null(void **state)
{
	json_t *d = written_and_read(), *p = json_array_get(json_object_get(d, "points"), 1);

	(void)state;
	assert_true(json_is_null(json_object_get(p, "latency")) && json_is_null(json_object_get(p, "inside_ns")));
	assert_true(json_real_value(json_object_get(p, "resident_mib")) == 256);
	assert_true(json_real_value(json_object_get(json_object_get(p, "median"), "recovery_us")) == 20);
	assert_null(json_object_get(json_object_get(p, "samples"), "ops_per_s"));
	json_decref(d);
}

static json_t *row_called(json_t *rows, const char *name, size_t nth)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (strcmp(text_at(row, "row"), name) == 0 && nth-- == 0)
			return row;
	}
	return NULL;
}

/* JSON without spaces, to be compared. */
static void assert_json(json_t *json, const char *want)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

	assert_string_equal(text, want);
	free(text);
}

static void rows_say_where_they_take_part(void **state)
{
	json_t *rows = bench_document_rows(scenarios, 3);

	(void)state;
	assert_int_equal(json_array_size(rows), 4);
	assert_json(json_object_get(row_called(rows, "mortal", 0), "scenarios"), "[\"apart\"]");
	assert_json(json_object_get(row_called(rows, "mortal", 0), "traits"), "[\"shared\"]");
	assert_json(json_object_get(row_called(rows, "mortal", 1), "traits"), "[\"private\"]");
	assert_json(json_object_get(row_called(rows, "robust", 0), "scenarios"), "[\"apart\",\"death\"]");
	assert_json(json_object_get(row_called(rows, "robust", 0), "traits"), "[\"shared\",\"robust\"]");
	assert_json(json_object_get(row_called(rows, "robust", 0), "absent"), "null");
	assert_json(json_object_get(row_called(rows, "missing", 0), "absent"), "\"libmissing-dev\"");
	json_decref(rows);
}

static void csv_says_the_same(void **state)
{
	bench_results_t r;
	char *text, *line;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)state;
	make(&r);
	bench_document_csv(&r, to);
	fclose(to);
	assert_int_equal(strncmp(text, "scenario,row,act,workers,inside_ns,", 35), 0);
	line = strchr(text, '\n') + 1;
	assert_int_equal(strncmp(line, "\"apart\",\"mortal\",\"lock\",4,50,,,,2,1000000,,", 43), 0);
	assert_non_null(strstr(line, ",0.25,1,\"a \"\"note\"\"\"\n"));
	line = strchr(line, '\n') + 1;
	assert_int_equal(strncmp(line, "\"death\",\"robust\",\"kill\",2,,,256,,3,", 35), 0);
	assert_non_null(strstr(line, ",20,0,0,\"\"\n"));
	free(text);
	bench_results_free(&r);
}

static void only_those_that_fit_are_chosen(void **state)
{
	const bench_row_t *rows[BENCH_ROWS_MOST];
	bench_config_t all = { .only = NULL }, some = { .only = "missing,mortal" };

	(void)state;
	assert_int_equal(bench_scenario_rows(&death, &all, rows), 1);
	assert_ptr_equal(rows[0], &robust);
	assert_int_equal(bench_scenario_rows(&death, &some, rows), 0);
	assert_int_equal(bench_scenario_rows(&apart, &some, rows), 2);
	assert_true(rows[0] == &mortal && rows[1] == &missing);
	assert_null(bench_scenario_row(&death, "mortal"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_head_says_what_and_where),
		cmocka_unit_test(a_point_has_a_sample_for_each_round),
		cmocka_unit_test(what_a_scenario_lacks_is_null),
		cmocka_unit_test(rows_say_where_they_take_part),
		cmocka_unit_test(csv_says_the_same),
		cmocka_unit_test(only_those_that_fit_are_chosen),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
