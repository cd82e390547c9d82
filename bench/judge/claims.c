/* SPDX-License-Identifier: BSD-2-Clause */
/** claims.c: the list of claims.h. One line per claim and bound; the cells are those of the scenarios' defaults. */
#include "claims.h"

#define ONE(a)                                                                                                         \
	{                                                                                                              \
		1,                                                                                                     \
		{                                                                                                      \
			a                                                                                              \
		}                                                                                                      \
	}
#define THREE(a, b, c)                                                                                                 \
	{                                                                                                              \
		3,                                                                                                     \
		{                                                                                                      \
			a, b, c                                                                                        \
		}                                                                                                      \
	}
#define PAIR .scenario = "alone", .figure = "ns"

/* ---- throughput between threads: every column of the matrix, then all of it ---- */

#define MATRIX .inside_ns = THREE(0, 50, 500), .outside_ns = { 2, { 0, 200 } }
#define THREADS(row_, figure_, sense_, bound_, peer_, ...)                                                             \
	{                                                                                                              \
		.scenario = "threads", .act = "lock", .row = row_, .figure = figure_, .sense = sense_,                 \
		.bound = bound_, .peer = peer_, .workers = __VA_ARGS__, MATRIX                                         \
	}
#define EACH_COLUMN(peer)                                                                                              \
	THREADS("pawl_mutex", "ops_per_s", BENCH_AT_LEAST, 1, peer, ONE(1)),                                           \
		THREADS("pawl_mutex", "ops_per_s", BENCH_AT_LEAST, 1, peer, ONE(2)),                                   \
		THREADS("pawl_mutex", "ops_per_s", BENCH_AT_LEAST, 1, peer, ONE(4)),                                   \
		THREADS("pawl_mutex", "ops_per_s", BENCH_AT_LEAST, 1, peer, ONE(8))
#define ALL_COLUMNS(peer) THREADS("pawl_mutex", "ops_per_s", BENCH_AT_LEAST, 1.3, peer, { 4, { 1, 2, 4, 8 } })

/* ---- between processes ---- */

#define BARE .workers = ONE(1), .inside_ns = ONE(0), .outside_ns = ONE(0)
#define DUEL .workers = ONE(2), .inside_ns = THREE(0, 150, 1000), .outside_ns = ONE(50)
#define PROCESSES(row_, bound_, peer_, ...)                                                                            \
	{                                                                                                              \
		.scenario = "processes", .act = "lock", .row = row_, .figure = "ops_per_s", .sense = BENCH_AT_LEAST,   \
		.bound = bound_, .peer = peer_, __VA_ARGS__                                                            \
	}
#define DEATH(row_, bound_, peer_, mib)                                                                                \
	{                                                                                                              \
		.scenario = "death", .act = "kill", .row = row_, .figure = "recovery_us", .sense = BENCH_AT_MOST,      \
		.bound = bound_, .peer = peer_, .resident_mib = ONE(mib)                                               \
	}
#define QUEUE(bound_, peer_, pairs)                                                                                    \
	{                                                                                                              \
		.scenario = "queues", .act = "queue", .row = "pawl_chan", .figure = "ops_per_s",                       \
		.sense = BENCH_AT_LEAST, .bound = bound_, .peer = peer_, .workers = ONE(pairs)                         \
	}

const bench_claim_t bench_claims[] = {
	/* a free lock: the physical limit, or half of what glibc takes */
	{ PAIR, .act = "pair", .row = "pawl_spin", .bound = 1.05, .peer = "floor" },
	{ PAIR, .act = "pair", .row = "pawl_stable", .bound = 1.05, .peer = "floor" },
	{ PAIR, .act = "pair", .row = "pawl_mutex", .bound = 0.5, .peer = "pthread_normal" },
	{ PAIR, .act = "refused", .row = "pawl_spin", .bound = 1.1, .peer = "floor" },
	{ PAIR, .act = "refused", .row = "pawl_mutex", .bound = 1.1, .peer = "floor" },
	{ PAIR, .act = "nested", .row = "pawl_recursive", .bound = 0.1, .peer = "pthread_recursive" },
	{ PAIR, .act = "try", .row = "pawl_tokens", .bound = 0.125, .peer = "go_chan" },
	{ PAIR, .act = "refused", .row = "pawl_tokens", .bound = 0.25, .peer = "go_chan" },
	PROCESSES("pawl_robust", 2, "glibc_robust", BARE),
	/* a name costs nothing that one can measure, and is found in less than 100 ns: with taking and giving back, too */
	{ PAIR, .act = "pair", .row = "pawl_named", .bound = 1.05, .peer = "pawl_robust" },
	{ PAIR, .act = "pair", .row = "pawl_by_name", .bound = 100 },
	/* nor does a lease, as long as the host has it */
	{ PAIR, .act = "pair", .row = "pawl_tenure", .bound = 2, .peer = "pawl_named" },

	EACH_COLUMN("pthread_normal"),
	EACH_COLUMN("pthread_adaptive"),
	EACH_COLUMN("nsync_mu"),
	EACH_COLUMN("absl_mutex"),
	EACH_COLUMN("ck_fas"),
	ALL_COLUMNS("pthread_normal"),
	ALL_COLUMNS("nsync_mu"),
	ALL_COLUMNS("absl_mutex"),
	THREADS("pawl_mutex", "cpu_ns", BENCH_AT_MOST, 1.1, "nsync_mu", ONE(4)),
	THREADS("pawl_mutex", "cpu_ns", BENCH_AT_MOST, 1.1, "nsync_mu", ONE(8)),
	THREADS("pawl_mutex", "least", BENCH_AT_LEAST, 1, "pthread_normal", ONE(8)),
	THREADS("pawl_spin", "ops_per_s", BENCH_AT_LEAST, 1.2, "ttas", ONE(4)),
	THREADS("pawl_spin", "ops_per_s", BENCH_AT_LEAST, 2.2, "ttas", ONE(8)),

	PROCESSES("pawl_robust", 1.5, "glibc_robust", DUEL),
	PROCESSES("pawl_named", 1.5, "glibc_robust", DUEL),
	PROCESSES("pawl_named", 0.95, "pawl_robust", DUEL),

	/* a tenth or two of a millisecond, however much memory the dead one had: there, flock waits for the kernel */
	DEATH("pawl_robust", 200, NULL, 0),
	DEATH("pawl_robust", 200, NULL, 256),
	DEATH("pawl_named", 200, NULL, 256),
	DEATH("pawl_robust", 0.1, "flock", 256),
	DEATH("pawl_robust", 0.1, "ofd", 256),

	QUEUE(3, "ck_ring", 2),
	QUEUE(3, "ck_ring", 4),
	QUEUE(2, "wfcqueue", 2),
	QUEUE(2, "wfcqueue", 4),
};
const size_t bench_claims_n = sizeof(bench_claims) / sizeof(bench_claims[0]);
