/* SPDX-License-Identifier: BSD-2-Clause */
/** compare.h: two documents of measurements, an old one and a new one: which of our rows became faster or slower.
 *
 * They were measured at different times, perhaps at half the CPU speed, so the figures themselves say nothing. Three steps:
 *
 * 1. In each round and cell a row is measured by what the other libraries' rows did in that round, in the median of their
 *    logarithms: what moves them all, cancels. The shift between the documents is taken from these (shift.h).
 * 2. The other libraries have not changed. Their own shifts, each against the rest of them, are therefore what two runs of
 *    one build differ by: layout, what else the host did, everything that no single document can show. The spread of these,
 *    among cells of the same kind, is the yardstick for a shift of ours; its own scatter over the rounds, if that is larger.
 * 3. Every cell of every row of ours is tested, and every row over all its cells of a scenario, which finds what is too
 *    small for one cell. A change is what is beyond the yardstick with all these tests counted in (at most one alarm in
 *    twenty comparisons of one build with itself), and no smaller than a threshold.
 *
 * Throughput, CPU time per operation (which what else runs meanwhile changes least), the time of a single operation, and
 * recovery after a death decide. p99 is told, and decides nothing: on a busy host it is one slice of the scheduler. Not
 * looked at: the least of many runs (it says what the median says), the shares (throughput pays for being fair), other
 * quantiles.
 */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "record.h"

typedef struct bench_merit {
	const char *figure;
	bool more_is_better, decides;
	bool contended; /* of more than one worker only */
} bench_merit_t;

typedef enum bench_verdict { BENCH_SAME, BENCH_FASTER, BENCH_SLOWER } bench_verdict_t;

typedef struct bench_change {
	const bench_entry_t *before, *after; /* of a row as a whole: its first cell */
	const bench_merit_t *merit;
	size_t cells; /* 0: one point; else a row as a whole, over so many */
	bool ours;    /* judged; the others are the yardstick */
	double was, is;
	double shift, se, scatter; /* logarithms: new over old; its error inside the documents; the yardstick */
	unsigned freedom;          /* how well the yardstick is known */
	double chance;             /* corrected for all tests */
	bench_verdict_t verdict;
} bench_change_t;

typedef struct bench_comparison {
	bench_change_t *change;
	size_t n, room;
	size_t points;                /* of ours, compared */
	size_t only_old, only_new;    /* points, of any row */
	size_t without_peer;          /* points of ours with no other library's row beside them: not comparable */
	size_t faster, slower, worse; /* `worse`: slower in what decides */
	double threshold;
} bench_comparison_t;

/** The documents have to outlive the comparison. */
void bench_compare_records(bench_comparison_t *c, const bench_record_t *before, const bench_record_t *after, double threshold);
void bench_compare_free(bench_comparison_t *c);

/** Over-all interval of the ratio new over old, 95 % by itself. */
void bench_change_interval(const bench_change_t *change, double *low, double *high);

/* ---- for the files that do it ---- */

bench_change_t *bench_compare_add(bench_comparison_t *c);
void bench_compare_points(bench_comparison_t *c, const bench_record_t *before, const bench_record_t *after);

/* ---- all of it ---- */

/** Compare two files and print what changed. Returns the exit status: 0; 1: something is slower; 64: they cannot be
 * compared, which is said on stderr. */
int bench_compare(const char *old_file, const char *new_file, double threshold, bool json);

#endif
