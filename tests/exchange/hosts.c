/* SPDX-License-Identifier: BSD-2-Clause */
/* hosts.c: which worker is on which host, and what came out for each host. */
#include <string.h>

#include "exchange.h"

unsigned host_of(const struct exchange *x, unsigned place)
{
	return place % x->opt->hosts;
}

void hosts_sum(const struct exchange *x, unsigned host, struct host_sums *sums)
{
	*sums = (struct host_sums){ 0 };
	for (unsigned i = 0; i < lane_count(x); i++) {
		const struct lane *lane = &x->lanes[i];

		if (host_of(x, i / x->opt->threads) != host)
			continue;
		sums->sales += lane->acked;
		sums->grants += lane->grants;
		sums->tenures += lane->tenures;
		sums->losses += lane->losses;
		sums->refused += lane->refused;
		sums->violations += lane->violations;
		sums->waited_ns += lane->waited_ns;
		if (lane->longest_ns > sums->longest_ns)
			sums->longest_ns = lane->longest_ns;
	}
}

static double mean_ms(const struct host_sums *s)
{
	return s->grants == 0 ? 0 : (double)s->waited_ns / (double)s->grants / 1e6;
}

void hosts_table(const struct exchange *x, const uint32_t *keepers)
{
	struct host_sums s;

	printf("\n  %-4s %11s %11s %9s %8s %7s %8s %11s %10s %11s\n", "host", "orders won", "grants", "tenures",
		"keepers", "losses", "refused", "violations", "mean wait", "longest");
	for (unsigned host = 0; host < x->opt->hosts; host++) {
		hosts_sum(x, host, &s);
		printf("  %-4u %11llu %11llu %9llu %8u %7llu %8llu %11llu %7.2f ms %8.1f ms\n", host + 1,
			(unsigned long long)s.sales, (unsigned long long)s.grants, (unsigned long long)s.tenures,
			keepers[host], (unsigned long long)s.losses, (unsigned long long)s.refused,
			(unsigned long long)s.violations, mean_ms(&s), (double)s.longest_ns / 1e6);
	}
	puts("  tenures: grants by the service, each handed on locally; losses: leases lost while held, and the holder "
	     "was told;\n"
	     "  refused: writes under such a lease that came too late, and the store saw it by their token");
}

void hosts_json(const struct exchange *x, const uint32_t *keepers)
{
	struct host_sums s;

	for (unsigned host = 0; host < x->opt->hosts; host++) {
		hosts_sum(x, host, &s);
		printf("%s{ \"sales\": %llu, \"grants\": %llu, \"tenures\": %llu, \"keepers\": %u, \"losses\": %llu, "
		       "\"refused\": "
		       "%llu, \"violations\": %llu, \"mean_wait_ms\": %.3f, \"longest_wait_ms\": %.3f }",
			host == 0 ? "" : ", ", (unsigned long long)s.sales, (unsigned long long)s.grants,
			(unsigned long long)s.tenures, keepers[host], (unsigned long long)s.losses,
			(unsigned long long)s.refused, (unsigned long long)s.violations, mean_ms(&s),
			(double)s.longest_ns / 1e6);
	}
}
