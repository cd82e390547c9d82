/* SPDX-License-Identifier: BSD-2-Clause */
/** main.c: pawl-bench-remote: how long a lock takes from one host to another, through a service that runs: pawl against the least
 * that the service allows, or against what its users have, in turns.
 *
 *   pawl-bench-remote [--rounds N] [--settle MS] [--think MS] [--json] URL      redis://HOST:PORT, zk://HOST:PORT, etcd://HOST:PORT
 *
 * `make bench-remote` starts the services and runs it on each.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../stats.h"
#include "pair.h"

enum { ROUNDS_MOST = 1000, EACH = 10, ROWS = 3 };

/* Pawl, and what it is measured against; the ratio to the second row that is aimed at. */
static const struct contest {
	const char *scheme;
	const struct handoff_row *rows[ROWS];
	double aim;
} contests[] = { { "redis", { &handoff_pawl, &handoff_redis }, 1.5 }, { "zk", { &handoff_pawl, &handoff_zookeeper }, 1.5 },
	{ "etcd", { &handoff_pawl, &handoff_etcd, &handoff_etcdctl }, 1 / 3.0 } };

/* In milliseconds. A place in etcd and ZooKeeper takes some. And etcd serves watches that begin in the past every 100 ms: hosts that
 * come back at once would fall in with its tick. */
static long settle = 10, think = 100;

static struct results {
	double all[ROUNDS_MOST * EACH], medians[ROUNDS_MOST];
	size_t n, rounds;
} results[ROWS];

static void usage(FILE *to, int status)
{
	fprintf(to, "usage: pawl-bench-remote [--rounds N] [--settle MS] [--think MS] [--json] redis://HOST:PORT | "
		    "zk://HOST:PORT | "
		    "etcd://HOST:PORT\n");
	exit(status);
}

static const struct contest *contest_of(const char *url)
{
	for (size_t i = 0; i < sizeof(contests) / sizeof(*contests); i++) {
		size_t n = strlen(contests[i].scheme);

		if (strncmp(url, contests[i].scheme, n) == 0 && strncmp(url + n, "://", 3) == 0)
			return &contests[i];
	}
	fprintf(stderr, "pawl-bench-remote: '%s': nothing to compare with that\n", url);
	usage(stderr, 64);
	return NULL;
}

static void run_round(struct pair *p, struct results *r)
{
	pair_run(p, EACH, r->all + r->n);
	r->medians[r->rounds++] = bench_stats_median(r->all + r->n, EACH);
	r->n += EACH;
}

/* The first round is for caches, scripts and connections. */
static void measure(const struct contest *c, const char *url, size_t rounds)
{
	struct pair *pairs[ROWS] = { NULL };

	for (size_t i = 0; i < ROWS && c->rows[i]; i++)
		pairs[i] = pair_begin(c->rows[i], url, settle * 1000000, think * 1000000);
	for (size_t round = 0; round <= rounds; round++) {
		for (size_t i = 0; i < ROWS && c->rows[i]; i++) {
			run_round(pairs[i], &results[i]);
			if (round == 0)
				results[i].n = results[i].rounds = 0;
		}
		fprintf(stderr, "\r%zu of %zu rounds", round, rounds);
	}
	fputs("\r\033[K", stderr);
	for (size_t i = 0; i < ROWS && c->rows[i]; i++)
		pair_end(pairs[i]);
}

static double rank_of(struct results *r, double p)
{
	bench_stats_sort(r->all, r->n);
	return bench_stats_rank(r->all, r->n, p);
}

static void print_table(const struct contest *c, bench_ratio_t ratio)
{
	printf("hand-off between two hosts, %s: milliseconds; the next one has waited for %ld, and comes back within "
	       "%ld\n%-22s %8s %8s %8s %6s\n",
		c->scheme, settle, think, "", "p50", "p90", "p99", "n");
	for (size_t i = 0; i < ROWS && c->rows[i]; i++)
		printf("%-22s %8.2f %8.2f %8.2f %6zu  %s\n", c->rows[i]->name, rank_of(&results[i], 0.5),
			rank_of(&results[i], 0.9), rank_of(&results[i], 0.99), results[i].n, c->rows[i]->what);
	printf("pawl / %s, medians of %zu rounds in turns: %.2f +-%.0f %% (aim: at most %.2f)\n", c->rows[1]->name,
		ratio.pairs, ratio.mean, ratio.se * 100, c->aim);
}

static json_t *row_json(const struct handoff_row *row, struct results *r)
{
	return json_pack("{s:s, s:s, s:f, s:f, s:f, s:I}", "name", row->name, "what", row->what, "p50_ms",
		rank_of(r, 0.5), "p90_ms", rank_of(r, 0.9), "p99_ms", rank_of(r, 0.99), "n", (json_int_t)r->n);
}

static void print_json(const struct contest *c, bench_ratio_t ratio)
{
	json_t *rows = json_array(), *all;

	for (size_t i = 0; i < ROWS && c->rows[i]; i++)
		json_array_append_new(rows, row_json(c->rows[i], &results[i]));
	all = json_pack("{s:s, s:o, s:f, s:f, s:f}", "service", c->scheme, "rows", rows, "ratio", ratio.mean,
		"ratio_error", ratio.se, "aim", c->aim);
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "rounds", 1, 0, 'r' }, { "json", 0, 0, 'j' },
		{ "settle", 1, 0, 's' }, { "think", 1, 0, 't' }, { "help", 0, 0, 'h' }, { 0 } };
	const struct contest *c;
	bench_ratio_t ratio;
	long rounds = 25;
	bool json = false;

	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;)
		if (o == 'r')
			rounds = strtol(optarg, NULL, 10);
		else if (o == 's')
			settle = strtol(optarg, NULL, 10);
		else if (o == 't')
			think = strtol(optarg, NULL, 10);
		else if (o == 'j')
			json = true;
		else
			usage(o == 'h' ? stdout : stderr, o == 'h' ? 0 : 64);
	if (optind + 1 != argc || rounds < 1 || rounds > ROUNDS_MOST || settle < 0 || think < 1)
		usage(stderr, 64);
	c = contest_of(argv[optind]);
	measure(c, argv[optind], (size_t)rounds);
	ratio = bench_stats_pair(results[0].medians, results[1].medians, results[0].rounds);
	(json ? print_json : print_table)(c, ratio);
	return 0;
}
