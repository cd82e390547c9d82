/* SPDX-License-Identifier: BSD-2-Clause */
/** test_bench_latency.c: ranks of latencies over several workers, and the choice of what is timed, on made-up times. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../bench/measure/latency.h"
#include "../../bench/stats.h"

#define WORKERS 3

static uint64_t room[WORKERS][BENCH_LATENCY_ROOM];
static bench_latency_t worker[WORKERS];
static const bench_latency_t *const all[WORKERS] = { &worker[0], &worker[1], &worker[2] };

static int start(void **state)
{
	(void)state;
	for (int i = 0; i < WORKERS; i++)
		worker[i] = (bench_latency_t){ .ticks = room[i], .every = 1, .seed = (uint64_t)i + 1 };
	return 0;
}

static double at(const double ranks[BENCH_LATENCY_RANKS], double p)
{
	size_t i = bench_latency_rank(p);

	assert_true(i < BENCH_LATENCY_RANKS);
	return ranks[i];
}

static void nothing_timed_has_no_ranks(void **state)
{
	double ranks[BENCH_LATENCY_RANKS];

	(void)state;
	assert_int_equal(bench_latency_merge(all, WORKERS, 1, 0, ranks), 0);
	for (size_t i = 0; i < BENCH_LATENCY_RANKS; i++)
		assert_true(isnan(ranks[i]));
}

static void ranks_are_measured_values(void **state)
{
	double ranks[BENCH_LATENCY_RANKS];

	(void)state;
	for (uint64_t v = 100; v > 0; v--)
		bench_latency_add(&worker[v % WORKERS], v);
	assert_int_equal(bench_latency_merge(all, WORKERS, 1, 0, ranks), 100);
	assert_true(at(ranks, 0.01) == 1 && at(ranks, 0.5) == 50 && at(ranks, 0.99) == 99);
	assert_true(at(ranks, 0.995) == 100 && at(ranks, 0.999) == 100 && at(ranks, 1) == 100);
}

/* As if one had had them all, whoever did. */
static void merging_is_ranking_them_together(void **state)
{
	static double together[3000];
	double ranks[BENCH_LATENCY_RANKS];
	uint64_t v = 1;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		v = v * 6364136223846793005u + 1442695040888963407u;
		together[i] = (double)(v >> 50);
		bench_latency_add(&worker[i % 7 == 0 ? 0 : i % 2 + 1], v >> 50);
	}
	bench_stats_sort(together, 3000);
	assert_int_equal(bench_latency_merge(all, WORKERS, 1, 0, ranks), 3000);
	for (size_t i = 0; i < BENCH_LATENCY_RANKS; i++)
		assert_true(ranks[i] == bench_stats_rank(together, 3000, bench_latency_ranks[i]));
}

static void the_clock_is_taken_off(void **state)
{
	double ranks[BENCH_LATENCY_RANKS];

	(void)state;
	bench_latency_add(&worker[0], 20);
	bench_latency_add(&worker[0], 120);
	bench_latency_merge(all, WORKERS, 0.5, 40, ranks);
	assert_true(at(ranks, 0.5) == 0);
	assert_true(at(ranks, 1) == 40);
}

/* Who was served more often than fits stands for all the times it was. */
static void a_full_room_keeps_its_weight(void **state)
{
	double ranks[BENCH_LATENCY_RANKS];

	(void)state;
	for (int i = 0; i < 3 * BENCH_LATENCY_ROOM; i++)
		bench_latency_add(&worker[0], 10);
	for (int i = 0; i < BENCH_LATENCY_ROOM; i++)
		bench_latency_add(&worker[1], 100);
	assert_int_equal(bench_latency_merge(all, WORKERS, 1, 0, ranks), 2 * BENCH_LATENCY_ROOM);
	assert_true(at(ranks, 0.7) == 10);
	assert_true(at(ranks, 0.8) == 100);
}

/* Early and late ones have the same chance to stay: 20 times what fits, ascending; a rank is off by about a hundredth. */
static void what_is_kept_is_a_fair_choice(void **state)
{
	const double n = 20.0 * BENCH_LATENCY_ROOM;
	double ranks[BENCH_LATENCY_RANKS];

	(void)state;
	for (uint64_t v = 1; v <= (uint64_t)n; v++)
		bench_latency_add(&worker[0], v);
	assert_int_equal(bench_latency_merge(all, WORKERS, 1, 0, ranks), BENCH_LATENCY_ROOM);
	for (double p = 0.1; p < 0.95; p += 0.1)
		assert_true(fabs(at(ranks, p) / n - p) < 0.03);
}

static void one_in_so_many_is_timed(void **state)
{
	double sum = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(bench_latency_next(&worker[0]), 1);
	worker[1].every = 50;
	for (int i = 0; i < 100000; i++) {
		uint64_t next = bench_latency_next(&worker[1]);

		assert_in_range(next, 1, 99);
		sum += (double)next;
	}
	assert_true(fabs(sum / 100000 - 50) < 1);
}

static void as_many_are_timed_as_fit(void **state)
{
	(void)state;
	assert_int_equal(bench_latency_every(0, 1e8), 1);
	assert_int_equal(bench_latency_every(100, 1e8), 1);
	/* a window of 4 ms has room for a thousand at four microseconds each */
	assert_int_equal(bench_latency_every(1e6, 4e6), 1000);
	/* one of a second would have for many more than are kept */
	assert_int_equal(bench_latency_every(BENCH_LATENCY_ROOM * 50.0, 1e9), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_timed_has_no_ranks, start),
		cmocka_unit_test_setup(ranks_are_measured_values, start),
		cmocka_unit_test_setup(merging_is_ranking_them_together, start),
		cmocka_unit_test_setup(the_clock_is_taken_off, start),
		cmocka_unit_test_setup(a_full_room_keeps_its_weight, start),
		cmocka_unit_test_setup(what_is_kept_is_a_fair_choice, start),
		cmocka_unit_test_setup(one_in_so_many_is_timed, start),
		cmocka_unit_test_setup(as_many_are_timed_as_fit, start),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
