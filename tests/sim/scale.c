/* SPDX-License-Identifier: BSD-2-Clause */
/** scale.c: what a lock costs as hosts grow in number: messages, shares, waiting times; nothing goes wrong meanwhile. And the herd:
 * what a hand-off costs may not grow with those who wait for it.
 */
#include <stdlib.h>
#include <string.h>

#include "run.h"

#include "../lib/tap.h"

/* The defaults of a space; and every lock taken from the service, as if there were no tenures. */
static const struct pawl__tenure_rules leased = {
	.ttl = 10 * S, .min_use = S / 2, .max_tenure = 5 * MS, .max_handoffs = 65536, .min_hold = MS, .idle_keep = S, .renews = true
};
static const struct pawl__tenure_rules remote = { .ttl = 10 * S, .min_use = S / 2, .max_tenure = 5 * MS, .renews = true };

/* ---- measuring ---- */

#define STEPS   8 /* of a power of two */
#define BUCKETS (64 * STEPS)

static struct {
	uint64_t waits[BUCKETS], n;
	uint64_t *share; /* of each host */
	int64_t longest;
} seen;

static unsigned bucket_of(int64_t ns)
{
	uint64_t v = ns < STEPS ? STEPS : (uint64_t)ns;
	unsigned power = 63 - (unsigned)__builtin_clzll(v);

	return power * STEPS + (unsigned)(v >> (power - 3) & (STEPS - 1));
}

static double bucket_ms(unsigned b)
{
	return (double)((uint64_t)(STEPS + b % STEPS) << (b / STEPS - 3)) / 1e6;
}

static void see(uint32_t t)
{
	int64_t waited = true_now - sim.thread[t].began;

	seen.waits[bucket_of(waited)]++;
	seen.n++;
	seen.share[sim.thread[t].host]++;
	seen.longest = waited > seen.longest ? waited : seen.longest;
}

static double percentile(double p)
{
	uint64_t sum = 0;

	for (unsigned b = 0; b < BUCKETS; b++) {
		sum += seen.waits[b];
		if ((double)sum >= p * (double)seen.n)
			return bucket_ms(b);
	}
	return 0;
}

/* Jain's index: 1 when all hosts have the same share, 1/n when one has all. */
static double jain(uint32_t hosts)
{
	double sum = 0, squares = 0;

	for (uint32_t h = 1; h <= hosts; h++) {
		sum += (double)seen.share[h];
		squares += (double)seen.share[h] * (double)seen.share[h];
	}
	return squares > 0 ? sum * sum / (hosts * squares) : 0;
}

/* Zipf's law, exponent 1: the second lock is wanted half as often as the first. */
static double *zipf(uint32_t locks)
{
	double *sum = calloc(locks + 1, sizeof(*sum));

	for (uint32_t l = 1; sum && l <= locks; l++)
		sum[l] = sum[l - 1] + 1.0 / l;
	return sum;
}

/* ---- running ---- */

/* `last` of simulated time, of which the first tenth is not counted. */
static void measure(const struct options *o, int64_t last)
{
	memset(&seen, 0, sizeof(seen));
	seen.share = calloc(o->hosts + 1, sizeof(*seen.share));
	sim.weights = o->locks > 1 ? zipf(o->locks) : NULL;
	if (!seen.share || (o->locks > 1 && !sim.weights))
		exit(2);
	run_begin(o);
	run_until(last / 10);
	memset(&counts, 0, sizeof(counts));
	check_on_entered = see;
	run_until(last);
	check_on_entered = NULL;
	free((void *)(uintptr_t)sim.weights);
	sim.weights = NULL;
}

static struct options quiet(uint32_t hosts, uint32_t locks, uint32_t threads, const struct pawl__tenure_rules *rules)
{
	return (struct options){ .seed = 1,
		.mode = SCRIPT,
		.hosts = hosts,
		.locks = locks,
		.processes = 1,
		.threads = threads,
		.rules = rules,
		.hold = 100 * US,
		.think = locks > 1 ? 30 * MS : 20 * US,
		.chaos = 1 };
}

/* ---- the herd ---- */

static double messages_per_handoff(uint32_t hosts, uint32_t threads)
{
	struct options o = quiet(hosts, 1, threads, &leased);
	int64_t bound = 2 * hosts * (leased.max_tenure + o.hold + MS);

	measure(&o, 3 * S);
	tap_ok(seen.longest <= bound && jain(hosts) > 0.9,
		"%u hosts of %u threads: all have their share, and nobody waits for longer than %lld ms", hosts,
		threads, (long long)(bound / MS));
	tap_note("longest %.1f ms, Jain's index %.3f", (double)seen.longest / 1e6, jain(hosts));
	free(seen.share);
	return (double)counts.messages / (double)counts.handoffs;
}

void scale_herd(void)
{
	double two = messages_per_handoff(2, 2), few = messages_per_handoff(5, 2), many = messages_per_handoff(60, 2),
	       crowds = messages_per_handoff(5, 30);

	tap_ok(many < 1.25 * few && crowds < 1.25 * few && few < 12,
		"messages for a hand-off do not grow with those who wait");
	tap_note("2 hosts of 2 threads %.1f, 5 of 2 %.1f, 60 of 2 %.1f, 5 of 30 %.1f", two, few, many, crowds);
}

/* ---- the table ---- */

static void row(uint32_t hosts, uint32_t locks, const struct pawl__tenure_rules *rules, const char *how)
{
	struct options o = quiet(hosts, locks, locks > 1 ? 2 : 8, rules);
	int64_t last = locks > 1 ? 5 * S : 2 * S + 12 * MS * hosts;
	/* Each thread of a host may have to wait for a turn of its own, behind all other hosts. */
	int64_t bound = (int64_t)o.threads * hosts * (rules->max_tenure + o.hold + MS);

	measure(&o, last);
	printf("%6u %6u  %-6s %11.0f %9.2f %9.3f %9.2f %9.2f %9.2f", hosts, locks, how,
		(double)seen.n / ((double)last * 0.9e-9), (double)counts.messages / (double)seen.n, jain(hosts),
		percentile(0.5), percentile(0.99), (double)seen.longest / 1e6);
	if (locks == 1)
		printf(" %9.0f", (double)bound / 1e6);
	printf("%s%s\n", failure[0] ? "  " : "", failure);
	fflush(stdout);
	free(seen.share);
}

void scale_table(void)
{
	static const uint32_t hosts[] = { 2, 10, 100, 1000, 10000 };

	printf("one lock: 8 threads a host, 20 us inside and 30 us outside on average; 10,000 by Zipf: 2 threads, 20 "
	       "us and 49 "
	       "ms\n");
	printf("leased: the tenures of a space with its defaults; remote: every lock taken from the service and given "
	       "back\n");
	printf("%6s %6s  %-6s %11s %9s %9s %9s %9s %9s %9s\n", "hosts", "locks", "how", "locks/s", "messages", "Jain",
		"p50", "p99", "max", "bound");
	printf("%6s %6s  %-6s %11s %9s %9s %9s %9s %9s %9s\n", "", "", "", "", "a lock", "index", "ms", "ms", "ms", "ms");
	for (int locks = 1; locks <= 10000; locks += 9999)
		for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
			row(hosts[i], (uint32_t)locks, &leased, "leased");
			row(hosts[i], (uint32_t)locks, &remote, "remote");
		}
}
