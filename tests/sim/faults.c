/* SPDX-License-Identifier: BSD-2-Clause */
/** faults.c: from time to time, as often as the seed says, something happens to a host or to the service. What lasts, ends with
 * the chaos at the latest. (Lost messages, deaths inside and so on are decided where they happen.)
 */
#include "faults.h"

#include "backend.h"
#include "check.h"
#include "keeper.h"
#include "local.h"
#include "service.h"

const char *const fault_names[] = { "loss", "dup", "hint", "tail", "cut", "partition", "stop", "suspend", "keeper",
	"owner", "host", "failover", "jump", "drift", "stir", "long", NULL };
const char *const plant_names[] = { "none", "forgetful", "arrival", "drift", "no-delay", "no-era", "clean", "new-once",
	"stale", "old-hint", NULL };

#define SUDDEN (F_CUT | F_PARTITION | F_STOP | F_SUSPEND | F_KEEPER | F_OWNER | F_HOST | F_FAILOVER | F_JUMP)

static int64_t gap, jumped;

static int64_t for_a_while(void)
{
	int64_t until = true_now + between(MS, one_in(2) ? sim.rules.ttl / 4 : 2 * sim.rules.ttl);

	return until < sim.o.chaos ? until : sim.o.chaos;
}

/* ---- on the line ---- */

static void mend(uint32_t h, uint32_t b, uint64_t c)
{
	(void)b;
	(void)c;
	sim.host[h].cut_out = sim.host[h].cut_in = false;
}

static void part(uint32_t h)
{
	uint32_t ways = 1 + below(3);

	sim.host[h].cut_out = ways & 1;
	sim.host[h].cut_in = ways & 2;
	at(for_a_while(), mend, h, 0, 0);
}

/* ---- at the service ---- */

static void fail_over_again(uint32_t a, uint32_t b, uint64_t c)
{
	(void)a;
	(void)b;
	(void)c;
	script_fail_over(between(0, 60 * MS));
}

static void fail_over(void)
{
	int64_t lag = one_in(4) ? between(0, 500 * MS) : between(0, 60 * MS);

	if (sim.o.mode != SCRIPT || true_now + lag + 120 * MS > sim.o.chaos)
		return;
	script_fail_over(lag);
	if (one_in(4))
		at(true_now + lag + between(0, 60 * MS) - lag / 2, fail_over_again, 0, 0, 0);
}

static void set_clock_back(void)
{
	int64_t by = between(MS, 300 * MS);

	if (jumped + by > S)
		return;
	jumped += by;
	sim.service.offset -= by;
}

/* ---- at a host ---- */

static void kill_process(uint32_t h, uint32_t process)
{
	local_process_dies(h, process);
	if (process == sim.host[h].keeper)
		keeper_die(h);
}

static void happen(uint32_t fault, uint32_t h)
{
	struct host *host = &sim.host[h];

	TRACE("host %u: %s", h, fault_names[__builtin_ctz(fault)]);
	counts.faults++;
	switch (fault) {
	case F_CUT:
		backend_cut(h);
		break;
	case F_PARTITION:
		part(h);
		break;
	case F_STOP:
		host->stopped_until = for_a_while();
		break;
	case F_SUSPEND:
		host->frozen_until = for_a_while();
		break;
	case F_KEEPER:
		kill_process(h, host->keeper);
		break;
	case F_OWNER:
		kill_process(h, below(sim.o.processes));
		break;
	case F_HOST:
		keeper_host_crashes(h);
		break;
	case F_FAILOVER:
		fail_over();
		break;
	case F_JUMP:
		set_clock_back();
		break;
	default:
		break;
	}
}

static void trouble(uint32_t a, uint32_t b, uint64_t c)
{
	uint32_t h = 1 + below(sim.o.hosts), fault = 0;
	bool can = has(SUDDEN) && !sim.host[h].crashed && !keeper_stalled(&sim.host[h]);

	if (true_now >= sim.o.chaos)
		return;
	while (can && !(fault & SUDDEN & sim.faults))
		fault = 1u << below(16);
	if (can)
		happen(fault, h);
	at(true_now + between(gap / 4, gap), trouble, a, b, c);
}

void faults_begin(void)
{
	gap = between(4 * MS, 400 * MS);
	jumped = 0;
	at(gap, trouble, 0, 0, 0);
}

void faults_cease(void)
{
	sim.faults &= F_TAIL | F_DRIFT | F_STIR;
	for (uint32_t h = 1; h <= sim.o.hosts; h++)
		mend(h, 0, 0);
	sim.healed_at = true_now;
}
