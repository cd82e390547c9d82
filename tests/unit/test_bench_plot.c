/* SPDX-License-Identifier: BSD-2-Clause */
/** test_bench_plot.c: labels beside the ends of lines do not lie on each other; what a picture is made of is what the
 * document says, and what is not there is left out. */
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

#include "plot.h"

static uint64_t seed = 1;

static double chance(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static void labels_keep_apart_in_order_and_inside(void **state)
{
	(void)state;
	for (int times = 0; times < 2000; times++) {
		double y[BENCH_PLOT_ROWS], was[BENCH_PLOT_ROWS];
		double spread = pow(10, -3 * chance()), low = chance() * (1 - spread);

		for (int i = 0; i < BENCH_PLOT_ROWS; i++)
			was[i] = y[i] = 5 + 10 * (low + spread * chance());
		bench_plot_spread(y, BENCH_PLOT_ROWS, 5, 15, 0.07);
		for (int i = 0; i < BENCH_PLOT_ROWS; i++) {
			assert_true(y[i] > 5 && y[i] < 15);
			for (int j = 0; j < i; j++) {
				assert_true(fabs(y[i] - y[j]) > 0.66); /* of 0.7 */
				assert_true(was[i] == was[j] || (was[i] < was[j]) == (y[i] < y[j]));
			}
		}
	}
}

static void those_with_room_stay(void **state)
{
	double y[] = { 3, 1, 8 }, one[] = { 0 };

	(void)state;
	bench_plot_spread(y, 3, 0, 10, 0.1);
	assert_true(y[0] == 3 && y[1] == 1 && y[2] == 8);
	bench_plot_spread(one, 1, 0, 10, 0.1);
	assert_true(one[0] == 0.5); /* half a label above the axis */
	bench_plot_spread(one, 0, 0, 10, 0.1);
}

/* ---- documents ---- */

static void add(json_t *points, const char *row, int threads, int inside, double rate)
{
	json_array_append_new(
		points, json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:{s:[f,f], s:[f,f]}, s:{s:[f,f,f], s:[f,f,f]}}",
				"scenario", "threads", "row", row, "act", "lock", "workers", threads, "inside_ns",
				inside, "outside_ns", 200, "samples", "ops_per_s", rate, rate, "least", 0.5 / threads,
				0.5 / threads, "latency", "p", 0.5, 0.99, 1.0, "ns", 30.0, 400.0, 5e6));
}

static bench_record_t record_of(json_t *points)
{
	bench_record_t r;

	assert_null(bench_record_of(&r, json_pack("{s:s, s:{s:s}, s:o}", "schema", BENCH_RECORD_SCHEMA, "machine",
						"cpu", "a 'loom'", "points", points)));
	return r;
}

/* What a picture writes; NULL if it has nothing to show. Until the next call. */
static const char *text_of(bool (*picture)(const bench_record_t *, FILE *), const bench_record_t *record)
{
	static char text[20000];
	FILE *to;
	bool drawn;

	memset(text, 0, sizeof(text));
	to = fmemopen(text, sizeof(text) - 1, "w");
	assert_non_null(to);
	drawn = picture(record, to);
	fclose(to);
	return drawn ? text : NULL;
}

static void pictures_say_what_the_document_says(void **state)
{
	json_t *points = json_array();
	bench_record_t r;

	(void)state;
	add(points, "pawl_mutex", 1, 50, 4e6);
	add(points, "pawl_mutex", 2, 50, 3e6);
	add(points, "pawl_mutex", 4, 50, 2e6);
	add(points, "nsync_mu", 1, 50, 2e6);
	add(points, "nsync_mu", 2, 50, 1e6);
	add(points, "some_other", 2, 50, 1e6);
	r = record_of(points);
	/* threads, then a column for each row; what was not measured is no number */
	assert_non_null(strstr(text_of(bench_plot_throughput, &r), "\n1 4 2\n2 3 1\n4 2 NaN\nEOD\n"));
	assert_null(strstr(text_of(bench_plot_throughput, &r), "some_other"));
	/* half of the mean; one thread is no matter of fairness */
	assert_non_null(strstr(text_of(bench_plot_fairness, &r), "<< EOD\n2 0.5 0.5\n4 0.5 NaN\nEOD\n"));
	/* twice nsync's, three times; not against oneself */
	assert_non_null(strstr(text_of(bench_plot_heat, &r), "<< EOD\n1 1 2\n2 1 3\n3 1 NaN\nEOD\n"));
	/* one in a hundred waits 400 ns; the maximum has no rank */
	assert_non_null(strstr(text_of(bench_plot_latency, &r), "\n2 30\n100 400\nEOD\n"));
	assert_null(text_of(bench_plot_death, &r));
	bench_record_free(&r);
}

static void without_threads_there_is_little(void **state)
{
	json_t *points = json_array();
	bench_record_t r;

	(void)state;
	json_array_append_new(
		points, json_pack("{s:s, s:s, s:s, s:f, s:{s:[f,f,f]}}", "scenario", "death", "row", "flock", "act",
				"kill", "resident_mib", 256.0, "samples", "recovery_us", 100.0, 300.0, 900.0));
	r = record_of(points);
	assert_null(text_of(bench_plot_throughput, &r));
	assert_null(text_of(bench_plot_fairness, &r));
	assert_null(text_of(bench_plot_latency, &r));
	assert_null(text_of(bench_plot_heat, &r));
	assert_non_null(strstr(text_of(bench_plot_death, &r), "\n1 300 300\n"));
	bench_record_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_keep_apart_in_order_and_inside),
		cmocka_unit_test(those_with_room_stay),
		cmocka_unit_test(pictures_say_what_the_document_says),
		cmocka_unit_test(without_threads_there_is_little),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
