/* SPDX-License-Identifier: BSD-2-Clause */
/** storm.h: trouble while a workload runs (play.h): processes are killed and stopped, the keepers above all, the service as well, and
 * links are cut; then it clears up, everybody has to come to an end, and what was seen is judged.
 */
#ifndef PAWL_TESTS_STORM_H
#define PAWL_TESTS_STORM_H

#include "play.h"
#include "service.h"

struct storm_plan {
	long seconds;
	/* In milliseconds: about how often; 0: never. */
	long kill_keeper, kill_client, stop_process, service, link;
	bool parted; /* each host by itself (hosts_part) */
};

/** What came of it; added up. */
struct storm_sum {
	double seconds;
	uint64_t grants, moves, losses, deaths;
	uint64_t keeper_kills, client_kills, stops, service_faults, link_faults;
	uint64_t violations, missing; /* missing: promised numbers that are not in the list */
};

/** Play the workload through a storm. Adds to `*sum`; true: no violation, and everybody came to an end. Notes say what was wrong. */
bool storm(struct service *s, const struct play_workload *work, const struct storm_plan *plan, uint64_t seed,
	struct storm_sum *sum);

#endif
