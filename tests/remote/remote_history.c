/* SPDX-License-Identifier: BSD-2-Clause */
/** remote_history.c: workloads on three hosts over every service (service.h), in fair weather and in a storm (storm.h), and a table of
 * what they went through.
 *
 *   LONG=1          storms until KILLS= keepers were killed and FAULTS= faults of the service went by (1000 each), and T= seconds
 *   SERVICES=etcd   only those with that in their names
 *   SEED=           which storm
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../lib/harness.h"
#include "../lib/tap.h"
#include "history.h"
#include "storm.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SECONDS = 2 };
#else
enum { SECONDS = 3 };
#endif

static const struct play_workload works[] = {
	/* Jepsen: lock */
	{ .name = "lock: taken and given back at random", .locks = 2, .hold_us = 2000 },
	/* Jepsen: lock-set */
	{ .name = "lock-set: a list is read, slept over and written back", .locks = 1, .hold_us = 3000, .pause_in = 40, .list = PLAY_PLAIN },
	/* Jepsen: lock-etcd-set, by the token */
	{ .name = "guarded: the same, by the token", .locks = 1, .hold_us = 3000, .pause_in = 8, .list = PLAY_GUARDED },
	/* Hazelcast */
	{ .name = "fenced: taken again, and given back by others", .locks = 2, .hold_us = 1000, .again = true, .strangers = true },
};

static uint64_t seed;

static bool can_run(const struct play_workload *work, const struct service *s)
{
	return work->list != PLAY_GUARDED || (s->kind->promises & HISTORY_TOKENS);
}

/* ---- the table, in memory that the services' processes share ---- */

static struct table {
	uint32_t n;
	struct row {
		char name[32];
		struct storm_sum sum;
	} rows[32];
} * table;

static void add_row(const struct service *s, const struct storm_sum *sum)
{
	uint32_t i = PAWL_FETCH_ADD(&table->n, 1u, RELAXED); /* relaxed: read when all have ended */

	if (i >= COUNT(table->rows))
		return;
	snprintf(table->rows[i].name, sizeof(table->rows[i].name), "%s%s", s->kind->name, s->on_wires ? ", wires" : "");
	table->rows[i].sum = *sum;
}

static void print_row(const struct row *r)
{
	const struct storm_sum *s = &r->sum;

	tap_note("%-20s %7.0f %8" PRIu64 " %7" PRIu64 " %7" PRIu64 " %7" PRIu64 " %7" PRIu64 " %7" PRIu64 " %7" PRIu64
		 " %7" PRIu64 " %7" PRIu64 " %7" PRIu64 " %10" PRIu64,
		r->name, s->seconds, s->grants, s->moves, s->keeper_kills, s->client_kills, s->stops, s->service_faults,
		s->link_faults, s->deaths, s->losses, s->missing, s->violations);
}

/* Moves: grants to another host than the one before. Losses: holders told that the lease is lost. Missing: updates of a list that
 * went with a lease, where the list does not look at tokens. */
static void print_table(void)
{
	tap_note("%-20s %7s %8s %7s %7s %7s %7s %7s %7s %7s %7s %7s %10s", "in storms", "seconds", "grants", "moves",
		"keepers", "clients", "process", "service", "link", "dead", "losses", "updates", "violations");
	tap_note("%-20s %7s %8s %7s %7s %7s %7s %7s %7s %7s %7s %7s", "", "", "", "", "killed", "killed", "stops",
		"faults", "faults", "owners", "told", "missing");
	for (uint32_t i = 0; i < table->n && i < COUNT(table->rows); i++)
		print_row(&table->rows[i]);
}

/* Nothing goes wrong, so nothing may be lost. */
static void fair(struct service *s)
{
	static const struct storm_plan calm = { .seconds = 1 };
	struct storm_sum sum = { 0 };

	for (const struct play_workload *w = works; w < works + COUNT(works); w++)
		if (can_run(w, s) && !w->pause_in)
			storm(s, w, &calm, seed, &sum);
	tap_ok(sum.violations == 0 && sum.grants > 0 && sum.moves + !(s->kind->promises & HISTORY_TOKENS) > 0,
		"in fair weather");
}

/* The test of the test. */
static void parted(struct service *s)
{
	static const struct storm_plan plan = { .seconds = 3, .parted = true };
	struct storm_sum sum = { 0 };

	tap_note("hosts that do not know of each other; violations are what is wanted:");
	storm(s, &works[1], &plan, seed, &sum);
	tap_ok(sum.violations > 0, "hosts that nothing keeps apart are found");
}

static void foul(struct service *s)
{
	static const struct storm_plan plan = {
		.seconds = SECONDS, .kill_keeper = 500, .kill_client = 400, .stop_process = 500, .service = 1000, .link = 700
	};
	struct storm_sum sum = { 0 };

	for (const struct play_workload *w = works; w < works + COUNT(works); w++)
		if (can_run(w, s))
			tap_ok(storm(s, w, &plan, seed + (uint64_t)(w - works), &sum), "in a storm: %s", w->name);
	tap_ok(sum.keeper_kills > 0 && sum.service_faults > 0 && sum.grants > 0, "the storm was one");
	add_row(s, &sum);
}

/* The same with wires that are pulled out: what the other side sees of that is nothing. */
static void on_wires(struct service *s)
{
	static const struct storm_plan plan = { .seconds = SECONDS, .kill_keeper = 700, .link = 800 };
	struct storm_sum sum = { 0 };

	if (!s->kind->server)
		return;
	if (!s->has_net) {
		tap_skip("networks of one's own are for root", "hosts whose wires are pulled out");
		return;
	}
	s->on_wires = true;
	tap_ok(storm(s, &works[1], &plan, seed, &sum), "hosts whose wires are pulled out");
	add_row(s, &sum);
	s->on_wires = false;
}

static void for_long(struct service *s)
{
	static const struct storm_plan plan = {
		.seconds = 15, .kill_keeper = 300, .kill_client = 400, .stop_process = 600, .service = 1200, .link = 1200
	};
	uint64_t kills = (uint64_t)env_long("KILLS", 1000), faults = (uint64_t)env_long("FAULTS", 1000);
	double seconds = (double)env_long("T", 0);
	struct storm_sum sum = { 0 };

	for (unsigned i = 0; sum.keeper_kills < kills || sum.service_faults < faults || sum.seconds < seconds; i++) {
		const struct play_workload *w = &works[i % COUNT(works)];

		s->on_wires = s->has_net && i % 3 == 2;
		if (can_run(w, s) && !storm(s, w, &plan, seed + i, &sum))
			tap_note("that was %s, SEED=%" PRIu64, w->name, seed + i);
	}
	s->on_wires = false;
	tap_ok(sum.violations == 0, "%" PRIu64 " keepers killed, %" PRIu64 " faults of the service: no violation",
		sum.keeper_kills, sum.service_faults);
	add_row(s, &sum);
}

static void cases(struct service *s)
{
	if (env_long("LONG", 0)) {
		for_long(s);
	} else {
		fair(s);
		if (!s->kind->server)
			parted(s);
		foul(s);
		on_wires(s);
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	seed = seed_of_run();
	table = shared_alloc(sizeof(*table));
	service_each(argv[0], cases, SERVICE_TOGETHER);
	print_table();
	return tap_done();
}
