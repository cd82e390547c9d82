/* SPDX-License-Identifier: BSD-2-Clause */
/** times.c: what a histogram of waits or holds says (times.h). A bucket is known by its bound: a quantile is at most that. */
#include "cli/times.h"

#include <string.h>

int64_t cli_times_quantile(const pawl_times_t *times, double part)
{
	uint64_t rank = (uint64_t)((double)times->count * part), seen = 0;

	if (times->count == 0)
		return -1;
	rank = (double)rank < (double)times->count * part ? rank + 1 : rank; /* the nearest rank, from 1 */
	for (unsigned i = 0; i < PAWL_TIMES_BUCKETS - 1; i++) {
		seen += times->bucket[i];
		if (seen >= rank)
			return (int64_t)PAWL_TIMES_BOUND(i);
	}
	return INT64_MAX;
}

char *cli_times_cell(const pawl_times_t *times, double part)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	int64_t ns = cli_times_quantile(times, part);
	double amount = (double)ns;
	unsigned unit = 0;

	if (ns < 0)
		return cli_format("-");
	if (ns == INT64_MAX)
		return cli_format(">%.0fs", (double)PAWL_TIMES_BOUND(PAWL_TIMES_BUCKETS - 2) / 1e9);
	for (; amount >= 999.5 && unit < 3; unit++)
		amount /= 1000;
	return cli_format("%.*f%s", amount < 9.95 && unit ? 1 : 0, amount, units[unit]);
}

pawl_times_t cli_times_since(const pawl_times_t *now, const pawl_times_t *then)
{
	pawl_times_t since = { .sum_ns = now->sum_ns - then->sum_ns };

	for (unsigned i = 0; i < PAWL_TIMES_BUCKETS; i++) {
		if (now->bucket[i] < then->bucket[i])
			return *now;
		since.bucket[i] = now->bucket[i] - then->bucket[i];
		since.count += since.bucket[i];
	}
	return since;
}

static json_t *seconds_or_null(int64_t ns)
{
	return ns < 0 || ns == INT64_MAX ? json_null() : json_real((double)ns / 1e9);
}

static void add_bucket(json_t *list, unsigned i, uint32_t count)
{
	json_t *object = cli_must(json_object());
	bool last = i == PAWL_TIMES_BUCKETS - 1;

	cli_json_put(object, "up_to_seconds", last ? json_null() : json_real((double)PAWL_TIMES_BOUND(i) / 1e9));
	cli_json_put(object, "count", json_integer(count));
	if (json_array_append_new(list, object))
		cli_must(NULL);
}

json_t *cli_times_json(const pawl_times_t *times)
{
	json_t *object = cli_must(json_object()), *buckets = cli_must(json_array());

	for (unsigned i = 0; i < PAWL_TIMES_BUCKETS; i++)
		if (times->bucket[i])
			add_bucket(buckets, i, times->bucket[i]);
	cli_json_put(object, "count", json_integer((json_int_t)times->count));
	cli_json_put(object, "sum_seconds", json_real((double)times->sum_ns / 1e9));
	cli_json_put(object, "p50_seconds", seconds_or_null(cli_times_quantile(times, 0.5)));
	cli_json_put(object, "p99_seconds", seconds_or_null(cli_times_quantile(times, 0.99)));
	cli_json_put(object, "buckets", buckets);
	return object;
}
